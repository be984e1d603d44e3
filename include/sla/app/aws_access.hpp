// SPDX-License-Identifier: MIT
#pragma once
// As whom the shipped program speaks to AWS, and with what: the default chain of credentials, the
// role on top of it, and clients that all share one set of them. Nothing is asked before the first
// request. What talks to the machine itself, container agents and the metadata service, uses no
// proxy.
#include <unistd.h>

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "sla/app/hurried_clock.hpp"
#include "sla/app/settings/aws.hpp"
#include "sla/aws/call/attempts.hpp"
#include "sla/aws/call/client.hpp"
#include "sla/aws/call/skew.hpp"
#include "sla/aws/credential/assume_role.hpp"
#include "sla/aws/credential/default_chain.hpp"
#include "sla/aws/credential/refreshing.hpp"
#include "sla/aws/credential/role_caller.hpp"
#include "sla/aws/http/adaptive_limits.hpp"
#include "sla/aws/http/curl.hpp"
#include "sla/aws/service/imds.hpp"
#include "sla/aws/service/sts_assume_role.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/log.hpp"
#include "sla/core/result.hpp"
#include "sla/core/stop.hpp"

namespace sla::inline v1::app {

/// What asks for credentials, in whichever way: one type, so that the program holds it once.
using ProgramTransport = aws::SharedTransport<aws::Curl>;
/// The chain of credentials, with the role on top if there is one.
using ProgramSource = aws::AssumeRoleCredentials<aws::DefaultChain<aws::Curl, HurriedClock>,
                                                 ProgramTransport, HurriedClock>;
/// The same, kept and renewed; copies share them.
using ProgramCredentials = aws::Refreshing<ProgramSource>;
using ProgramClient = aws::Client<aws::Curl, ProgramCredentials, HurriedClock>;

/// Returns what this host calls itself, or nothing.
[[nodiscard]] inline std::string host_name() {
  std::array<char, 65> host{};
  return ::gethostname(host.data(), host.size() - 1) == 0 ? host.data() : "";
}

/// Returns the name of this host in the account's logs: `sla-runner-` and what it calls itself.
[[nodiscard]] inline std::string program_session_name() {
  std::string const host = host_name();
  return host.empty() ? "sla-runner" : aws::role_session_name("sla-runner-" + host);
}

/// Returns what talks to the addresses of this very machine: without a proxy.
[[nodiscard]] inline aws::Curl machine_transport(AwsSettings const& aws, Stop const& stop) {
  return aws::Curl{{.trust = aws.trust, .stop = &stop, .proxy = aws::Proxy::none}};
}

/// Asks the instance for the region if no setting says it, which takes seconds if there is no
/// instance. Errc::invalid if it does not say it either, and what the instance failed with where
/// it may say it later.
[[nodiscard]] inline Result<void> complete_region(AwsSettings& aws, Environment const& environment,
                                                  Stop const& stop) {
  if (!aws.region.empty()) return {};
  auto region = aws::Imds<ProgramTransport, HurriedClock>(
                    aws::imds_endpoint({.environment = environment}),
                    ProgramTransport(machine_transport(aws, stop)), HurriedClock{stop})
                    .region();
  if (!region) {
    Errc const why = region.error().code;
    bool const passing = retryable(why) || why == Errc::stopped;
    return Error{passing ? why : Errc::invalid,
                 "AWS_REGION is not set: it says where in AWS to go, such as eu-central-1, and "
                 "neither the profile nor the instance does (" +
                     region.error().message + ")"};
  }
  aws.region = *std::move(region);
  return {};
}

/// Makes what is needed to call AWS. What it refers to outlives what it makes, but for the strings.
class AwsAccess {
 public:
  struct Parts {
    AwsSettings const& aws;
    Environment const& environment;
    std::string role{};  ///< its ARN; empty is none
    Stop const& stop;    ///< of whoever asks for credentials
    Logger log{};
    aws::Renewals renewals =
        aws::Renewals::in_turn;  ///< beside: the stop is watched by nobody else
    aws::StageLimits limits{};   ///< of requests to services
  };

  explicit AwsAccess(Parts parts)
      : parts_(std::move(parts)),
        credentials_(source(), {.log = parts_.log, .renewals = parts_.renewals}) {}

  /// Returns a client of any service, with the credentials that all of them share; its requests
  /// heed the stop.
  [[nodiscard]] ProgramClient client(
      Stop const& stop, std::size_t response_limit = aws::Curl::Options{}.response_limit) const {
    return {services(stop, response_limit),
            credentials_,
            {.max_attempts = parts_.aws.max_attempts},
            HurriedClock{stop},
            {},
            skew_};
  }

  /// Returns the credentials as they are asked for, shared with nobody.
  [[nodiscard]] ProgramSource source() const {
    std::optional<aws::Role> role;
    if (!parts_.role.empty()) {
      role.emplace(aws::Role{.arn = parts_.role, .session_name = program_session_name()});
    }
    return {aws::default_chain<aws::Curl, HurriedClock>(
                {.profile = profile(),
                 .sts = sts(),
                 .services = services(parts_.stop),
                 .metadata = machine_transport(parts_.aws, parts_.stop),
                 .clock = clock()}),
            {ProgramTransport(services(parts_.stop)), clock(), sts()},
            std::move(role)};
  }

  [[nodiscard]] aws::Curl services(
      Stop const& stop, std::size_t response_limit = aws::Curl::Options{}.response_limit) const {
    return aws::Curl{{.trust = parts_.aws.trust,
                      .limits = parts_.limits,
                      .response_limit = response_limit,
                      .stop = &stop}};
  }
  [[nodiscard]] HurriedClock clock() const { return HurriedClock{parts_.stop}; }
  /// Returns what the clients know of the clock.
  [[nodiscard]] aws::ClockSkew const& skew() const noexcept { return skew_; }
  [[nodiscard]] aws::StsOptions sts() const {
    return {.endpoints = parts_.aws.endpoints, .region = parts_.aws.region, .skew = skew_};
  }

 private:
  /// A program of the user's has less time than a stop leaves.
  [[nodiscard]] aws::ProfileSettings profile() const {
    return {.environment = parts_.environment,
            .session_name = program_session_name(),
            .process = {.limit = std::chrono::seconds{20}, .stop = &parts_.stop}};
  }

  Parts parts_;
  aws::ClockSkew skew_{};  ///< what one client learns, all of them know
  ProgramCredentials credentials_;
};

}  // namespace sla::inline v1::app
