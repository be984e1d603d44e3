// SPDX-License-Identifier: MIT
#pragma once
// The contract of an Executor: runs one job. Its models stand in executor/.
#include <concepts>
#include <optional>
#include <type_traits>

#include "sla/core/result.hpp"
#include "sla/core/run.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1 {

namespace internal {

/// A member of that name, if there is one, is what the contract says.
template <class E>
concept longest_run_is_optional_duration_const = !requires {
  &E::longest_run;
}
|| requires(E const& e) {
  { e.longest_run() } -> std::same_as<std::optional<Duration>>;
};

template <class E>
concept run_beside_others_is_void = !requires {
  &E::run_beside_others;
}
|| requires(E& e) {
  { e.run_beside_others() } -> std::same_as<void>;
};

}  // namespace internal

/// `execute(job, stop)` runs the job once and says how it ended. A non-zero exit, a signal, a
/// timeout are values of Outcome; an Error means that it could not be run at all. It honours the
/// stop, and leaves no child, descriptor or signal mask behind. One thread uses it at a time. Two
/// members are optional: `std::optional<sla::Duration> longest_run() const` says how long a run may
/// take, or nullopt where nothing limits it; then events say by when the next one must have come. A
/// Fleet calls `void run_beside_others()` once, before the first run: there are other runs at the
/// same time.
template <class E>
concept Executor = bool{std::movable<E>} && requires(E& e, Job const& job, Stop const& stop) {
  { e.execute(job, stop) } -> std::same_as<Result<Outcome>>;
}
&&bool{internal::longest_run_is_optional_duration_const<E>} &&
    bool{internal::run_beside_others_is_void<E>};

namespace internal {

/// Takes the place of an executor that a door refused, so that the refusal is the only error.
template <class X>
struct RefusedExecutor {
  RefusedExecutor(X const&) noexcept {}
  Result<Outcome> execute(Job const&, Stop const&) { return Outcome{}; }
};
template <class X>
using HeldExecutor = std::conditional_t<Executor<X>, X, RefusedExecutor<X>>;

/// Asks an executor how long a run may take; nullopt for one that does not say it.
template <class E>
std::optional<Duration> longest_run_of(E const& executor) {
  if constexpr (requires { executor.longest_run(); }) return executor.longest_run();
  return std::nullopt;
}

/// Tells an executor that others run at the same time, if it wants to know.
template <class E>
void tell_of_others(E& executor) {
  if constexpr (requires { executor.run_beside_others(); }) executor.run_beside_others();
}

}  // namespace internal

}  // namespace sla::inline v1
