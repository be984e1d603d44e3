// SPDX-License-Identifier: MIT
#pragma once
// Where a file of checks is that AWS keeps: `s3://BUCKET/KEY`, an object; `ssm:/prod/checks`, a
// parameter; `ssm:checks`, the one under /$AWS_ENV/; or a parameter's ARN. Anything else is the
// path of a file here.
#include <string>
#include <string_view>
#include <utility>

#include "sla/app/bucket_address.hpp"
#include "sla/app/parameter_path.hpp"
#include "sla/app/settings/checks.hpp"
#include "sla/aws/config/region.hpp"
#include "sla/aws/service/arn.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/result.hpp"

namespace sla::inline v1::app {

/// An object, or a parameter.
struct ChecksAddress {
  std::string bucket{};     ///< empty: it is a parameter
  std::string key{};        ///< of the object
  std::string parameter{};  ///< its whole path, or its ARN
  std::string region{};     ///< of the ARN
};

/// Returns true if AWS keeps the file of that name.
[[nodiscard]] constexpr bool is_at_aws(std::string_view checks) noexcept {
  return checks.starts_with("s3://") || checks.starts_with("ssm:") || checks.starts_with("arn:");
}

namespace detail {

inline constexpr std::string_view ssm_scheme = "ssm:";

inline Result<ChecksAddress> parse_object_of_checks(std::string_view text) {
  auto address = parse_bucket_address(text);
  if (!address) return Error{Errc::invalid, "cannot be used: " + address.error().message};
  if (address->prefix.empty() || address->prefix.ends_with('/')) {
    return Error{Errc::invalid, "is no object: give s3://BUCKET/KEY"};
  }
  return ChecksAddress{.bucket = std::move(address->bucket), .key = std::move(address->prefix)};
}

inline Result<ChecksAddress> parse_arn_of_checks(std::string_view text) {
  auto arn = aws::parse_arn(text);
  bool const good = arn && arn->service == "ssm" && aws::valid_region(arn->region) &&
                    arn->resource.starts_with("parameter/");
  if (!good) {
    return Error{Errc::invalid,
                 "is no ARN of a parameter (arn:...:ssm:REGION:ACCOUNT:parameter/...); an object "
                 "is s3://BUCKET/KEY"};
  }
  return ChecksAddress{.parameter = std::string(text), .region = std::move(arn->region)};
}

}  // namespace detail

/// Takes the name of a file that AWS keeps apart; Errc::invalid if it cannot be one, or AWS_ENV is
/// missing.
[[nodiscard]] inline Result<ChecksAddress> parse_checks_address(std::string_view text,
                                                                Environment const& environment) {
  if (text.starts_with("s3://")) return detail::parse_object_of_checks(text);
  if (text.starts_with("arn:")) return detail::parse_arn_of_checks(text);
  auto path = parameter_path(text.substr(detail::ssm_scheme.size()), environment);
  if (!path) return path.error();
  path->pop_back();  // the slash: it is one parameter
  return ChecksAddress{.parameter = *std::move(path)};
}

/// The path of a file, or what AWS keeps.
[[nodiscard]] inline Result<void> check_checks(std::string_view text) {
  if (auto good = check_line(text); !good || !is_at_aws(text)) return good;
  if (!text.starts_with(detail::ssm_scheme)) {
    auto const address = parse_checks_address(text, Environment{});
    return address ? Result<void>() : address.error();
  }
  text.remove_prefix(detail::ssm_scheme.size());
  bool const one = !text.empty() && !text.ends_with('/') && text.find(',') == text.npos;
  if (!one) return Error{Errc::invalid, "names no parameter: give ssm:/prod/checks, say"};
  return check_parameter_names(text);
}

}  // namespace sla::inline v1::app
