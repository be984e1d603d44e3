// SPDX-License-Identifier: MIT
#pragma once
// One setting: what it is called, what it means, and where its value goes.
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "sla/app/command.hpp"
#include "sla/app/quoted.hpp"
#include "sla/app/settings/checks.hpp"
#include "sla/app/settings/field.hpp"
#include "sla/app/settings/settings.hpp"
#include "sla/core/result.hpp"

namespace sla::inline v1::app {

/// Whether people may see a value.
enum class Shown { plainly, as_stars, without_secrets };

/// One row of the table of settings.
struct Setting {
  std::string_view flag{};      ///< without its two dashes; empty: there is only the variable
  std::string_view variable{};  ///< empty: there is only the flag
  std::string_view title{};     ///< what messages call it
  std::string_view value{};     ///< what help calls the value; empty: a switch, which needs none
  std::string_view fallback{};  ///< the default, as help shows it
  std::string_view meaning{};
  SettingField field{};
  Result<void> (*check)(std::string_view) = check_line;  ///< of the text, before it is read
  Times times = Times::once;
  Shown shown = Shown::plainly;
};

/// Returns what a message calls a setting, such as `Delay ($SLARUNNER_DELAY)` or, where its value
/// came from the command line, `Delay (--delay)`.
[[nodiscard]] inline std::string setting_label(Setting const& setting, Origin origin) {
  bool const by_flag = origin == Origin::flag || setting.variable.empty();
  return std::string(setting.title)
      .append(by_flag ? " (--" : " ($")
      .append(by_flag ? setting.flag : setting.variable)
      .append(")");
}

/// Returns what a setting is called in a file of checks: its flag in camelCase, or where it has
/// none what the event calls it.
[[nodiscard]] inline std::string setting_key(Setting const& setting) {
  if (setting.flag.empty()) return setting.variable == "SLA_TARGET" ? "slaTarget" : "tagID";
  std::string key;
  for (std::size_t i = 0; i < setting.flag.size(); ++i) {
    bool const next = setting.flag[i] == '-';
    if (next) ++i;
    key += next ? static_cast<char>(setting.flag[i] - 'a' + 'A') : setting.flag[i];
  }
  return key;
}

/// Returns a URL with *** for a name and a password in it, and for its query. If it is not clear
/// how far they reach, all is ***.
[[nodiscard]] inline std::string without_secrets(std::string_view url) {
  std::size_t const colon = url.find("://");
  std::size_t const begin = colon == std::string_view::npos ? 0 : colon + 3;
  std::string shown(url.substr(0, begin));
  std::string_view const rest = url.substr(begin);
  std::size_t const at = rest.rfind('@');
  if (at != std::string_view::npos) shown += "***";
  std::size_t const authority = std::min(rest.find_first_of("/?#"), rest.size());
  if (at != std::string_view::npos && at > authority) return shown;
  std::size_t const query = std::min(rest.find('?'), rest.size());
  std::size_t const from = at == std::string_view::npos ? 0 : at;
  shown.append(rest.substr(from, query - from));
  return query == rest.size() ? shown : shown + "?***";
}

/// Returns a value as people may see it.
[[nodiscard]] inline std::string value_shown(Setting const& setting, std::string_view value) {
  if (setting.shown == Shown::as_stars) return "***";
  return setting.shown == Shown::plainly ? std::string(value) : without_secrets(value);
}

/// Returns a value as a message may show it.
[[nodiscard]] inline std::string shown_value(Setting const& setting, std::string_view value) {
  std::string const shown = value_shown(setting, value);
  return setting.shown == Shown::as_stars ? shown : quoted(std::string_view(shown));
}

}  // namespace sla::inline v1::app
