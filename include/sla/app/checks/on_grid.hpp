// SPDX-License-Identifier: MIT
#pragma once
// Where the first run of each of many checks stands: at a place of its service's own on a grid of
// wall-clock time, so that a thousand checks are spread over their period, and each begins at the
// same instants in all replicas and after a restart.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "sla/app/splayed.hpp"
#include "sla/core/time.hpp"
#include "sla/scheduler.hpp"
#include "sla/scheduler/once.hpp"

namespace sla::inline v1::app {

/// Returns how long it is from an instant of wall-clock time to the next slot of that service; zero
/// for a period that is not positive.
[[nodiscard]] constexpr Duration time_to_slot(std::string_view service, Duration period,
                                              WallTime now) noexcept {
  if (period <= Duration::zero()) return Duration::zero();
  auto const length = static_cast<std::uint64_t>(period.count());
  Duration const slot{static_cast<std::int64_t>(detail::hash_of(service, {}) % length)};
  Duration const wait = (slot - Duration{now.time_since_epoch()} % period) % period;
  return wait < Duration::zero() ? wait + period : wait;
}

/// Where the slots of a service stand.
struct Grid {
  std::string_view service;  ///< used by the constructor of OnGrid alone
  Duration period{};         ///< zero: the first run is at once
  Duration wall_ahead{};     ///< of wall-clock time minus monotonic time
};

/// Lets the first run of a scheduler begin at the next slot of a service; what follows is counted
/// from there.
template <class S>
class OnGrid {
 public:
  OnGrid(S scheduler, Grid grid)
      : scheduler_(std::move(scheduler)),
        period_(grid.period),
        // The slots in monotonic time are those of a service that is as much earlier.
        to_slot_(time_to_slot(grid.service, period_, WallTime{grid.wall_ahead})) {}

  [[nodiscard]] std::optional<Instant> next(Instant now) {
    Duration const period = std::exchange(period_, Duration::zero());
    if (period > Duration::zero()) {
      Duration const wait = (to_slot_ - now.time_since_epoch() % period) % period;
      now += wait < Duration::zero() ? wait + period : wait;
    }
    return scheduler_.next(now);
  }
  void began(Instant at) { internal::tell_began(scheduler_, at); }
  [[nodiscard]] std::uint64_t missed() const { return internal::missed_of(scheduler_); }

 private:
  internal::HeldScheduler<S> scheduler_;
  Duration period_;
  Duration to_slot_;  ///< from the epoch of monotonic time

  static_assert(Scheduler<S>,
                "OnGrid's parameter must be a sla::Scheduler: movable, with "
                "std::optional<sla::Instant> next(sla::Instant now)");
};
static_assert(Scheduler<OnGrid<Once>>);

}  // namespace sla::inline v1::app
