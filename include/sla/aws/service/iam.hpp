// SPDX-License-Identifier: MIT
#pragma once
// IAM GetRole: the ARN of the role that has a name in the caller's own account. IAM is one service
// for a whole partition, so its requests are signed for the region that it stands in, whatever
// region the caller is in.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html
#include <string>
#include <string_view>
#include <utility>

#include "sla/aws/call/client.hpp"
#include "sla/aws/config/endpoint.hpp"
#include "sla/aws/http/transport.hpp"
#include "sla/aws/service/arn.hpp"
#include "sla/aws/sign/sigv4.hpp"
#include "sla/aws/wire/query.hpp"
#include "sla/aws/wire/xml.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

/// Checks the name of a role: 1 to 64 letters, digits or any of _+=,.@-
[[nodiscard]] inline Result<void> check_role_name(std::string_view name) {
  constexpr std::string_view others = "_+=,.@-";
  bool good = !name.empty() && name.size() <= 64;
  for (char const c : name) {
    good = good && (is_alpha(c) || is_digit(c) || others.find(c) != std::string_view::npos);
  }
  if (good) return {};
  return Error{Errc::invalid, "the name of a role is 1 to 64 letters, digits or any of _+=,.@-"};
}

/// Builds the request for a role at an endpoint.
[[nodiscard]] inline Request get_role_request(Url endpoint, std::string_view name) {
  QueryForm form({"GetRole", "2010-05-08"});
  form.add({"RoleName", name});
  return std::move(form).request(std::move(endpoint));
}

/// Reads the ARN of the role. An answer that has none is a proxy's: Errc::unavailable.
[[nodiscard]] inline Result<std::string> parse_role_arn(Response const& response) {
  auto const text = xml_text(response.body, {"GetRoleResponse", "GetRoleResult", "Role", "Arn"});
  auto const arn = parse_arn(text ? trim(*text) : std::string_view{});
  if (arn && arn->service == "iam") return std::string(trim(*text));
  return Error{Errc::unavailable, "the answer has no role and is not one of IAM",
               http_status(response.status)};
}

/// Asks a Client's service for the ARN of the role that has this name.
template <class ServiceClient>
[[nodiscard]] Result<std::string> get_role_arn(ServiceClient& client,
                                               EndpointOptions const& endpoint,
                                               std::string_view name, Instant deadline) {
  std::string const context = "iam get role " + std::string(name);
  if (auto good = check_role_name(name); !good) return std::move(good).error().within(context);
  auto url = endpoint_url(Service::iam, endpoint);
  if (!url) return std::move(url).error().within(context);
  SigningScope const scope{.region = std::string(iam_region(endpoint.region)),
                           .service = std::string(signing_name(Service::iam))};
  auto response = client.call(get_role_request(*std::move(url), name),
                              Call{.scope = scope, .deadline = deadline}, read_xml_error);
  if (!response) return std::move(response).error().within(context);
  auto arn = parse_role_arn(*response);
  if (!arn) return std::move(arn).error().within(context);
  return arn;
}

}  // namespace sla::inline v1::aws
