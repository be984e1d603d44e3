// SPDX-License-Identifier: MIT
#pragma once
// What the members of a check are called in its file, and which settings are not a check's.
#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sla/app/arguments.hpp"
#include "sla/app/nearest.hpp"
#include "sla/app/settings/setting.hpp"
#include "sla/app/settings/table.hpp"

namespace sla::inline v1::app {

/// Returns true for a setting that a check may have: what it tests, when, and what that means.
/// Where results go and how the process lives is the same for all.
[[nodiscard]] constexpr bool is_of_a_check(Setting const& setting) noexcept {
  constexpr std::string_view flags[] = {"command",
                                        "service",
                                        "groups",
                                        "delay",
                                        "every",
                                        "expect-every",
                                        "disabled",
                                        "timeout",
                                        "grace",
                                        "log-limit",
                                        "location",
                                        "url",
                                        "tcp",
                                        "method",
                                        "header",
                                        "body",
                                        "expect-status",
                                        "expect-body",
                                        "max-redirects",
                                        "cert-days",
                                        "keep-alive",
                                        "witness",
                                        "exit-codes",
                                        "skip-code",
                                        "retries",
                                        "retry-delay",
                                        "slow",
                                        "slo",
                                        "slo-window",
                                        "slo-min-failures",
                                        "failure-threshold",
                                        "success-threshold",
                                        "pass-through",
                                        ""};  // those that have only a variable
  return std::find(std::begin(flags), std::end(flags), setting.flag) != std::end(flags);
}

/// The names of members: for each row of the table, then `words`.
class CheckKeys {
 public:
  static constexpr std::size_t words = setting_table.size();

  CheckKeys() {
    for (std::size_t row = 0; row < words; ++row) keys_[row] = setting_key(setting_table[row]);
    keys_[words] = "words";
  }

  /// Returns the row of a name; nothing if there is none.
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const noexcept {
    auto const found = std::find(keys_.begin(), keys_.end(), name);
    if (found == keys_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - keys_.begin());
  }

  /// Returns `; did you mean every?`, or nothing if no name is near.
  [[nodiscard]] std::string hint(std::string_view wrong) const {
    std::vector<std::string_view> known;
    for (std::size_t row = 0; row <= words; ++row) {
      if (row == words || is_of_a_check(setting_table[row])) known.push_back(keys_[row]);
    }
    std::string_view near = nearest(wrong, known);
    for (auto const& [other, ours] : detail::other_names) {
      bool const same = other.substr(2) == wrong && ours.starts_with("--");
      if (same && find(ours.substr(2))) near = ours.substr(2);
    }
    if (near.empty()) return {};
    return std::string("; did you mean ").append(near).append("?");
  }

 private:
  std::array<std::string, setting_table.size() + 1> keys_{};
};

}  // namespace sla::inline v1::app
