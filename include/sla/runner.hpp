// SPDX-License-Identifier: MIT
#pragma once
// The loop: waits for the Scheduler's next instant, lets the Executor run the job, hands the
// report to the Publisher, and goes on until there is no next instant or a stop is requested. It
// knows the contracts and never a concrete policy; no failure of a policy ends it.
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "sla/core/clock.hpp"
#include "sla/core/least.hpp"
#include "sla/core/log.hpp"
#include "sla/core/run_id.hpp"
#include "sla/core/run_log.hpp"
#include "sla/core/sequence.hpp"
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
    std::optional<Instant> start = first(clock_.now());
    while (start && clock_.wait_until(*start, stop) != Wake::stopped) start = run_once(job, stop);
    return tally_;
  }

  /// Numbers its events as those of this process instead of one of its own: for many runners in
  /// one. Before the first run.
  void boot_as(std::string id) { sequence_.boot_as(std::move(id)); }
  /// One step of run(), for callers that multiplex runners: returns when the first run begins.
  std::optional<Instant> first(Instant now) { return scheduler_.next(now); }
  /// The other step: runs the job and hands over the report. Says when the next run begins.
  std::optional<Instant> run_once(Job const& job, Stop const& stop) {
    Report report = execute(job, stop);
    Instant const ended = clock_.now();
    std::optional<Instant> const next = scheduler_.next(ended);
    sequence_.complete(report);
    report.next_expected_by = expected(report, next, ended);
    count(report);
    auto const done = publish_wanted(publisher_, report);
    log_.ended(report);  // what the log says is known by then to whoever delivers it
    if (!done) {
      ++tally_.undelivered;
      log_.undelivered(report.job, done.error());
    }
    if (next) note_missed(job);
    return next;
  }
  /// Returns what the steps did so far.
  [[nodiscard]] Tally const& tally() const noexcept { return tally_; }

 private:
  Report execute(Job const& job, Stop const& stop) {
    Report report{.job = job, .started_at = clock_.wall()};
    report.job.run_id = new_run_id(report.started_at);
    sequence_.number(report.job, report.started_at);
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

  /// By when the event of the next run must have ended, if anybody can tell.
  std::optional<WallTime> expected(Report const& report, std::optional<Instant> next, Instant now) {
    using std::chrono::seconds;
    auto const longest = internal::longest_run_of(executor_);
    if (!longest) return std::nullopt;
    if (next) {
      return internal::later_by(clock_.wall() + seconds{2}, internal::greatest(*next, now) - now,
                                *longest);
    }
    auto const& another = report.job.expect_every;  // which is a process that has to start
    if (!another) return std::nullopt;
    return internal::later_by(report.started_at + seconds{60}, *another, *longest);
  }

  void count(Report const& report) {
    ++(!report.counts()       ? tally_.interrupted
       : !report.conclusive() ? tally_.unknown
       : report.succeeded()   ? tally_.passed
                              : tally_.failed);
  }

  /// A scheduler that counts the slots it misses (FixedRate) is heard.
  void note_missed(Job const& job) {
    auto const missed = internal::missed_of(scheduler_);
    if (missed != tally_.missed) log_.missed(job, tally_.missed = missed);
  }

  internal::HeldScheduler<S> scheduler_;
  internal::HeldExecutor<E> executor_;
  internal::HeldPublisher<P> publisher_;
  internal::HeldClock<C> clock_;
  internal::RunLog log_;
  internal::Sequence sequence_{};
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
