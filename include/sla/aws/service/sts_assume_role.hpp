// SPDX-License-Identifier: MIT
#pragma once
// STS AssumeRole and AssumeRoleWithWebIdentity: the requests, what they must hold, and the reading
// of the answers. Pure; credential/role_caller.hpp sends them.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sla/aws/call/refusal.hpp"
#include "sla/aws/http/transport.hpp"
#include "sla/aws/service/arn.hpp"
#include "sla/aws/sign/credentials.hpp"
#include "sla/aws/sign/keys.hpp"
#include "sla/aws/wire/query.hpp"
#include "sla/aws/wire/service_error.hpp"
#include "sla/aws/wire/xml.hpp"
#include "sla/core/result.hpp"
#include "sla/core/secret.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::aws {

/// Which role to act as, and how.
struct Role {
  std::string arn{};
  std::string session_name{};                      ///< shows up in the logs of the account
  std::string external_id{};                       ///< empty is none
  std::optional<std::chrono::seconds> duration{};  ///< the role's own default where not given
  std::string region{};                            ///< whose STS is asked; empty is the usual one
};

/// Returns a name for a session made from any text, such as `sla-runner-` and a host's name: 64
/// characters at most, and a hyphen for each that STS does not allow.
[[nodiscard]] inline std::string role_session_name(std::string_view text) {
  constexpr std::string_view others = "_+=,.@-";
  std::string name(text.substr(0, 64));
  for (char& c : name) {
    if (!is_alpha(c) && !is_digit(c) && others.find(c) == std::string_view::npos) c = '-';
  }
  return name.size() < 2 ? "sla-runner" : name;
}

/// Checks that STS would take the role; Errc::invalid with the reason if not.
[[nodiscard]] inline Result<void> check_role(Role const& role) {
  auto const arn = parse_arn(role.arn);
  if (!arn) return arn.error();
  if (arn->service != "iam" || !arn->resource.starts_with("role/") || role.arn.size() > 2048) {
    return Error{Errc::invalid, "'" + role.arn +
                                    "' is no role: its ARN must read "
                                    "arn:aws:iam::account:role/name"};
  }
  if (role.session_name.size() < 2 || role_session_name(role.session_name) != role.session_name) {
    return Error{Errc::invalid,
                 "the session name of a role is 2 to 64 letters, digits or any of _+=,.@-"};
  }
  bool const no_external_id = role.external_id.empty();
  if (!no_external_id && (role.external_id.size() < 2 || role.external_id.size() > 1224 ||
                          !is_visible_ascii(role.external_id))) {
    return Error{Errc::invalid, "the external id of a role is 2 to 1224 characters, no blanks"};
  }
  using std::chrono::seconds;
  if (role.duration && (*role.duration < seconds{900} || *role.duration > seconds{43200})) {
    return Error{Errc::invalid, "the duration of a role is 900 to 43200 seconds"};
  }
  return {};
}

namespace detail {

inline QueryForm role_form(std::string_view action, Role const& role) {
  QueryForm form({action, "2011-06-15"});
  form.add({"RoleArn", role.arn}).add({"RoleSessionName", role.session_name});
  if (role.duration) form.add({"DurationSeconds", std::to_string(role.duration->count())});
  return form;
}

}  // namespace detail

/// Returns the request for a role, to be signed. Errc::invalid if STS would not take it.
[[nodiscard]] inline Result<Request> assume_role_request(Url endpoint, Role const& role) {
  if (auto good = check_role(role); !good) return good.error();
  QueryForm form = detail::role_form("AssumeRole", role);
  if (!role.external_id.empty()) form.add({"ExternalId", role.external_id});
  return std::move(form).request(std::move(endpoint));
}

/// Returns the request for a role by a token of an identity provider. It is not signed: the token,
/// which therefore stands in the body and never in a URL, is the proof.
[[nodiscard]] inline Result<Request> assume_role_with_web_identity_request(Url endpoint,
                                                                           Role const& role,
                                                                           Secret const& token) {
  if (auto good = check_role(role); !good) return good.error();
  std::string_view const text = token.reveal();
  if (text.size() < 4 || text.size() > 20'000 || !is_visible_ascii(text)) {
    return Error{Errc::invalid, "the web identity token is empty, too long, or no token at all"};
  }
  QueryForm form = detail::role_form("AssumeRoleWithWebIdentity", role);
  form.add({"WebIdentityToken", text});
  return std::move(form).request(std::move(endpoint));
}

/// Returns the credentials of a role from the answer to either request. Errc::unavailable if a
/// success has none, which is a proxy's.
[[nodiscard]] inline Result<Credentials> parse_assumed_role(Response const& response) {
  bool const web = is_xml_root(response.body, "AssumeRoleWithWebIdentityResponse");
  std::string_view const root = web ? "AssumeRoleWithWebIdentityResponse" : "AssumeRoleResponse";
  std::string_view const result = web ? "AssumeRoleWithWebIdentityResult" : "AssumeRoleResult";
  auto const text = [&](std::string_view parent, std::string_view name) {
    auto found = xml_text(response.body, {root, result, parent, name});
    return found ? std::string(trim(*found)) : std::string{};
  };
  std::string const id = text("Credentials", "AccessKeyId");
  std::string const secret = text("Credentials", "SecretAccessKey");
  std::string const token = text("Credentials", "SessionToken");
  std::string const expiration = text("Credentials", "Expiration");
  if (id.empty() || secret.empty() || token.empty() || expiration.empty()) {
    return Error{Errc::unavailable, "the answer has no credentials and is not one of STS",
                 http_status(response.status)};
  }
  auto const arn = parse_arn(text("AssumedRoleUser", "Arn"));
  return make_credentials({id, secret, token, expiration, arn ? arn->account : std::string{}},
                          "role");
}

/// Returns true if STS, which said so, will not give the role any more. By the SDKs' rule
/// credentials from before must then not be used either; after any other error they may.
[[nodiscard]] inline bool is_last_word(ServiceError const& said) noexcept {
  for (std::string_view const final :
       {"AccessDenied", "IDPRejectedClaim", "InvalidIdentityToken", "RegionDisabled",
        "MalformedPolicyDocument", "PackedPolicyTooLarge"}) {
    if (bare_code(said.code) == final) return true;
  }
  return false;
}

}  // namespace sla::inline v1::aws
