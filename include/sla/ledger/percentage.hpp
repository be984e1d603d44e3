// SPDX-License-Identifier: MIT
#pragma once
// A percentage that is promised, such as 99.9: exact, as a whole number of millionths.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sla/core/text.hpp"

namespace sla::inline v1::ledger {

/// From 0 to 100 percent.
struct Percentage {
  std::int64_t millionths = 0;

  /// Returns `99.9`, which is a number in JSON too.
  [[nodiscard]] std::string text() const {
    std::string decimals = std::to_string(10'000 + millionths % 10'000);
    decimals[0] = '.';
    decimals.erase(decimals.find_last_not_of('0') + 1);
    return std::to_string(millionths / 10'000) + (decimals == "." ? "" : decimals);
  }
};

/// Reads a percentage of at most four decimals.
[[nodiscard]] inline std::optional<Percentage> parse_percentage(std::string_view text) {
  std::size_t const dot = std::min(text.find('.'), text.size());
  std::string decimals(text.substr(std::min(dot + 1, text.size())));
  if (text.empty() || text.back() == '.' || decimals.size() > 4) return std::nullopt;
  decimals.append(4 - decimals.size(), '0');
  auto const whole = parse_integer(text.substr(0, dot));
  auto const part = parse_integer(decimals);
  bool const signs = text.find_first_not_of("0123456789.") != std::string_view::npos;
  if (!whole || !part || signs || *whole > 100) return std::nullopt;
  Percentage const read{*whole * 10'000 + *part};
  if (read.millionths > 1'000'000) return std::nullopt;
  return read;
}

}  // namespace sla::inline v1::ledger
