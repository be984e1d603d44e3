// SPDX-License-Identifier: MIT
#pragma once
// Many runners in one process: a bounded set of threads takes whatever run is due from one queue,
// earliest first, so that a thousand checks cost little more than their runs. Each check has its
// own scheduler and executor; the publisher is usually a copy of one that is shared, such as a
// Spooled. Each executor is told that it runs beside others: those of sla then end their run's
// process group alone and reap no child of another, unless their options say Leftovers::end.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/core/clock.hpp"
#include "sla/core/log.hpp"
#include "sla/core/run_id.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/thread.hpp"
#include "sla/process/leftovers.hpp"
#include "sla/runner.hpp"

namespace sla::inline v1 {

/// How a fleet goes about it.
struct FleetOptions {
  /// How many runs there are at once at most, each on a thread; what is due then waits. Where there
  /// can be fewer threads there are fewer runs, but never none.
  std::size_t workers = 16;
  Duration spread{};  ///< the first runs are spread over this time; usually the period
};

/// Runs many jobs, each by its own scheduler. add() everything, then run().
template <class S, class E, class P>
class Fleet {
 public:
  explicit Fleet(FleetOptions options = {}, Logger log = {}) : options_(options), log_(log) {}

  /// One more check. The policies belong to it and are used by one thread at a time; what a
  /// publisher shares with its copies must bear several.
  void add(Job job, S scheduler, E executor, P publisher) {
    internal::tell_of_others(executor);
    checks_.push_back({OneRunner(std::move(scheduler), std::move(executor), std::move(publisher),
                                 SteadyClock{}, log_),
                       std::move(job)});
  }

  /// Called once: runs until no scheduler has a next instant or a stop is requested, which reaches
  /// every run. SIGUSR1 makes every check due. As PID 1 it also reaps whatever child has ended, so
  /// there an executor of one's own starts its children through OwnedChildren; std::system() and
  /// popen() would lose how they ended.
  Tally run(Stop const& stop) {
    schedule();
    std::vector<Stop> stops;
    std::size_t const wanted = std::clamp<std::size_t>(options_.workers, 1, checks_.size() + 1);
    while (stops.size() < wanted) stops.push_back(stop.for_another_thread());
    Stop const over;
    std::vector<internal::Thread> workers;
    start(workers, stops, over);
    while (workers.empty() && goes_on(stop)) {  // shortages pass
      work_alone(stop);
      start(workers, stops, over);
    }
    if (!workers.empty()) relay(stop, stops, over, workers);
    workers.clear();  // waits for their ends
    return total();
  }

 private:
  using OneRunner =
      Runner<internal::HeldScheduler<S>, internal::HeldExecutor<E>, internal::HeldPublisher<P>>;
  struct Check {
    OneRunner runner;
    Job job;
  };
  struct Due {
    Instant at;
    std::size_t check;
  };
  struct Later {
    bool operator()(Due const& left, Due const& right) const noexcept { return left.at > right.at; }
  };
  using Queue = std::priority_queue<Due, std::vector<Due>, Later>;

  void schedule() {
    Instant const begin = SteadyClock{}.now();
    std::string const boot = new_run_id(SteadyClock{}.wall());
    std::set<std::string_view>
        services;  // where two checks have one name, the second is another boot
    for (std::size_t i = 0; i < checks_.size(); ++i) {
      auto const share = static_cast<double>(i) / static_cast<double>(checks_.size());
      auto const at = begin + std::chrono::duration_cast<Duration>(options_.spread * share);
      if (services.insert(checks_[i].job.service).second) checks_[i].runner.boot_as(boot);
      if (auto const due = checks_[i].runner.first(at)) queue_.push({*due, i});
    }
    live_ = queue_.size();
  }

  /// One thread for each of the stops, or as many as there can be; the next call starts the rest.
  void start(std::vector<internal::Thread>& workers, std::vector<Stop> const& stops,
             Stop const& over) {
    std::lock_guard const lock(mutex_);  // none begins before all are counted
    while (workers.size() < stops.size() && !closing_ && live_ != 0) {
      Stop const& stop = stops[workers.size()];
      auto worker = internal::Thread::start([this, &stop, &over] { work(stop, over); });
      if (!worker) return note_shortage(workers.size(), worker.error());
      workers.push_back(*std::move(worker));
      ++working_;
    }
    if (std::exchange(short_of_threads_, false)) log_.info("there are as many runs at once again");
  }
  void note_shortage(std::size_t threads, Error const& error) {
    start_at_ = SteadyClock{}.now() + start_again;
    if (std::exchange(short_of_threads_, true)) return;
    log_.warning("fewer runs at once than asked for: " + error.message, {{"threads", threads}});
  }

