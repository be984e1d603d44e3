// SPDX-License-Identifier: MIT
#pragma once
// An executor that says of a pass of another one whether it took too long to be a good one.
#include <optional>
#include <string>
#include <utility>

#include "sla/core/clock.hpp"
#include "sla/executor.hpp"

namespace sla::inline v1 {

/// Executes with E; a success that took longer than a limit is degraded. C tells the time.
template <class E, class C = SteadyClock>
class DegradedIfSlow {
 public:
  DegradedIfSlow(E executor, std::optional<Duration> limit, C clock = C{})
      : executor_(std::move(executor)), limit_(limit), clock_(std::move(clock)) {}

  Result<Outcome> execute(Job const& job, Stop const& stop) {
    Instant const start = clock_.now();
    auto outcome = executor_.execute(job, stop);
    if (!limit_ || !outcome) return outcome;
    bool const good = outcome->verdict == Verdict::pass || outcome->verdict == Verdict::warn;
    Duration const took = outcome->ended.value_or(clock_.now()) - start;
    if (!good || took <= *limit_) return outcome;
    outcome->degraded = true;
    if (!outcome->reason.empty()) return outcome;
    outcome->reason =
        "took " + decimal_seconds(took) + " s, expected at most " + decimal_seconds(*limit_) + " s";
    return outcome;
  }
  [[nodiscard]] std::optional<Duration> longest_run() const {
    return internal::longest_run_of(executor_);
  }
  void run_beside_others() { internal::tell_of_others(executor_); }

 private:
  internal::HeldExecutor<E> executor_;
  std::optional<Duration> limit_;
  internal::HeldClock<C> clock_;

  static_assert(Executor<E>,
                "DegradedIfSlow's first parameter must be a sla::Executor: movable, with "
                "sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&)");
  static_assert(Clock<C>,
                "DegradedIfSlow's second parameter must be a sla::Clock: movable, with now(), "
                "wall(), wait_until(sla::Instant, sla::Stop const&) and "
                "sleep_until(sla::Instant)");
};

}  // namespace sla::inline v1
