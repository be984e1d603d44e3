// SPDX-License-Identifier: MIT
#pragma once
// Where time comes from and how the loop waits. A Clock is a parameter so that tests own the time;
// SteadyClock is the real one. Waiting follows the monotonic clock: a stepped wall clock causes
// neither a burst nor a stall.
#include <poll.h>
#include <time.h>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "sla/core/stop.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1 {

/// Why a wait ended.
enum class Wake {
  due,      ///< the instant was reached
  run_now,  ///< a run was asked for out of turn
  stopped,  ///< a stop was requested
};

/// Tells the time and waits. `now()`: the monotonic clock, which never goes back. `wall()`: the
/// date and time of day. `wait_until(instant, stop)`: waits until then, unless the stop is
/// requested or a run is asked for, and says which. `sleep_until(instant)`: the same without a
/// stop. (One by one, so that a compiler names the first that is missing.)
template <class C>
concept Clock = bool{std::movable<C>} && requires(C& c) {
  { c.now() } -> std::same_as<Instant>;
}
&&requires(C& c) {
  { c.wall() } -> std::same_as<WallTime>;
}
&&requires(C& c, Instant until, Stop const& stop) {
  { c.wait_until(until, stop) } -> std::same_as<Wake>;
}
&&requires(C& c, Instant until) {
  { c.sleep_until(until) } -> std::same_as<void>;
};

namespace internal {

/// Takes the place of a clock that a door refused, so that the refusal is the only error.
template <class X>
struct RefusedClock {
  RefusedClock(X const&) noexcept {}
  Instant now() const { return {}; }
  WallTime wall() const { return {}; }
  Wake wait_until(Instant, Stop const&) const { return Wake::stopped; }
  void sleep_until(Instant) const {}
};
template <class X>
using HeldClock = std::conditional_t<Clock<X>, X, RefusedClock<X>>;

}  // namespace internal

/// Returns a relative time for ppoll and the like: never negative.
[[nodiscard]] inline timespec to_timespec(Duration duration) noexcept {
  if (duration < Duration::zero()) duration = Duration::zero();
  std::int64_t const seconds = internal::whole_seconds(duration);
  std::int64_t const rest = duration.count() - seconds * 1'000'000'000;
  return {static_cast<time_t>(seconds), static_cast<long>(rest)};
}

/// Sleeps until the stop has news or the instant is reached, whichever comes first; it may also
/// return for no reason.
inline void await_news(Instant until, Stop const& stop) noexcept {
  auto watched = stop.watch();
  timespec const limit = to_timespec(until - std::chrono::steady_clock::now());
  (void)::ppoll(watched.data(), watched.size(), &limit, nullptr);
}

/// The clocks of the operating system. Thread-safe.
class SteadyClock {
 public:
  [[nodiscard]] Instant now() const noexcept { return std::chrono::steady_clock::now(); }
  [[nodiscard]] WallTime wall() const noexcept { return std::chrono::system_clock::now(); }

  /// Waits for the instant, a stop or a run out of turn, whichever comes first. A stop wins.
  Wake wait_until(Instant until, Stop const& stop) const noexcept {
    for (;;) {
      if (stop.level() != StopLevel::none) return Wake::stopped;
      if (stop.take_run_now()) return Wake::run_now;
      if (until <= now()) return Wake::due;
      await_news(until, stop);
    }
  }

  /// Waits for the instant and for nothing else.
  void sleep_until(Instant until) const noexcept {
    while (until > now()) {
      timespec const limit = to_timespec(until - now());
      (void)::nanosleep(&limit, nullptr);
    }
  }
};
static_assert(Clock<SteadyClock>);

}  // namespace sla::inline v1
