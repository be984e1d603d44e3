// SPDX-License-Identifier: MIT
#pragma once
// Credentials from the environment variables that all AWS tools share. A blank variable counts as
// unset. Half a pair of keys is an error and not a reason to ask another source, which might answer
// with the identity of somebody else.
#include <string>
#include <string_view>

#include "sla/aws/sign/credentials.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/parse_time.hpp"
#include "sla/core/result.hpp"
#include "sla/core/secret.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_CREDENTIAL_EXPIRATION and
/// AWS_ACCOUNT_ID, as they were when this was made. Errors name the variable, never its value.
class EnvironmentCredentials {
 public:
  explicit EnvironmentCredentials(Environment const& environment) : found_(read(environment)) {}

  /// Returns the keys; Errc::not_configured if none is set, Errc::invalid if they cannot be
  /// used.
  [[nodiscard]] Result<Credentials> credentials(WallTime /*now*/) const { return found_; }

 private:
  static std::string_view value(Environment const& environment, std::string_view name) {
    std::string_view const text = environment.get(name).value_or(std::string_view{});
    return trim(text).empty() ? std::string_view{} : text;
  }

  /// Keys and tokens are visible ASCII. A line break from a file would even forge a header.
  static bool visible(std::string_view text) {
    for (char const c : text) {
      if (c <= ' ' || c > '~') return false;
    }
    return true;
  }

  static Result<Credentials> read(Environment const& environment) {
    std::string_view const id = value(environment, "AWS_ACCESS_KEY_ID");
    std::string_view const secret = value(environment, "AWS_SECRET_ACCESS_KEY");
    if (id.empty() && secret.empty()) {
      return Error{Errc::not_configured, "AWS_ACCESS_KEY_ID is not set"};
    }
    if (id.empty()) return invalid("AWS_SECRET_ACCESS_KEY is set but AWS_ACCESS_KEY_ID is not");
    if (secret.empty()) return invalid("AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not");
    for (std::string_view const name :
         {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCOUNT_ID"}) {
      if (!visible(value(environment, name))) {
        return invalid(std::string(name) +
                       " holds a blank, a line break or another character that cannot be in it");
      }
    }
    Credentials keys{};
    keys.access_key_id = id;
    keys.secret_access_key = Secret(secret);
    keys.session_token = Secret(value(environment, "AWS_SESSION_TOKEN"));
    keys.account_id = value(environment, "AWS_ACCOUNT_ID");
    keys.source = "environment";
    std::string_view const expiration = trim(value(environment, "AWS_CREDENTIAL_EXPIRATION"));
    if (!expiration.empty()) keys.expires = parse_iso_time(expiration);
    if (!expiration.empty() && !keys.expires) {
      return invalid("AWS_CREDENTIAL_EXPIRATION is not a time such as 2026-01-01T00:00:00Z");
    }
    return keys;
  }

  static Error invalid(std::string_view why) { return Error{Errc::invalid, std::string(why)}; }

  Result<Credentials> found_;
};
static_assert(CredentialSource<EnvironmentCredentials>);

}  // namespace sla::inline v1::aws
