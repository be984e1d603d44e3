// SPDX-License-Identifier: MIT
#pragma once
// The region for whatever this program starts. Some tools read AWS_REGION, boto3 only
// AWS_DEFAULT_REGION: a command that finds one of them alone fails, or works in another region than
// the program does.
#include <stdlib.h>

#include <optional>
#include <string>
#include <string_view>

#include "sla/app/quoted.hpp"
#include "sla/aws/config/region.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::app {

/// What to do where both variables are set and differ.
enum class RegionVariables {
  keep,   ///< leave them: somebody may want it so
  equal,  ///< the region of this program, which is AWS_REGION, is that of the command
};

namespace detail {

inline void set_variable(Environment& environment, std::string const& name, std::string value) {
  ::setenv(name.c_str(), value.c_str(), 1);
  environment.set(name, std::move(value));
}

}  // namespace detail

/// Gives the variable that is missing the value of the other one, in this process too, whose
/// children get it. Returns a warning where both are set and differ. No other thread may be
/// running.
inline std::optional<std::string> unify_region_variables(Environment& environment,
                                                         RegionVariables rule) {
  auto const set = [&](std::string_view name) {
    return std::string(trim(environment.get(name).value_or("")));
  };
  std::string const region = set("AWS_REGION");
  std::string const fallback = set("AWS_DEFAULT_REGION");
  if (region == fallback) return std::nullopt;
  if (region.empty()) {
    detail::set_variable(environment, "AWS_REGION", fallback);
    return std::nullopt;
  }
  bool const missing = fallback.empty();
  if (missing || rule == RegionVariables::equal) {
    detail::set_variable(environment, "AWS_DEFAULT_REGION", region);
  }
  if (missing) return std::nullopt;
  bool const equal = rule == RegionVariables::equal;
  return "AWS_DEFAULT_REGION is " + sla::app::quoted(fallback) + " and AWS_REGION is " +
         sla::app::quoted(region) +
         (equal ? ": the command gets the second in both"
                : ": a command with boto3 works in another region than this program");
}

}  // namespace sla::inline v1::app
