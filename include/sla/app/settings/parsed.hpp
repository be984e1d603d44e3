// SPDX-License-Identifier: MIT
#pragma once
// Settings as they were read: their values, where each came from, and what could not be understood.
#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "sla/app/exit_code.hpp"
#include "sla/app/loaded_variables.hpp"
#include "sla/app/settings/setting.hpp"
#include "sla/app/settings/settings.hpp"
#include "sla/app/settings/table.hpp"

namespace sla::inline v1::app {

/// What was understood, and what was not. The lists hold one line for each finding.
struct Parsed {
  Settings settings{};
  std::vector<std::string> problems{};
  std::vector<std::string> hints{};  ///< what may help with the problems
  std::vector<std::string> warnings{};
  std::array<Origin, setting_table.size()> origins{};  ///< for each row of the table
  LoadedVariables loaded{};                            ///< what was made known of the parameters
  std::string place{};  ///< of a check in its file, such as `checks[3]`

  /// Returns what the program exits with before it starts; 0 if the settings can be used.
  [[nodiscard]] int exit_code() const noexcept {
    return problems.empty() ? exit_success : exit_settings;
  }
};

/// Returns true if the value of a row must not be shown, because of the setting or of its
/// parameter.
[[nodiscard]] inline bool is_secret(Parsed const& parsed, std::size_t row) {
  if (setting_table[row].shown == Shown::as_stars) return true;
  if (parsed.origins[row] != Origin::ssm) return false;
  auto const found = parsed.loaded.find(setting_table[row].variable);
  return found == parsed.loaded.end() || found->second.shown == Shown::as_stars;
}

/// Returns what a message calls a setting, by where its value came from: `Delay (--delay)`, or
/// `checks[3].delay`.
[[nodiscard]] inline std::string setting_label(Parsed const& parsed, std::size_t row) {
  Setting const& setting = setting_table[row];
  Origin const origin = parsed.origins[row];
  if (origin != Origin::defaults && origin != Origin::check) return setting_label(setting, origin);
  bool const words = setting.flag == "command" && !parsed.settings.words.empty();
  std::string const place = origin == Origin::defaults ? "defaults" : parsed.place;
  return place + '.' + (words ? "words" : setting_key(setting));
}

}  // namespace sla::inline v1::app
