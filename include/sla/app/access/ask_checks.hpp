// SPDX-License-Identifier: MIT
#pragma once
// Tells if parameters, and the file of checks that AWS keeps, can be read, and which right is
// missing.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/access/findings.hpp"
#include "sla/app/access/rights.hpp"
#include "sla/app/checks/fetch_checks.hpp"
#include "sla/aws/service/ssm.hpp"
#include "sla/core/result.hpp"

namespace sla::inline v1::app {

/// The right to the key of a SecureString.
[[nodiscard]] inline Right key_right(AccessScope const& scope) {
  return {"", "kms:Decrypt", {detail::own_arn(scope, "kms", "key/*")}, {}};
}

/// SSM says it in words of its own if a parameter cannot be decrypted.
inline void tell_parameters(Right const& right, Error const& error, AccessScope const& scope,
                            Findings& findings) {
  bool const key = error.message.find("The ciphertext refers to") != std::string_view::npos;
  if (!key) return findings.judge(right, error);
  findings.add(Finding::denied, key_right(scope), error.message);
}
inline void tell_parameters(Right const& right, std::vector<aws::Parameter> const& found,
                            AccessScope const& scope, Findings& findings) {
  findings.add(Finding::ok, right,
               internal::counted(static_cast<std::int64_t>(found.size()), "parameter"));
  bool const secret = std::any_of(found.begin(), found.end(), [](aws::Parameter const& one) {
    return one.kind == aws::ParameterKind::secure;
  });
  if (secret) return findings.add(Finding::ok, key_right(scope));
  findings.add(Finding::not_tested, key_right(scope), "none of them is a SecureString");
}

/// Tells if the checks could be read; returns them if they could.
[[nodiscard]] inline std::optional<FetchedChecks> tell_checks(Result<FetchedChecks> fetched,
                                                              AccessScope const& scope,
                                                              Findings& findings) {
  bool const object = detail::has_checks_in(scope, "s3");
  Right const right{"", object ? "s3:GetObject" : "ssm:GetParameter", {scope.checks_arn}, {}};
  if (!fetched) {
    tell_parameters(right, fetched.error(), scope, findings);
    return std::nullopt;
  }
  findings.add(Finding::ok, right);
  if (fetched->secret) findings.add(Finding::ok, key_right(scope));
  return *std::move(fetched);
}

}  // namespace sla::inline v1::app
