// SPDX-License-Identifier: MIT
#pragma once
// The clock of the shipped program's clients: a wait between two attempts does not outlive a stop.
#include <algorithm>
#include <utility>

#include "sla/core/clock.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::app {

/// SteadyClock, but a stop shortens the wait between two attempts: half of the time that is left by
/// then remains for the next one. The Stop outlives it.
class HurriedClock {
 public:
  explicit HurriedClock(Stop const& stop) : stop_(&stop) {}

  [[nodiscard]] Instant now() const noexcept { return clock_.now(); }
  [[nodiscard]] WallTime wall() const noexcept { return clock_.wall(); }
  Wake wait_until(Instant until, Stop const& stop) const noexcept {
    return clock_.wait_until(until, stop);
  }
  void sleep_until(Instant until) const noexcept {
    for (bool hurried = false; until > now(); await_news(until, *stop_)) {
      auto const deadline = stop_->deadline();
      if (!deadline || std::exchange(hurried, true)) continue;
      until = std::min(until, now() + (*deadline - now()) / 2);
    }
  }

 private:
  SteadyClock clock_;
  Stop const* stop_;
};
static_assert(Clock<HurriedClock>);

}  // namespace sla::inline v1::app
