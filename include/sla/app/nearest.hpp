// SPDX-License-Identifier: MIT
#pragma once
// What somebody may have meant: the known name that is the fewest edits away from a mistyped one.
#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/core/text.hpp"

namespace sla::inline v1 {

/// The fewest insertions, deletions and replacements of one byte that make `to` of `from`.
[[nodiscard]] inline std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < to.size(); ++j) {
      std::size_t const replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

/// The known name nearest to a wrong one, whatever the case; the first of equals, empty where none
/// is known. A name that holds the wrong one as a whole is nearer than any edit makes it.
[[nodiscard]] inline std::string_view nearest(std::string_view wrong,
                                              std::vector<std::string_view> const& known) {
  std::string const wanted = lower(wrong.substr(0, 64));  // longer ones are no typing mistake
  std::string_view best;
  std::size_t best_distance = std::string_view::npos;
  for (std::string_view const name : known) {
    std::string const candidate = lower(name);
    bool const holds = wanted.size() > 2 && candidate.find(wanted) != std::string::npos;
    std::size_t const distance = holds ? 1 : edit_distance(wanted, candidate);
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = name;
  }
  return best;
}

}  // namespace sla::inline v1
