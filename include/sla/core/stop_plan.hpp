// SPDX-License-Identifier: MIT
#pragma once
// How the time from the first request to stop to the exit of the program is spent. It is pure:
// what waits for something at the end takes from here how long.
#include <chrono>

#include "sla/core/least.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1 {

/// What a step gets that comes when its time is used up: to give up, to say so.
inline constexpr std::chrono::milliseconds last_moment{200};

/// What there is to spend, and on what.
struct StopTimes {
  Duration budget{};    ///< from the first request to the exit
  Duration grace{};     ///< between TERM and KILL
  Duration delivery{};  ///< of the budget, kept for delivery
};

/// How long each step may take, all of them counted from the first request.
struct StopPlan {
  Duration cut{};     ///< the command may end by itself, and is sent TERM then
  Duration kill{};    ///< it may end after TERM, and is sent KILL then
  Duration gone{};    ///< what not even KILL has ended by then is given up
  Duration logs{};    ///< logs are delivered
  Duration events{};  ///< events are delivered
  Duration end{};     ///< the program is gone

  bool operator==(StopPlan const&) const = default;
};

/// Keeps a quarter of the budget for delivery, but no more than delivery usually takes.
[[nodiscard]] constexpr Duration usual_delivery(Duration budget) noexcept {
  return internal::least<Duration>(std::chrono::seconds{5}, budget / 4);
}

/// Plans from the end: the last steps of the program, the events, the logs in half of what is kept
/// for both, what cannot be killed in a quarter, and whatever is left is the command's.
[[nodiscard]] constexpr StopPlan stop_plan(StopTimes times) noexcept {
  Duration const last_steps = internal::least<Duration>(last_moment, times.budget / 10);
  Duration const kill = internal::greatest(times.budget - times.delivery, Duration::zero());
  Duration const events = internal::greatest(times.budget - last_steps, kill);
  return {.cut = internal::greatest(kill - times.grace, Duration::zero()),
          .kill = kill,
          .gone = kill + (events - kill) / 4,
          .logs = kill + (events - kill) / 2,
          .events = events,
          .end = times.budget};
}

}  // namespace sla::inline v1
