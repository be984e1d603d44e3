// SPDX-License-Identifier: MIT
#pragma once
// The HTTP statuses that a probe expects: `200-299,304`.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/core/result.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1 {

/// Statuses from the first to the last, both included.
struct StatusRange {
  int first = 200;
  int last = 299;

  bool operator==(StatusRange const&) const = default;
};

/// Returns true if one of the ranges has the status.
[[nodiscard]] inline bool has_status(std::vector<StatusRange> const& ranges, int status) {
  return std::any_of(ranges.begin(), ranges.end(), [status](StatusRange const& range) {
    return range.first <= status && status <= range.last;
  });
}

/// Returns the ranges as they are written.
[[nodiscard]] inline std::string to_string(std::vector<StatusRange> const& ranges) {
  std::string text;
  for (StatusRange const& range : ranges) {
    text.append(text.empty() ? "" : ",").append(std::to_string(range.first));
    if (range.last != range.first) text.append("-").append(std::to_string(range.last));
  }
  return text;
}

/// Reads statuses and ranges of them between commas. The error is a fragment that reads on after
/// the text.
[[nodiscard]] inline Result<std::vector<StatusRange>> parse_status_ranges(std::string_view text) {
  std::vector<StatusRange> ranges;
  for (std::string_view const part : split(text, ',')) {
    std::string_view const range = trim(part);
    auto const first = parse_integer<int>(range.substr(0, range.find('-')));
    auto const last = parse_integer<int>(range.substr(range.find('-') + 1));
    if (!first || !last || *first < 100 || *last > 599 || *first > *last) {
      return Error{Errc::invalid, "are no HTTP statuses from 100 to 599, such as 200-299,304"};
    }
    ranges.push_back({*first, *last});
  }
  return ranges;
}

}  // namespace sla::inline v1
