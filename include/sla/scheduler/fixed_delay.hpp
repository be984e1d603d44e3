// SPDX-License-Identifier: MIT
#pragma once
// Waits a fixed time between the end of one run and the start of the next. The first run begins
// at once.
#include <optional>
#include <utility>

#include "sla/core/time.hpp"
#include "sla/scheduler.hpp"

namespace sla::inline v1 {

/// Starts each run a fixed delay after the end of the one before.
class FixedDelay {
 public:
  /// The delay may be zero; a negative one counts as zero.
  explicit FixedDelay(Duration delay) : delay_(delay) {}

  [[nodiscard]] std::optional<Instant> next(Instant now) noexcept {
    return std::exchange(first_, false) ? now : now + delay_;
  }

 private:
  Duration delay_;
  bool first_ = true;
};
static_assert(Scheduler<FixedDelay>);

}  // namespace sla::inline v1
