// SPDX-License-Identifier: MIT
#pragma once
// The sources of credentials that every AWS SDK has, in the order of most of them: environment,
// profile, web identity, container, EC2 instance. Nothing is asked before the first credentials
// are.
// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sla/aws/call/attempts.hpp"
#include "sla/aws/config/profile.hpp"
#include "sla/aws/credential/container.hpp"
#include "sla/aws/credential/environment.hpp"
#include "sla/aws/credential/first_of.hpp"
#include "sla/aws/credential/imds.hpp"
#include "sla/aws/credential/profile.hpp"
#include "sla/aws/credential/role_caller.hpp"
#include "sla/aws/credential/web_identity.hpp"
#include "sla/aws/http/transport.hpp"
#include "sla/aws/service/imds.hpp"
#include "sla/core/clock.hpp"

namespace sla::inline v1::aws {

/// What the chain is made of. Both transports serve one source at a time.
template <class T, class C>
struct ChainParts {
  ProfileSettings profile{};  ///< its environment and files are those of the whole chain
  StsOptions sts{};
  T services;  ///< to STS
  T metadata;  ///< to the addresses of container agents and IMDS: must use no proxy
  C clock;

  static_assert(
      Transport<T>,
      "ChainParts's first parameter must be a sla::aws::Transport: movable, with "
      "sla::Result<sla::aws::Response> send(sla::aws::Request const&, sla::Instant deadline)");
  static_assert(Clock<C>,
                "ChainParts's second parameter must be a sla::Clock: movable, with now(), wall(), "
                "wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)");
};

namespace detail {

template <class T, class C>
using Chain =
    FirstOf<EnvironmentCredentials, ProfileCredentials<T, C>, WebIdentityCredentials<T, C>,
            ContainerCredentials<T, C>, ImdsCredentials<T, C>>;

}  // namespace detail

/// The type of the chain, to store it.
template <class T, class C>
using DefaultChain =
    detail::Chain<SharedTransport<internal::HeldTransport<T>>, internal::HeldClock<C>>;

/// Returns where the metadata service is, by an environment and a profile. A profile that cannot be
/// read is taken for an empty one: its own source reports it.
[[nodiscard]] inline Result<Url> imds_endpoint(ProfileSettings const& settings) {
  auto const profiles = Profiles::load(settings.environment, settings.files);
  auto const choice = choose_profile(settings.environment, settings.name);
  auto const profile = profiles ? profiles->find(choice) : Result<Profile>(Profile{});
  Profile const known = profile.value_or(Profile{});
  return read_imds_endpoint([&](std::string_view name) { return settings.environment.get(name); },
                            known);
}

/// Puts the chain together.
template <class T, class C>
[[nodiscard]] DefaultChain<T, C> default_chain(ChainParts<T, C> parts) {
  using Shared = SharedTransport<internal::HeldTransport<T>>;
  using Time = internal::HeldClock<C>;
  ProfileSettings const& settings = parts.profile;
  Shared const services(std::move(parts.services));
  Shared const metadata(std::move(parts.metadata));
  auto const caller = [&] { return RoleCaller<Shared, Time>(services, parts.clock, parts.sts); };
  auto const container = [&] {
    return ContainerCredentials<Shared, Time>(read_container_agent(settings.environment), metadata,
                                              parts.clock, settings.files);
  };
  auto const imds = [&] {
    return ImdsCredentials<Shared, Time>(
        Imds<Shared, Time>(imds_endpoint(settings), metadata, parts.clock));
  };
  return DefaultChain<T, C>(
      EnvironmentCredentials(settings.environment),
      ProfileCredentials<Shared, Time>(settings, caller(), container(), imds()),
      WebIdentityCredentials<Shared, Time>(
          read_web_identity(settings.environment, settings.session_name), caller(), settings.files),
      container(), imds());
}

}  // namespace sla::inline v1::aws
