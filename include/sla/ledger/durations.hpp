// SPDX-License-Identifier: MIT
#pragma once
// How long runs take, as quantiles of many durations in little room: counts in buckets that are
// narrower than a thirtieth of what they hold.
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sla/version.hpp"

namespace sla::inline v1::ledger {

/// Counts durations in milliseconds. The order in which they come means nothing.
class Durations {
 public:
  void add(std::int64_t milliseconds) {
    std::size_t const index =
        index_of(static_cast<std::uint64_t>(std::max<std::int64_t>(0, milliseconds)));
    if (index >= counts_.size()) counts_.resize(index + 1);
    ++counts_[index];
    ++total_;
  }

  /// Returns the least duration that so many percent of all do not exceed, rounded down to the
  /// begin of its bucket; nothing if there is none.
  [[nodiscard]] std::optional<std::int64_t> quantile(std::uint64_t percent) const noexcept {
    if (total_ == 0) return std::nullopt;
    std::uint64_t const rank = std::max<std::uint64_t>(1, (total_ * percent + 99) / 100);
    std::uint64_t seen = 0;
    std::size_t index = 0;
    while ((seen += counts_[index]) < rank) ++index;
    return begin_of(index);
  }

 private:
  static constexpr unsigned steps = 32;  ///< buckets for each power of 2

  static std::size_t index_of(std::uint64_t value) noexcept {
    if (value < 2 * steps) return value;
    auto const shift = static_cast<unsigned>(std::bit_width(value / (2 * steps)));
    return steps * shift + (value >> shift);
  }
  static std::int64_t begin_of(std::size_t index) noexcept {
    if (index < 2 * steps) return static_cast<std::int64_t>(index);
    std::size_t const shift = index / steps - 1;
    return static_cast<std::int64_t>((steps + index % steps) << shift);
  }

  std::vector<std::uint32_t> counts_{};
  std::uint64_t total_ = 0;
};

}  // namespace sla::inline v1::ledger
