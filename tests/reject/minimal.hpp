// SPDX-License-Identifier: MIT
#pragma once
// The smallest model of each contract; a case swaps one for its own, or for one of the wrong ones
// below.
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "sla/core/clock.hpp"
#include "sla/core/result.hpp"
#include "sla/core/run.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/time.hpp"

struct MinimalScheduler {
  std::optional<sla::Instant> next(sla::Instant) { return std::nullopt; }
};

struct MinimalExecutor {
  sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&) { return sla::Outcome{}; }
};

struct MinimalPublisher {
  sla::Result<void> publish(sla::Report const&) { return {}; }
};

struct MinimalClock {
  sla::Instant now() { return {}; }
  sla::WallTime wall() { return {}; }
  sla::Wake wait_until(sla::Instant, sla::Stop const&) { return sla::Wake::due; }
  void sleep_until(sla::Instant) {}
};

struct MinimalStore : MinimalPublisher {
  sla::Result<std::string> store(sla::Report const&) { return std::string(); }
};

/// Whether the case of that number is wrong: all of them are with -DREJECT=0, and none is without
/// it.
template <int number>
#ifdef REJECT
inline constexpr bool rejected = REJECT == 0 || REJECT == number;
#else
inline constexpr bool rejected = false;
#endif

/// A model of nothing.
template <int number>
struct Wrong {};

/// A Good that is Wrong in the case of that number.
template <int number, class Good>
using Unless = std::conditional_t<rejected<number>, Wrong<number>, Good>;

/// A Good that cannot be moved in the case of that number.
template <int number, class Good>
struct Pinned : Good {
  Pinned() = default;
  Pinned(Pinned&&) = delete;
};
template <int number, class Good>
using UnlessPinned = std::conditional_t<rejected<number>, Pinned<number, Good>, Good>;
