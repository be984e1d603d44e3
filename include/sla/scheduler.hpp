// SPDX-License-Identifier: MIT
#pragma once
// The contract of a Scheduler: says when the next run begins. Its models stand in scheduler/.
#include <concepts>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "sla/core/time.hpp"

namespace sla::inline v1 {

namespace internal {

/// A member of that name, if there is one, is what the contract says.
template <class S>
concept began_is_void_of_instant = !requires {
  &S::began;
}
|| requires(S& s, Instant at) {
  { s.began(at) } -> std::same_as<void>;
};
template <class S>
concept missed_is_uint64_const = !requires {
  &S::missed;
}
|| requires(S const& s) {
  { s.missed() } -> std::same_as<std::uint64_t>;
};

}  // namespace internal

/// `next(now)` is asked once before each run: when does it begin (a past instant means now), or
/// nullopt for no more. It is a pure function of monotonic time and of what it was asked before;
/// it never sleeps. `now` is the end of the run before, or the start of the program. Two members
/// are optional: `void began(sla::Instant at)` is told when each run begins, which may be out of
/// turn and so earlier than it said; `std::uint64_t missed() const` says how many slots it skipped
/// so far, which is logged and counted.
template <class S>
concept Scheduler = bool{std::movable<S>} && requires(S& s, Instant now) {
  { s.next(now) } -> std::same_as<std::optional<Instant>>;
}
&&bool{internal::began_is_void_of_instant<S>} && bool{internal::missed_is_uint64_const<S>};

namespace internal {

/// Takes the place of a scheduler that a door refused, so that the refusal is the only error.
template <class X>
struct RefusedScheduler {
  RefusedScheduler(X const&) noexcept {}
  std::optional<Instant> next(Instant) { return std::nullopt; }
};
template <class X>
using HeldScheduler = std::conditional_t<Scheduler<X>, X, RefusedScheduler<X>>;

/// Tells a scheduler that wants to know it that a run begins.
template <class S>
void tell_began(S& scheduler, Instant at) {
  if constexpr (requires { scheduler.began(at); }) scheduler.began(at);
}

/// Asks a scheduler how many slots it skipped; 0 for one that does not count them.
template <class S>
std::uint64_t missed_of(S& scheduler) {
  if constexpr (requires { scheduler.missed(); }) return scheduler.missed();
  return 0;
}

}  // namespace internal

}  // namespace sla::inline v1
