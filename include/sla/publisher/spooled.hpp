// SPDX-License-Identifier: MIT
#pragma once
// A publisher that never keeps a run waiting: publish() puts the report in a spool and returns, a
// thread of its own delivers it, again and again for as long as it takes. Its signals stay blocked,
// so the program hears them where it waits for them. finish() delivers what it can in the time that
// is left; what stays behind is in the spool, or on stderr if that is only memory. Where a
// delivery hangs in a call that nothing can end, such as to a disk, finish() gives up on it.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sla/core/apart.hpp"
#include "sla/core/clock.hpp"
#include "sla/core/json.hpp"
#include "sla/core/log.hpp"
#include "sla/core/outlet.hpp"
#include "sla/core/result.hpp"
#include "sla/core/stop_plan.hpp"
#include "sla/publisher.hpp"
#include "sla/publisher/delivery.hpp"
#include "sla/publisher/delivery_options.hpp"
#include "sla/publisher/event.hpp"

namespace sla::inline v1 {

/// Delivers reports in the background: each log by L, then each event by P, whose report has no
/// output any more once the log is delivered, or if it is not wanted. A handle: copies share one
/// spool and one thread, and the last of them ends it, which takes as long as a publisher inside
/// needs to hear of its stop. L, P and their transports belong to the thread; publish() and begin()
/// may be called from any. If there can be no thread, each publish() tries again to start one,
/// at most once a second, and finish() delivers.
template <class L, class P, class S, class C = SteadyClock>
class Spooled {
  using Time = internal::HeldClock<C>;

 public:
  struct Options {
    DeliveryOptions delivery{};
    EventFormat format = EventFormat::documented;  ///< of what is listed at the end
    int listing = STDERR_FILENO;                   ///< where that goes; stays the caller's
  };

  static constexpr bool wants_uncounted = true;  ///< for their logs

  /// `stops` outlives all copies. Where a signal must reach the program by a Stop, that one is made
  /// first.
  Spooled(L store, P publisher, S spool, DeliveryStops const& stops)
      : worker_(std::make_shared<Worker>(std::move(store), std::move(publisher), std::move(spool),
                                         stops, Options{}, C{}, Logger{})) {}
  Spooled(L store, P publisher, S spool, DeliveryStops const& stops, Options options, C clock = C{},
          Logger log = Logger{})
      : worker_(std::make_shared<Worker>(std::move(store), std::move(publisher), std::move(spool),
                                         stops, options, std::move(clock), log)) {}

  /// Notes that a run begins, so that it is known should this process die.
  void begin(Report const& report) { worker_->delivery.begin(report); }

  /// Keeps the report for delivery; returns once it is kept as safely as the spool can.
  Result<void> publish(Report const& report) {
    worker_->delivery.add(report);
    worker_->ensure_thread();
    worker_->refused ? worker_->deliver_here() : worker_->wake();
    return {};
  }

  /// Returns what the last event of that check left for the next process (Report::memory), where
  /// the spool keeps it.
  [[nodiscard]] Recalled recall(Job const& job) {
    return worker_->delivery.with_spool([&](auto& spool) { return spool.recall(job); });
  }

  /// Tries everything again as soon as it makes sense: finish() follows.
  void hurry() { worker_->hurry(); }

  /// Delivers what is pending so that the program can be gone at the end, logs for at most half of
  /// the time; returns early when nothing more can be tried by then. What is left: nothing is
  /// delivered after this.
  SpoolCount finish(Instant end) { return worker_->finish(end); }

  /// Returns true if finish() gave up on a delivery that hangs. The last copy would wait for its
  /// end; a program that ends does not let it go.
  [[nodiscard]] bool hangs() const noexcept { return worker_->hangs; }

 private:
  struct Worker {
    Worker(internal::HeldLogStore<L> store, internal::HeldPublisher<P> publisher,
           internal::HeldSpool<S> spool, DeliveryStops const& the_stops, Options the_options,
           Time the_clock, Logger the_log)
        : delivery(std::move(store), std::move(publisher), std::move(spool), the_stops,
                   the_options.delivery, the_clock, the_log),
          stops(the_stops),
          options(the_options),
          clock(std::move(the_clock)),
          log(the_log) {
      ensure_thread();
    }
    Worker(Worker const&) = delete;
    Worker& operator=(Worker const&) = delete;
    // What cannot even be ended ends the program.
    ~Worker() {  // NOLINT(bugprone-exception-escape)
      finish(clock.now());
      if (thread) thread->join();
    }

    /// A shortage of threads passes: it is tried again.
    void ensure_thread() {
      std::lock_guard const lock(starting);
      Instant const now = std::chrono::steady_clock::now();
      if (thread || now < start_at) return;
      start_at = now + std::chrono::seconds{1};
      auto started = internal::Apart::start([this] { work(); });
      refused = !started && started.error().system_number() == EPERM;
      if (!started && !std::exchange(said_none, true)) {
        log.warning((refused ? "results are delivered between runs: "
                             : "results are not delivered for now: ") +
                    started.error().message);
      }
      if (!started) return;
      if (std::exchange(said_none, false)) log.info("results are delivered again");
      thread = *std::move(started);
    }

    void wake() {
      {
        std::lock_guard const lock(mutex);
        news = true;
      }
      changed.notify_all();
    }

