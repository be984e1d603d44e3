// SPDX-License-Identifier: MIT
#pragma once
// Acts as a role, on top of whatever source of credentials has the right to: `--role ARN`. The
// source is asked anew each time, so it may rotate its keys. Without a role it is the source.
#include <optional>
#include <string>
#include <utility>

#include "sla/aws/credential/role_caller.hpp"
#include "sla/aws/http/transport.hpp"
#include "sla/aws/service/sts_assume_role.hpp"
#include "sla/aws/sign/credentials.hpp"
#include "sla/core/clock.hpp"
#include "sla/core/result.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

/// The credentials of a role, assumed with those of `Source`. Not thread-safe.
template <class Source, class T, class C>
class AssumeRoleCredentials {
  using Held = internal::HeldCredentialSource<Source>;

 public:
  AssumeRoleCredentials(Source source, RoleCaller<T, C> caller, std::optional<Role> role)
      : source_(std::move(source)), caller_(std::move(caller)), role_(std::move(role)) {}

  /// Returns the keys of the role; the source's own error where it has none to assume it with.
  [[nodiscard]] Result<Credentials> credentials(WallTime now) {
    auto keys = source_.credentials(now);
    if (!keys || !role_) return keys;
    auto assumed = caller_.assume(*role_, *keys);
    if (!assumed) return std::move(assumed).error().within("role " + role_->arn);
    assumed->source = "role " + role_->arn + ", with " + keys->source;
    return assumed;
  }

  [[nodiscard]] Stability stability() const {
    return role_ ? Stability::lasting : stability_of(source_);
  }

  /// Returns the source below, which knows what it tried.
  [[nodiscard]] Held const& source() const noexcept { return source_; }

 private:
  Held source_;
  RoleCaller<T, C> caller_;
  std::optional<Role> role_;

  static_assert(
      CredentialSource<Source>,
      "AssumeRoleCredentials's first parameter must be a sla::aws::CredentialSource: movable, "
      "with sla::Result<sla::aws::Credentials> credentials(sla::WallTime now)");
};

}  // namespace sla::inline v1::aws
