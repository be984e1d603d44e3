// SPDX-License-Identifier: MIT
#pragma once
// STS GetCallerIdentity: whose credentials these are. It needs no permission, so it also tells
// whether they work at all.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
#include <string>
#include <string_view>
#include <utility>

#include "sla/aws/call/client.hpp"
#include "sla/aws/config/endpoint.hpp"
#include "sla/aws/http/transport.hpp"
#include "sla/aws/wire/query.hpp"
#include "sla/aws/wire/xml.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

/// Who AWS takes the caller for.
struct CallerIdentity {
  std::string account{};
  std::string arn{};
  std::string user_id{};

  bool operator==(CallerIdentity const&) const = default;
};

/// Returns the request that asks for it at an endpoint.
[[nodiscard]] inline Request caller_identity_request(Url endpoint) {
  return QueryForm({"GetCallerIdentity", "2011-06-15"}).request(std::move(endpoint));
}

/// Returns the identity. An answer that has none is a proxy's: Errc::unavailable.
[[nodiscard]] inline Result<CallerIdentity> parse_caller_identity(Response const& response) {
  auto const text = [&](std::string_view name) {
    auto found =
        xml_text(response.body, {"GetCallerIdentityResponse", "GetCallerIdentityResult", name});
    return found ? std::string(trim(*found)) : std::string{};
  };
  CallerIdentity identity{text("Account"), text("Arn"), text("UserId")};
  if (!identity.account.empty() && !identity.arn.empty()) return identity;
  return Error{Errc::unavailable, "the answer has no account and is not one of STS",
               http_status(response.status)};
}

/// Asks a Client's service whose credentials it has. The errors are those of Client::call().
template <class ServiceClient>
[[nodiscard]] Result<CallerIdentity> get_caller_identity(ServiceClient& client,
                                                         EndpointOptions const& endpoint,
                                                         Instant deadline) {
  constexpr std::string_view context = "sts get caller identity";
  auto url = endpoint_url(Service::sts, endpoint);
  if (!url) return std::move(url).error().within(context);
  SigningScope const scope{.region = endpoint.region,
                           .service = std::string(signing_name(Service::sts))};
  auto response = client.call(caller_identity_request(*std::move(url)),
                              Call{.scope = scope, .deadline = deadline}, read_xml_error);
  if (!response) return std::move(response).error().within(context);
  auto identity = parse_caller_identity(*response);
  if (!identity) return std::move(identity).error().within(context);
  return identity;
}

}  // namespace sla::inline v1::aws
