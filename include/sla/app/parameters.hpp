// SPDX-License-Identifier: MIT
#pragma once
// Parameters become variables of the environment: what a variable is called, and who wins if there
// is one already. Messages name variables and parameters, never a value.
#include <stdlib.h>

#include <string>
#include <string_view>
#include <vector>

#include "sla/app/loaded_variables.hpp"
#include "sla/app/parameter_path.hpp"
#include "sla/app/quoted.hpp"
#include "sla/aws/service/ssm.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/log.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::app {

/// What happens when a parameter would fill a variable that is there already, from the environment
/// or from a parameter that was read before it.
enum class Duplicates { skip, overwrite, abort };

/// Returns the variable that a parameter fills: the last part of its path.
[[nodiscard]] constexpr std::string_view variable_of(std::string_view parameter) noexcept {
  return parameter.substr(parameter.rfind('/') + 1);  // npos + 1 is 0
}

namespace detail {

/// Returns true if the operating system can hold a variable with that name and value.
inline bool is_variable(std::string_view name, std::string_view value) {
  return !name.empty() && !has_control(name) && name.find('=') == std::string_view::npos &&
         value.find('\0') == std::string_view::npos;
}

}  // namespace detail

/// Fills the environment in the order of the parameters and returns what was filled. Errc::exists,
/// with the environment half filled, where a variable is there already and that is a reason to
/// stop.
[[nodiscard]] inline Result<LoadedVariables> fill_environment(
    std::vector<aws::Parameter> const& parameters, Duplicates duplicates, Environment& environment,
    Logger const& log) {
  LoadedVariables loaded;
  for (aws::Parameter const& parameter : parameters) {
    std::string const variable(variable_of(parameter.name));
    std::string_view const value = parameter.value.reveal();
    if (!detail::is_variable(variable, value)) {
      log.warning("a parameter cannot be a variable", {{"parameter", escaped(parameter.name)}});
      continue;
    }
    if (environment.has(variable)) {
      if (duplicates == Duplicates::abort) {
        return Error{Errc::exists, "the parameter " + escaped(parameter.name) +
                                       " is a duplicate: the variable is set already"};
      }
      bool const kept = duplicates == Duplicates::skip;
      log.warning(kept ? "a variable that is set already keeps its value"
                       : "a variable that is set already is replaced",
                  {{"variable", variable}, {"parameter", parameter.name}});
      if (kept) continue;
    }
    environment.set(variable, std::string(value));
    bool const secret = parameter.kind == aws::ParameterKind::secure;
    loaded.insert_or_assign(
        variable, LoadedVariable{parameter.name, secret ? Shown::as_stars : Shown::plainly});
  }
  return loaded;
}

/// Puts the variables into the environment of this process, which its children get. No other thread
/// may be running.
inline void export_variables(LoadedVariables const& loaded, Environment const& environment) {
  for (auto const& [name, origin] : loaded) {
    std::string const value(environment.get(name).value_or(""));
    ::setenv(name.c_str(), value.c_str(), 1);
  }
}

}  // namespace sla::inline v1::app
