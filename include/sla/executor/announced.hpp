// SPDX-License-Identifier: MIT
#pragma once
// An executor that tells a spool of each run before it begins, so that a run which dies together
// with the runner is known at the next start.
#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

#include "sla/core/clock.hpp"
#include "sla/executor.hpp"

namespace sla::inline v1 {

/// `begin(report)` is told that a run begins, of which only the job and the start are known.
template <class S>
concept Announcee = bool{std::movable<S>} && requires(S& s, Report const& report) {
  { s.begin(report) } -> std::same_as<void>;
};

namespace internal {

/// Takes the place of an announcee that a door refused, so that the refusal is the only error.
template <class X>
struct RefusedAnnouncee {
  RefusedAnnouncee(X const&) noexcept {}
  void begin(Report const&) {}
};
template <class X>
using HeldAnnouncee = std::conditional_t<Announcee<X>, X, RefusedAnnouncee<X>>;

}  // namespace internal

/// Announces each run to `spool.begin(Report const&)`, then executes it. C says when that is.
/// Not thread-safe.
template <class E, class S, class C = SteadyClock>
class Announced {
 public:
  Announced(E executor, S spool, C clock = C{})
      : executor_(std::move(executor)), spool_(std::move(spool)), clock_(std::move(clock)) {}

  Result<Outcome> execute(Job const& job, Stop const& stop) {
    spool_.begin({.job = job, .started_at = clock_.wall()});
    return executor_.execute(job, stop);
  }
  [[nodiscard]] std::optional<Duration> longest_run() const {
    return internal::longest_run_of(executor_);
  }
  void run_beside_others() { internal::tell_of_others(executor_); }

 private:
  internal::HeldExecutor<E> executor_;
  internal::HeldAnnouncee<S> spool_;
  internal::HeldClock<C> clock_;

  static_assert(Executor<E>,
                "Announced's first parameter must be a sla::Executor: movable, with "
                "sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&)");
  static_assert(
      Announcee<S>,
      "Announced's second parameter must be movable, with void begin(sla::Report const&)");
  static_assert(Clock<C>,
                "Announced's third parameter must be a sla::Clock: movable, with now(), wall(), "
                "wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)");
};

}  // namespace sla::inline v1
