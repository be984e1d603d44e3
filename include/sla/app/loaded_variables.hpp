// SPDX-License-Identifier: MIT
#pragma once
// Which variables of the environment were filled from parameters, so that what is printed can say
// where a value came from, and keep quiet about one that is secret.
#include <map>
#include <string>

#include "sla/app/settings/table.hpp"

namespace sla::inline v1::app {

/// Where the value of a variable came from.
struct LoadedVariable {
  std::string parameter{};  ///< its whole path
  Shown shown = Shown::as_stars;
};

/// The variables by their names.
using LoadedVariables = std::map<std::string, LoadedVariable, std::less<>>;

}  // namespace sla::inline v1::app
