// SPDX-License-Identifier: MIT
#pragma once
// One run, at once, and no more.
#include <optional>
#include <utility>

#include "sla/core/time.hpp"
#include "sla/scheduler.hpp"

namespace sla::inline v1 {

/// Starts a single run.
class Once {
 public:
  [[nodiscard]] std::optional<Instant> next(Instant now) noexcept {
    if (std::exchange(done_, true)) return std::nullopt;
    return now;
  }

 private:
  bool done_ = false;
};
static_assert(Scheduler<Once>);

}  // namespace sla::inline v1
