// SPDX-License-Identifier: MIT
#pragma once
// Credentials for a token that an identity provider puts into a file: roles for service accounts of
// EKS, GitHub Actions. The file is read again each time, since the token in it is replaced; STS is
// asked without a signature.
#include <string>
#include <string_view>
#include <utility>

#include "sla/aws/config/file_reader.hpp"
#include "sla/aws/credential/role_caller.hpp"
#include "sla/aws/service/sts_assume_role.hpp"
#include "sla/aws/sign/credentials.hpp"
#include "sla/core/clock.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/result.hpp"
#include "sla/core/secret.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

/// A role, and the file that holds the token for it.
struct WebIdentity {
  Role role{};
  std::string token_file{};
};

/// Reads AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME. Errc::not_configured
/// if no file is named, Errc::invalid if a file is named but no role.
[[nodiscard]] inline Result<WebIdentity> read_web_identity(Environment const& environment,
                                                           std::string_view session_name) {
  auto const file = environment.get("AWS_WEB_IDENTITY_TOKEN_FILE");
  if (!file) {
    return Error{Errc::not_configured, "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set"};
  }
  auto const arn = environment.get("AWS_ROLE_ARN");
  if (!arn) {
    return Error{Errc::invalid,
                 "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is set but AWS_ROLE_ARN is not"};
  }
  WebIdentity identity{};
  identity.role.arn = trim(*arn);
  identity.role.session_name = environment.get("AWS_ROLE_SESSION_NAME").value_or(session_name);
  identity.token_file = *file;
  return identity;
}

/// Assumes the role with the token that is in the file now.
template <class T, class C>
[[nodiscard]] Result<Credentials> assume_web_identity(RoleCaller<T, C>& caller,
                                                      FileReader const& files,
                                                      WebIdentity const& identity) {
  auto const text = files.read(identity.token_file);
  if (!text) return text.error().within("web identity: the token file");
  Secret const token{trim(*text)};
  if (token.empty()) {
    return Error{Errc::malformed,
                 "web identity: the token file " + identity.token_file + " is empty"};
  }
  auto keys = caller.assume(identity.role, token);
  if (!keys) return std::move(keys).error().within("web identity: role " + identity.role.arn);
  keys->source = "web identity, role " + identity.role.arn;
  return keys;
}

/// The credentials of a role by the token in a file. Not thread-safe.
template <class T, class C>
class WebIdentityCredentials {
 public:
  /// Takes what read_web_identity() gave, an error included: it is then the answer.
  WebIdentityCredentials(Result<WebIdentity> identity, RoleCaller<T, C> caller, FileReader files)
      : identity_(std::move(identity)), caller_(std::move(caller)), files_(std::move(files)) {}

  [[nodiscard]] Result<Credentials> credentials(WallTime /*now*/) {
    if (!identity_) return identity_.error();
    return assume_web_identity(caller_, files_, *identity_);
  }

  [[nodiscard]] Stability stability() const noexcept { return Stability::lasting; }

 private:
  Result<WebIdentity> identity_;
  RoleCaller<T, C> caller_;
  FileReader files_;
};

}  // namespace sla::inline v1::aws
