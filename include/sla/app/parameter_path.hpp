// SPDX-License-Identifier: MIT
#pragma once
// Below which path of SSM parameters are looked for.
#include <string>
#include <string_view>

#include "sla/app/quoted.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::app {

/// Returns the path below which the parameters of that name are: `/prod/shop/` for `shop` where
/// AWS_ENV is prod. A name that begins with a slash is a path already. Errc::invalid if AWS_ENV
/// is missing.
[[nodiscard]] inline Result<std::string> parameter_path(std::string_view name,
                                                        Environment const& environment) {
  std::string path(name);
  if (!path.starts_with('/')) {
    std::string_view const stage = trim(environment.get("AWS_ENV").value_or(""));
    if (stage.empty()) {
      return Error{Errc::invalid, quoted(name) +
                                      " is the name of parameters under /$AWS_ENV/, and AWS_ENV is "
                                      "not set; a path such as /prod/" +
                                      escaped(name, 60) + " needs none"};
    }
    for (char const c : stage) {
      if (is_alpha(c) || is_digit(c) || c == '_' || c == '.' || c == '-' || c == '/') continue;
      return Error{Errc::invalid, "AWS_ENV: " + quoted(stage) + " is no part of a path"};
    }
    path.insert(0, "/").insert(0, stage);
    if (!path.starts_with('/')) path.insert(0, "/");
  }
  if (!path.ends_with('/')) path += '/';
  return path;
}

}  // namespace sla::inline v1::app
