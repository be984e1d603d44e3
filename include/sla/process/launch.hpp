// SPDX-License-Identifier: MIT
#pragma once
// Starts programs on a thread of its own, because a start may wait for as long as a file system
// likes: for a network mount that hangs, or a scanner that looks at the program first. The caller
// waits for as long as it wants to, and may give the start up. If there can be no thread the
// caller's own starts the program.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

#include "sla/core/descriptor.hpp"
#include "sla/core/thread.hpp"
#include "sla/core/time.hpp"
#include "sla/process/children.hpp"
#include "sla/process/spawn.hpp"

namespace sla::inline v1::internal {

/// One start, under way or done. The child belongs to whoever holds it, until it is released or
/// given up.
class Launch {
 public:
  explicit Launch(StartPlan plan)
      : start_(std::move(plan)), slot_(OwnedChildren::of_this_process().reserve()) {}

  /// Waits until it is known what came of it, but no longer than until then; true if it is known.
  bool wait_until(Instant until) {
    std::unique_lock lock(mutex_);
    return done_.wait_until(lock, until, [this] { return known_; });
  }
  /// Returns what came of it, once that is known.
  [[nodiscard]] Started const& started() const noexcept { return started_; }
  /// Returns the pid as soon as there is a process, also one that hangs before its program; else 0.
  [[nodiscard]] pid_t pid() const noexcept { return OwnedChildren::pid(slot_); }

  /// The caller has reaped the child, leaves that to reap_children(), or there is none.
  void release() { OwnedChildren::of_this_process().release(slot_); }
  /// The caller waits no more: what may still come of it is killed and reaped. Returns false if it
  /// is known what came of it.
  bool give_up() {
    std::lock_guard const lock(mutex_);
    given_up_ = true;
    return !known_;
  }

  /// Does the work; called once.
  void run() {
    Started const started = wanted() ? start_.run(*slot_) : Started{.failed = ECANCELED};
    bool const given_up = tell(started);
    done_.notify_all();
    if (!given_up) return;
    if (started.pid > 0) {
      ::kill(started.pid, SIGKILL);
      (void)uninterrupted([&] { return ::waitpid(started.pid, nullptr, 0); });
    }
    release();
  }

 private:
  bool wanted() {
    std::lock_guard const lock(mutex_);
    return !given_up_;
  }
  /// Returns true if nobody waits for it any more.
  bool tell(Started const& started) {
    std::lock_guard const lock(mutex_);
    started_ = started;
    known_ = true;
    return given_up_;
  }

  ProgramStart start_;
  OwnedChildren::Slot slot_;
  std::mutex mutex_{};
  std::condition_variable done_{};
  Started started_{};
  bool known_ = false;
  bool given_up_ = false;
};

/// The threads that start programs: one, and another for each start that hangs. Thread-safe.
class Launcher {
 public:
  /// How many starts may hang at once; those behind them wait.
  static constexpr std::size_t most_threads = 8;

  /// That of this process. It is never destroyed: its threads wait for work until the process ends.
  /// A child that fork() made has one of its own.
  [[nodiscard]] static Launcher& of_this_process() {
    static std::atomic<Launcher*> launcher = nullptr;
    Launcher* known = launcher.load();
    while (known == nullptr || known->process_ != ::getpid()) {
      auto made = std::make_unique<Launcher>();
      if (launcher.compare_exchange_strong(known, made.get())) known = made.release();
    }
    return *known;
  }

  /// Begins a start, or runs it to its end if there can be no thread.
  [[nodiscard]] std::shared_ptr<Launch> launch(StartPlan plan) {
    auto one = std::make_shared<Launch>(std::move(plan));
    std::unique_lock lock(mutex_);
    if (threads_ == 0 && !add_thread()) {
      lock.unlock();
      one->run();
      return one;
    }
    waiting_.push_back(one);
    lock.unlock();
    work_.notify_one();
    return one;
  }
  /// Adds a thread if starts wait because others hang.
  void help() {
    std::lock_guard const lock(mutex_);
    if (!waiting_.empty() && threads_ < most_threads) (void)add_thread();
  }

 private:
  bool add_thread() {
    auto thread = Thread::start([this] { work(); });
    if (!thread) return false;
    thread->detach();
    ++threads_;
    return true;
  }
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      work_.wait(lock, [this] { return !waiting_.empty(); });
      std::shared_ptr<Launch> const one = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      one->run();
      lock.lock();
    }
  }

  pid_t process_ = ::getpid();
  std::mutex mutex_{};
  std::condition_variable work_{};
  std::deque<std::shared_ptr<Launch>> waiting_{};
  std::size_t threads_ = 0;
};

}  // namespace sla::inline v1::internal
