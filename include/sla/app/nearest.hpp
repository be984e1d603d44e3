// SPDX-License-Identifier: MIT
#pragma once
// Guesses the name that somebody meant: the known one that is a few edits away from a mistyped one.
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/core/text.hpp"

namespace sla::inline v1::app {

/// Counts the insertions, deletions and replacements of one byte, and exchanges of two neighbours,
/// that make `to` of `from`: the fewest.
[[nodiscard]] inline std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> before;
  std::vector<std::size_t> last;
  std::vector<std::size_t> row(to.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (std::size_t i = 0; i < from.size(); ++i) {
    before = std::exchange(last, row);
    row[0] = i + 1;
    for (std::size_t j = 0; j < to.size(); ++j) {
      row[j + 1] = std::min({last[j] + (from[i] == to[j] ? 0 : 1), row[j] + 1, last[j + 1] + 1});
      bool const exchanged = i > 0 && j > 0 && from[i] == to[j - 1] && from[i - 1] == to[j];
      if (exchanged) row[j + 1] = std::min(row[j + 1], before[j - 1] + 1);
    }
  }
  return row.back();
}

/// Returns the known name nearest to a wrong one, whatever the case, or the first of equals. It is
/// empty if none is near: one edit for each three letters, or the wrong name as a part of it.
[[nodiscard]] inline std::string_view nearest(std::string_view wrong,
                                              std::vector<std::string_view> const& known) {
  std::string const wanted = lower(wrong.substr(0, 64));  // longer ones are no typing mistake
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, wanted.size() / 3) + 1;
  for (std::string_view const name : known) {
    std::string const candidate = lower(name);
    bool const part = wanted.size() > 2 && candidate.find(wanted) != std::string::npos;
    std::size_t const distance = wanted == candidate ? 0
                                 : part              ? 1
                                                     : edit_distance(wanted, candidate);
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = name;
  }
  return best;
}

/// Returns `; the nearest known one is NAME`, or nothing if none is near.
[[nodiscard]] inline std::string nearest_hint(std::string_view wrong,
                                              std::vector<std::string_view> const& known,
                                              std::string_view prefix = {}) {
  std::string_view const near = nearest(wrong, known);
  if (near.empty()) return {};
  return std::string("; the nearest known one is ").append(prefix).append(near);
}

}  // namespace sla::inline v1::app
