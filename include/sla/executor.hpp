// SPDX-License-Identifier: MIT
#pragma once
// The contract of an Executor: runs one job. Its models stand in executor/.
#include <concepts>
#include <type_traits>

#include "sla/core/result.hpp"
#include "sla/core/run.hpp"
#include "sla/core/stop.hpp"

namespace sla::inline v1 {

/// `execute(job, stop)` runs the job once and says how it ended. A non-zero exit, a signal, a
/// timeout are values of Outcome; an Error means that it could not be run at all. It honours the
/// stop, and leaves no child, descriptor or signal mask behind.
template <class E>
concept Executor = bool{std::movable<E>} && requires(E& e, Job const& job, Stop const& stop) {
  { e.execute(job, stop) } -> std::same_as<Result<Outcome>>;
};

namespace internal {

/// Takes the place of an executor that a door refused, so that the refusal is the only error.
template <class X>
struct RefusedExecutor {
  RefusedExecutor(X const&) noexcept {}
  Result<Outcome> execute(Job const&, Stop const&) { return Outcome{}; }
};
template <class X>
using HeldExecutor = std::conditional_t<Executor<X>, X, RefusedExecutor<X>>;

}  // namespace internal

}  // namespace sla::inline v1
