// SPDX-License-Identifier: MIT
#pragma once
// The loop: waits for the Scheduler's next instant, lets the Executor run the job, hands the
// report to the Publisher, and goes on until there is no next instant or a stop is requested. It
// knows the contracts and never a concrete policy; no failure of a policy ends it.
#include <optional>
#include <utility>

#include "sla/core/clock.hpp"
#include "sla/core/log.hpp"
#include "sla/core/run_id.hpp"
#include "sla/core/run_log.hpp"
#include "sla/executor.hpp"
#include "sla/publisher.hpp"
#include "sla/scheduler.hpp"

namespace sla::inline v1 {

/// Runs a job again and again. One thread uses it at a time.
template <class S, class E, class P, class C = SteadyClock>
class Runner {
 public:
  Runner(S scheduler, E executor, P publisher, C clock = C{}, Logger log = Logger{})
      : scheduler_(std::move(scheduler)),
        executor_(std::move(executor)),
        publisher_(std::move(publisher)),
        clock_(std::move(clock)),
        log_(log) {}

  /// Runs until the scheduler has no next instant or a stop is requested.
  Tally run(Job const& job, Stop const& stop) {
    tally_ = {};
    Instant ended = clock_.now();
    while (std::optional<Instant> const start = next(ended)) {
      if (clock_.wait_until(*start, stop) == Wake::stopped) break;
      ended = run_once(job, stop);
    }
    return tally_;
  }

  /// One step of run(), for who waits for many runners at once: when the next run begins.
  std::optional<Instant> next(Instant now) {
    std::optional<Instant> const start = scheduler_.next(now);
    if (start) note_missed();
    return start;
  }
  /// The other step: runs the job and hands over the report. When the run ended.
  Instant run_once(Job const& job, Stop const& stop) {
    Report const report = execute(job, stop);
    Instant const ended = clock_.now();
    ++(!report.counts() ? tally_.interrupted : report.succeeded() ? tally_.passed : tally_.failed);
    auto const done = publish_wanted(publisher_, report);
    log_.ended(report);  // what the log says is known by then to whoever delivers it
    if (!done) {
      ++tally_.undelivered;
      log_.undelivered(report.job, done.error());
    }
    return ended;
  }
  /// What the steps did so far.
  [[nodiscard]] Tally const& tally() const noexcept { return tally_; }

 private:
  Report execute(Job const& job, Stop const& stop) {
    Report report{.job = job, .started_at = clock_.wall()};
    report.job.run_id = new_run_id(report.started_at);
    log_.starts(report.job);
    Instant const start = clock_.now();
    internal::tell_began(scheduler_, start);
    auto outcome = executor_.execute(report.job, stop);
    Instant const now = clock_.now();
    if (outcome) {
      report.outcome = *std::move(outcome);
    } else {
      report.outcome = {
          .verdict = Verdict::spawn_error, .exit_code = 126, .reason = outcome.error().message};
    }
    Instant const end = report.outcome.ended.value_or(now);
    report.duration = end - start;
    report.ended_at = clock_.wall() - (now - end);
    return report;
  }

  /// A scheduler that counts the slots it misses (FixedRate) is heard.
  void note_missed() {
    auto const missed = internal::missed_of(scheduler_);
    if (missed != tally_.missed) log_.missed(tally_.missed = missed);
  }

  internal::HeldScheduler<S> scheduler_;
  internal::HeldExecutor<E> executor_;
  internal::HeldPublisher<P> publisher_;
  internal::HeldClock<C> clock_;
  RunLog log_;
  Tally tally_{};

  static_assert(Scheduler<S>,
                "Runner's first parameter must be a sla::Scheduler: movable, with "
                "std::optional<sla::Instant> next(sla::Instant now)");
  static_assert(Executor<E>,
                "Runner's second parameter must be a sla::Executor: movable, with "
                "sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&)");
  static_assert(Publisher<P>,
                "Runner's third parameter must be a sla::Publisher: movable, with "
                "sla::Result<void> publish(sla::Report const&)");
  static_assert(Clock<C>,
                "Runner's fourth parameter must be a sla::Clock: movable, with now(), wall(), "
                "wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)");
};

}  // namespace sla::inline v1
