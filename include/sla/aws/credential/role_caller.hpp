// SPDX-License-Identifier: MIT
#pragma once
// Asks STS for the credentials of a role, at the host of the region, with keys or with the token of
// an identity provider as the proof. Which role and by what right is the business of the sources of
// credentials.
#include <chrono>
#include <string>
#include <utility>

#include "sla/aws/call/client.hpp"
#include "sla/aws/call/skew.hpp"
#include "sla/aws/config/endpoint.hpp"
#include "sla/aws/config/endpoint_settings.hpp"
#include "sla/aws/config/region.hpp"
#include "sla/aws/http/transport.hpp"
#include "sla/aws/service/sts_assume_role.hpp"
#include "sla/aws/sign/credentials.hpp"
#include "sla/aws/sign/sigv4.hpp"
#include "sla/aws/wire/service_error.hpp"
#include "sla/aws/wire/xml.hpp"
#include "sla/core/clock.hpp"
#include "sla/core/result.hpp"
#include "sla/core/secret.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

/// Keys that somebody else supplied already.
struct GivenCredentials {
  Credentials keys{};

  [[nodiscard]] Result<Credentials> credentials(WallTime /*now*/) const { return keys; }
};

/// Which STS is asked, and how long.
struct StsOptions {
  EndpointSettings endpoints{};
  std::string region{};                       ///< for roles that name none
  ClockSkew skew{};                           ///< what other clients know of the clock
  Duration limit = std::chrono::seconds{15};  ///< after it STS is not asked once more
};

/// Asks STS for roles, and keeps the connection. Not thread-safe.
template <class T, class C>
class RoleCaller {
 public:
  RoleCaller(T transport, C clock, StsOptions options)
      : client_(std::move(transport), {}, {}, clock, {}, options.skew),
        clock_(std::move(clock)),
        options_(std::move(options)) {}

  /// Assumes the role with keys. The last word of STS is Errc::revoked.
  [[nodiscard]] Result<Credentials> assume(Role const& role, Credentials const& keys) {
    auto const region = region_of(role);
    if (!region) return region.error();
    auto url = endpoint(*region);
    if (!url) return url.error();
    auto request = assume_role_request(*std::move(url), role);
    if (!request) return request.error();
    client_.source().keys = keys;
    return call(*std::move(request), {.region = region->region, .service = "sts"},
                Authentication::sigv4);
  }

  /// Assumes the role with a token. The same holds for its errors.
  [[nodiscard]] Result<Credentials> assume(Role const& role, Secret const& token) {
    auto const region = region_of(role);
    if (!region) return region.error();
    auto url = endpoint(*region);
    if (!url) return url.error();
    auto request = assume_role_with_web_identity_request(*std::move(url), role, token);
    if (!request) return request.error();
    return call(*std::move(request), {}, Authentication::none);
  }

 private:
  [[nodiscard]] Result<RegionSetting> region_of(Role const& role) const {
    std::string const& text = role.region.empty() ? options_.region : role.region;
    if (!text.empty()) return parse_region(text);
    return Error{Errc::invalid, "no region is set, so which STS to ask is not known (AWS_REGION)"};
  }
  [[nodiscard]] Result<Url> endpoint(RegionSetting const& region) const {
    EndpointOptions options = options_.endpoints.in(region.region, Service::sts);
    if (region.fips == Fips::on && !options.custom) options.fips = Fips::on;
    return endpoint_url(Service::sts, options);
  }

  Result<Credentials> call(Request request, SigningScope const& scope,
                           Authentication authentication) {
    ServiceError said{};
    Call const how{.scope = scope,
                   .deadline = clock_.now() + options_.limit,
                   .authentication = authentication};
    auto const answer = client_.call(std::move(request), how, [&](Response const& refusal) {
      return said = read_xml_error(refusal);
    });
    auto keys = answer ? parse_assumed_role(*answer) : Result<Credentials>(answer.error());
    if (keys) return keys;
    Error error = std::move(keys).error().within("sts");
    if (is_last_word(said)) error.code = Errc::revoked;
    return error;
  }

  Client<internal::HeldTransport<T>, GivenCredentials, internal::HeldClock<C>> client_;
  internal::HeldClock<C> clock_;
  StsOptions options_;

  static_assert(
      Transport<T>,
      "RoleCaller's first parameter must be a sla::aws::Transport: movable, with "
      "sla::Result<sla::aws::Response> send(sla::aws::Request const&, sla::Instant deadline)");
  static_assert(Clock<C>,
                "RoleCaller's second parameter must be a sla::Clock: movable, with now(), wall(), "
                "wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)");
};

}  // namespace sla::inline v1::aws
