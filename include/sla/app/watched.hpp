// SPDX-License-Identifier: MIT
#pragma once
// The policies of the shipped program with a heartbeat: each says how long it may take before it
// takes that long, so that a healthcheck can tell a long test from a stuck loop. The clock also
// reaps what ends while the loop waits, as PID 1 has to.
#include <chrono>
#include <optional>
#include <utility>

#include "sla/app/heartbeat.hpp"
#include "sla/core/clock.hpp"
#include "sla/executor.hpp"
#include "sla/process/leftovers.hpp"
#include "sla/publisher.hpp"

namespace sla::inline v1::app {

/// How late a loop may be before it counts as stuck: a busy machine is no stuck runner.
inline constexpr Duration heartbeat_slack = std::chrono::seconds{10};

/// SteadyClock with a heartbeat, for a process whose children all belong to its runs.
class WatchedClock {
 public:
  explicit WatchedClock(Heartbeat heartbeat) : heartbeat_(std::move(heartbeat)) {}

  [[nodiscard]] Instant now() const noexcept { return clock_.now(); }
  [[nodiscard]] WallTime wall() const noexcept { return clock_.wall(); }

  Wake wait_until(Instant until, Stop const& stop) const {
    bool const forever = until > Instant::max() - heartbeat_slack;
    heartbeat_.promise(Activity::waiting, forever ? Instant::max() : until + heartbeat_slack);
    for (;;) {
      if (stop.level() != StopLevel::none) return Wake::stopped;
      if (stop.take_run_now()) return Wake::run_now;
      if (until <= now()) return Wake::due;
      if (stop.take_child_ended()) internal::reap_children();
      await_news(until, stop);
    }
  }
  void sleep_until(Instant until) const noexcept { clock_.sleep_until(until); }

 private:
  SteadyClock clock_;
  Heartbeat heartbeat_;
};
static_assert(Clock<WatchedClock>);

/// An executor that promises to be done within a limit; a limit of zero is none.
template <class E, class H = Heartbeat>
class WatchedExecutor {
 public:
  WatchedExecutor(E executor, H heartbeat, Duration limit)
      : executor_(std::move(executor)), heartbeat_(std::move(heartbeat)), limit_(limit) {}

  Result<Outcome> execute(Job const& job, Stop const& stop) {
    Instant const now = std::chrono::steady_clock::now();
    bool const limited =
        limit_ > Duration::zero() && limit_ < Instant::max() - now - heartbeat_slack;
    heartbeat_.promise(Activity::running,
                       limited ? now + limit_ + heartbeat_slack : Instant::max());
    return executor_.execute(job, stop);
  }
  [[nodiscard]] std::optional<Duration> longest_run() const {
    return internal::longest_run_of(executor_);
  }
  void run_beside_others() { internal::tell_of_others(executor_); }

 private:
  internal::HeldExecutor<E> executor_;
  H heartbeat_;
  Duration limit_;

  static_assert(Executor<E>,
                "WatchedExecutor's parameter must be a sla::Executor: movable, with "
                "sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&)");
};

/// A publisher that promises to be done within a limit. A heartbeat that is shared with others is
/// told when it is.
template <class P, class H = Heartbeat>
class WatchedPublisher {
 public:
  static constexpr bool wants_uncounted = sla::wants_uncounted<P>;

  WatchedPublisher(P publisher, H heartbeat, Duration limit)
      : publisher_(std::move(publisher)), heartbeat_(std::move(heartbeat)), limit_(limit) {}

  Result<void> publish(Report const& report) {
    Instant const now = std::chrono::steady_clock::now();
    heartbeat_.promise(Activity::publishing, now + limit_ + heartbeat_slack);
    auto done = publish_wanted(publisher_, report);
    if constexpr (requires { heartbeat_.rest(); }) heartbeat_.rest();
    return done;
  }

 private:
  internal::HeldPublisher<P> publisher_;
  H heartbeat_;
  Duration limit_;

  static_assert(Publisher<P>,
                "WatchedPublisher's parameter must be a sla::Publisher: movable, with "
                "sla::Result<void> publish(sla::Report const&)");
};

}  // namespace sla::inline v1::app
