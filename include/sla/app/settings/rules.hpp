// SPDX-License-Identifier: MIT
#pragma once
// How the text of a setting is read, and what settings must be to each other, wherever they come
// from: the command line and the environment, or a file of checks.
#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "sla/app/settings/field.hpp"
#include "sla/app/settings/parsed.hpp"
#include "sla/app/settings/setting.hpp"
#include "sla/app/settings/settings.hpp"
#include "sla/app/settings/table.hpp"
#include "sla/app/settings/values.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::app::detail {

/// Reads values into settings and adds what is wrong with them to their problems.
class SettingRules {
 public:
  static constexpr std::size_t command = setting_index("command");
  static constexpr std::size_t url = setting_index("url");
  static constexpr std::size_t tcp = setting_index("tcp");
  static constexpr std::size_t keep_alive = setting_index("keep-alive");
  static constexpr std::size_t expect_body = setting_index("expect-body");
  static constexpr std::size_t timeout = setting_index("timeout");
  static constexpr std::size_t every = setting_index("every");
  static constexpr std::size_t retries = setting_index("retries");

  /// The settings outlive it.
  explicit SettingRules(Parsed& parsed) : parsed_(parsed) {}

  /// Reads a text into the setting of a row; an empty one leaves it alone. `place` is what a
  /// message calls it, if not as usual.
  void read_text(std::size_t row, Origin origin, std::string_view text,
                 std::string const& place = {}) {
    if (text.empty()) return;
    Setting const& setting = setting_table[row];
    parsed_.origins[row] = origin;
    auto good = setting.check(text);
    if (good) good = read_field(setting.field, text, parsed_.settings);
    if (good) return;
    wrong_[row] = true;
    std::string const shown = is_secret(parsed_, row) ? "***" : shown_value(setting, text);
    problem((place.empty() ? label(row) : place) + ": " + shown + ' ' + good.error().message);
  }

  void problem(std::string line) { parsed_.problems.push_back(std::move(line)); }
  [[nodiscard]] bool is_set(std::size_t row) const noexcept {
    return parsed_.origins[row] != Origin::fallback;
  }
  [[nodiscard]] bool is_wrong(std::size_t row) const noexcept { return wrong_[row]; }
  [[nodiscard]] std::string label(std::size_t row) const { return setting_label(parsed_, row); }

  /// Returns true if the program itself asks.
  [[nodiscard]] bool is_probe() const noexcept { return is_set(url) || is_set(tcp); }

  void exclude_each_other(std::size_t one, std::size_t other) {
    problem(label(one) + " and " + label(other) + " exclude each other: give one of them");
  }

  /// A command or a probe; a probe takes no hour.
  void choose_what_to_run() {
    std::size_t chosen = setting_table.size();
    for (std::size_t const row : {command, url, tcp}) {
      if (!is_set(row)) continue;
      if (chosen != setting_table.size()) exclude_each_other(chosen, row);
      chosen = row;
    }
    if (is_probe() && !is_set(timeout)) parsed_.settings.timeout = std::chrono::seconds{30};
    for (std::size_t row = tcp + 1; row <= keep_alive && !is_set(url); ++row) {
      if (is_set(row)) problem(label(row) + " is for a URL (--url): give one");
    }
    Settings const& settings = parsed_.settings;
    if (is_set(expect_body) && !settings.expect_body.empty() && settings.method == "HEAD") {
      problem(label(expect_body) + " needs another method than HEAD, which has no body");
    }
  }

  /// All attempts must fit the grid of starts.
  void require_time_for_attempts() {
    Settings const& settings = parsed_.settings;
    auto const more = parse_integer(trim(settings.retries)).value_or(0);
    if (more < 1 || !is_set(every) || wrong_[retries] || wrong_[every]) return;
    Duration const all = settings.timeout * (more + 1) + settings.retry_delay * more;
    if (settings.timeout > Duration::zero() && all <= *settings.every) return;
    std::string const each = settings.timeout > Duration::zero()
                                 ? std::to_string(more + 1) + " attempts of " +
                                       value_text(settings.timeout) + " s (timeout), " +
                                       value_text(settings.retry_delay) + " s apart (retry-delay),"
                                 : "attempts without a timeout";
    problem(label(retries) + ": " + each + " do not fit " + label(every) + " of " +
            value_text(*settings.every) + " s");
  }

 private:
  Parsed& parsed_;
  std::array<bool, setting_table.size()> wrong_{};
};

}  // namespace sla::inline v1::app::detail