    void work() {
      std::unique_lock lock(mutex);
      while (!quit) {
        if (std::exchange(hurried, false)) delivery.hurry();
        news = false;
        lock.unlock();
        Instant const due = delivery.step();
        lock.lock();
        Duration const wait = due - clock.now();
        if (due != Instant::max() && wait <= Duration::zero()) continue;
        rests_until = due;
        changed.notify_all();
        auto const roused = [this] { return quit || news || hurried; };
        if (due == Instant::max()) {
          changed.wait(lock, roused);
        } else {
          changed.wait_for(lock, wait, roused);
        }
        rests_until = Instant::min();
      }
    }

    void hurry() {
      std::lock_guard const lock(mutex);
      hurried = true;
      rests_until = Instant::min();
      changed.notify_all();
    }

    SpoolCount finish(Instant end) {
      if (std::exchange(finished, true)) return undelivered();
      ensure_thread();
      Instant const now = clock.now();
      Duration const time = std::max(end - now, Duration::zero());
      StopPlan const plan = stop_plan({.budget = time, .delivery = time});
      thread ? stop_by(now, plan) : deliver_by(now, plan);
      stops.credentials.request();
      SpoolCount const left = undelivered();
      list(left, std::max(clock.now(), end) + last_moment);
      return left;
    }

    /// Returns what is left; what waits for a bundle is an event that waits.
    SpoolCount undelivered() {
      SpoolCount left = delivery.count();
      left.events += std::exchange(left.gathered, 0);
      return left;
    }

    /// Lets the thread deliver, and ends it.
    void stop_by(Instant begin, StopPlan const& plan) {
      hurry();
      Instant const events_until = begin + plan.events;
      std::unique_lock lock(mutex);
      auto const idle = [&] { return !hurried && rests_until > events_until; };
      auto const rested_by = [&](Instant until) {
        return changed.wait_for(lock, std::max(until - clock.now(), Duration::zero()), idle);
      };
      if (!rested_by(begin + plan.logs)) stops.logs.request();
      if (!rested_by(events_until)) {
        stops.events.request();
        stops.credentials.request();
      }
      quit = true;
      changed.notify_all();
      lock.unlock();
      Duration const left = std::max(begin + plan.end - clock.now(), Duration::zero());
      hangs = !thread->join_until(std::chrono::steady_clock::now() + left + last_moment);
    }
    /// Delivers for a moment on the caller's thread, if no other can ever be started.
    void deliver_here() {
      Instant const end = clock.now() + std::chrono::seconds{1};
      for (Instant due = Instant::min(); due <= clock.now() && clock.now() < end;) {
        due = delivery.step();
      }
    }
    /// Delivers on the caller's thread, if there is no other.
    void deliver_by(Instant begin, StopPlan const& plan) {
      Instant const deadline = begin + plan.events;
      stops.logs.request_at(begin + plan.logs);
      stops.events.request_at(deadline);
      stops.credentials.request_at(deadline);
      delivery.hurry();
      for (Instant due = Instant::min(); due <= clock.now() && clock.now() < deadline;) {
        due = delivery.step();
      }
    }

    /// Says what stays behind. What is lost with this process is written down, one line of JSON for
    /// each result, as far as somebody reads it by then. A reason that many have is said once.
    void list(SpoolCount const& left, Instant until) {
      auto const lost = delivery.in_memory();
      if (lost.empty() && left.events + left.logs != 0) {
        log.warning("what is not delivered stays in the spool",
                    {{"events", left.events}, {"logs", left.logs}});
      }
      std::string said;
      for (std::size_t at = 0; at < lost.size(); ++at) {
        if (clock.now() >= until) return;
        Entry const& entry = lost[at];
        Report const& report = entry.report;
        std::string const reason = why(entry);
        if (entry.waiting() && reason != said) {
          complain(reason, report, alike(lost, at));
          said = reason;
        }
        if (entry.event == Part::done || !report.counts()) continue;
        JsonWriter json;
        json.begin_object().key("undelivered").literal(event_json(report, options.format));
        json.key("reason").string(reason).end_object();
        if (!internal::write_within(options.listing, json.text() + '\n', last_moment)) return;
      }
    }

    std::string why(Entry const& entry) const {
      return hangs ? "it hangs" : delivery.reason(entry);
    }
    /// Counts those that follow one and wait for the same reason.
    std::size_t alike(std::vector<Entry> const& lost, std::size_t at) const {
      std::string const reason = why(lost[at]);
      std::size_t count = 0;
      for (++at; at < lost.size(); ++at) {
        if (lost[at].waiting() && why(lost[at]) != reason) break;
        count += lost[at].waiting() ? 1 : 0;
      }
      return count;
    }
    void complain(std::string const& reason, Report const& report, std::size_t more) const {
      std::string const message = "not delivered: " + reason;
      if (more == 0) return log.error(message, {{"run", report.job.run_id}});
      log.error(message, {{"run", report.job.run_id}, {"more", std::uint64_t{more}}});
    }

    internal::Delivery<L, P, S, C> delivery;
    DeliveryStops const& stops;
    Options options;
    Time clock;
    Logger log;
    std::mutex mutex{};
    std::condition_variable changed{};
    bool news = false;     ///< something was added
    bool hurried = false;  ///< finish() was called
    bool quit = false;
    Instant rests_until = Instant::min();  ///< by when nothing happens; past while it delivers
    bool finished = false;
    bool hangs = false;
    std::mutex starting{};   ///< guards what follows
    Instant start_at{};      ///< when a thread may be started again
    bool said_none = false;  ///< a line said that there is no thread
    bool refused = false;    ///< not for a shortage, which passes
    std::optional<internal::Apart> thread{};
  };

  std::shared_ptr<Worker> worker_;
  [[no_unique_address]] internal::DeliveryPolicies<L, P, S, C> checked_{};
};

}  // namespace sla::inline v1