  /// Passes on what the stop says, until all is over, and starts what threads could not be had.
  void relay(Stop const& stop, std::vector<Stop> const& stops, Stop const& over,
             std::vector<internal::Thread>& workers) {
    for (StopLevel passed = StopLevel::none; over.level() == StopLevel::none;) {
      StopLevel const level = stop.level();
      for (; passed < level; passed = static_cast<StopLevel>(static_cast<int>(passed) + 1)) {
        close();
        for (Stop const& each : stops) each.request_as(stop);
      }
      tend(stop);
      if (short_of_threads_ && SteadyClock{}.now() >= start_at_) start(workers, stops, over);
      auto const news = stop.watch(), end = over.watch();
      std::array<pollfd, 3> watched{news[0], news[1], end[0]};
      timespec const pause = to_timespec(start_again);
      (void)::ppoll(watched.data(), watched.size(), short_of_threads_ ? &pause : nullptr, nullptr);
    }
  }

  /// What else a signal asks for. A child is reaped by whoever started it; only orphans, which come
  /// to PID 1, have nobody else.
  void tend(Stop const& stop) {
    if (stop.take_run_now()) make_all_due();
    if (stop.take_child_ended() && ::getpid() == 1) internal::reap_children();
  }

  void close() {
    std::lock_guard const lock(mutex_);
    closing_ = true;
    wake_all();
  }
  void make_all_due() {
    std::lock_guard const lock(mutex_);
    Queue all;
    for (; !queue_.empty(); queue_.pop()) all.push({SteadyClock{}.now(), queue_.top().check});
    queue_.swap(all);
    wake_all();
  }
  void wake_all() {
    leader_.notify_all();
    followers_.notify_all();
  }

  /// One thread, which says when it is the last. The leader waits for the instant of the next run,
  /// the others until they lead.
  void work(Stop const& stop, Stop const& over) {
    std::unique_lock lock(mutex_);
    while (!closing_ && live_ != 0) {
      if (led_ || queue_.empty()) {
        followers_.wait(lock);
        continue;
      }
      Due const due = queue_.top();
      if (due.at > SteadyClock{}.now()) {
        led_ = true;
        leader_.wait_until(lock, due.at);
        led_ = false;
        continue;
      }
      queue_.pop();
      followers_.notify_one();
      lock.unlock();
      auto const next = run_one(checks_[due.check], stop);
      lock.lock();
      put_back(next, due.check);
    }
    if (--working_ == 0) over.request();
  }
  [[nodiscard]] bool goes_on(Stop const& stop) const {
    return live_ != 0 && stop.level() == StopLevel::none;
  }
  /// The caller's own thread, if there is no other: one run after another, for a while.
  void work_alone(Stop const& stop) {
    while (goes_on(stop) && SteadyClock{}.now() < start_at_) {
      tend(stop);
      Due const due = queue_.top();
      if (due.at > SteadyClock{}.now()) {
        await_news(std::min(due.at, start_at_), stop);
        continue;
      }
      queue_.pop();
      put_back(run_one(checks_[due.check], stop), due.check);
    }
  }
  /// One run of a check. When its next one begins.
  static std::optional<Instant> run_one(Check& check, Stop const& stop) {
    return check.runner.run_once(check.job, stop);
  }
  void put_back(std::optional<Instant> next, std::size_t check) {
    if (!next) {
      if (--live_ == 0) wake_all();
      return;
    }
    queue_.push({*next, check});
    if (led_ && queue_.top().check == check) leader_.notify_one();
  }

  [[nodiscard]] Tally total() const {
    Tally sum;
    for (Check const& check : checks_) {
      Tally const& one = check.runner.tally();
      sum.passed += one.passed;
      sum.failed += one.failed;
      sum.unknown += one.unknown;
      sum.interrupted += one.interrupted;
      sum.missed += one.missed;
      sum.undelivered += one.undelivered;
    }
    return sum;
  }

  static constexpr Duration start_again = std::chrono::seconds{1};

  FleetOptions options_;
  Logger log_;
  std::deque<Check> checks_{};
  std::mutex mutex_{};
  std::condition_variable leader_{};     ///< the next run is earlier than it was
  std::condition_variable followers_{};  ///< nobody leads
  Queue queue_{};
  bool led_ = false;
  bool closing_ = false;           ///< no new run
  std::size_t live_ = 0;           ///< checks that have a next run, or run
  std::size_t working_ = 0;        ///< threads
  bool short_of_threads_ = false;  ///< of the thread that calls run(), as the next
  Instant start_at_{};             ///< when more may be started

  static_assert(Scheduler<S>,
                "Fleet's first parameter must be a sla::Scheduler: movable, with "
                "std::optional<sla::Instant> next(sla::Instant now)");
  static_assert(Executor<E>,
                "Fleet's second parameter must be a sla::Executor: movable, with "
                "sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&)");
  static_assert(Publisher<P>,
                "Fleet's third parameter must be a sla::Publisher: movable, with sla::Result<void> "
                "publish(sla::Report const&)");
};

}  // namespace sla::inline v1
