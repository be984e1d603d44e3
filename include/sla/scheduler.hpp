// SPDX-License-Identifier: MIT
#pragma once
// The contract of a Scheduler: says when the next run begins. Its models stand in scheduler/.
#include <concepts>
#include <optional>
#include <type_traits>

#include "sla/core/time.hpp"

namespace sla::inline v1 {

/// `next(now)` is asked once before each run: when does it begin (a past instant means now), or
/// nullopt for no more. It is a pure function of monotonic time and of what it was asked before;
/// it never sleeps. `now` is the end of the run before, or the start of the program. Where there is
/// a `began(at)` too, it is told when each run begins, which may be out of turn and so earlier than
/// it said; where there is a `missed()`, how many slots that skipped so far is logged and counted.
template <class S>
concept Scheduler = bool{std::movable<S>} && requires(S& s, Instant now) {
  { s.next(now) } -> std::same_as<std::optional<Instant>>;
};

namespace internal {

/// Takes the place of a scheduler that a door refused, so that the refusal is the only error.
template <class X>
struct RefusedScheduler {
  RefusedScheduler(X const&) noexcept {}
  std::optional<Instant> next(Instant) { return std::nullopt; }
};
template <class X>
using HeldScheduler = std::conditional_t<Scheduler<X>, X, RefusedScheduler<X>>;

}  // namespace internal

}  // namespace sla::inline v1
