// SPDX-License-Identifier: MIT
#pragma once
// Starts runs on a fixed grid of time. Runs never overlap: a slot that passes while a run is still
// going is skipped and counted, and the grid stays where it is.
#include <cstdint>
#include <optional>

#include "sla/core/time.hpp"
#include "sla/scheduler.hpp"

namespace sla::inline v1 {

/// Starts each run at the next slot of a grid that begins with the first run.
class FixedRate {
 public:
  /// The period must be positive; anything else counts as one nanosecond.
  explicit FixedRate(Duration period) : period_(period > Duration::zero() ? period : Duration{1}) {}

  [[nodiscard]] std::optional<Instant> next(Instant now) noexcept {
    if (!slot_) return slot_ = now;
    if (*slot_ > now) return slot_;  // a run out of turn leaves the grid alone
    if (!out_of_turn_) *slot_ += period_;
    if (*slot_ < now) {
      auto const behind = (now - *slot_ + period_ - Duration{1}) / period_;
      missed_ += static_cast<std::uint64_t>(behind);
      *slot_ += behind * period_;
    }
    return slot_;
  }

  /// A run begins. One before its slot is out of turn: it takes none, and may miss some.
  void began(Instant at) noexcept { out_of_turn_ = slot_ && at < *slot_; }

  /// Returns how many slots were skipped so far because a run was still going.
  [[nodiscard]] std::uint64_t missed() const noexcept { return missed_; }

 private:
  Duration period_;
  std::optional<Instant> slot_;
  bool out_of_turn_ = false;  ///< the run that began last
  std::uint64_t missed_ = 0;
};
static_assert(Scheduler<FixedRate>);

}  // namespace sla::inline v1
