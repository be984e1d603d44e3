// SPDX-License-Identifier: MIT
#pragma once
// Starts a program whose start may hang: a network mount does not answer, or a scanner looks at the
// program first. The caller waits for as long as it wants to, and may give the start up; what it
// needs is kept until its process has ended.
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <cstddef>
#include <utility>

#include "sla/core/clock.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/mutex.hpp"
#include "sla/core/shared.hpp"
#include "sla/core/time.hpp"
#include "sla/process/children.hpp"
#include "sla/process/spawn.hpp"

namespace sla::inline v1::internal {

/// A start with the place of its child.
struct OwnedStart {
  Shared<ProgramStart> start;
  OwnedChildren::Slot slot;
};

/// The starts that were given up and hang. Thread-safe.
class GivenUpStarts {
 public:
  /// How many may hang; those behind them wait.
  static constexpr std::size_t most = 8;

  /// Those of this process.
  [[nodiscard]] static GivenUpStarts& of_this_process() {
    static GivenUpStarts starts;
    return starts;
  }

  /// Kills the child, which is reaped as soon as that shows.
  void add(OwnedStart one) {
    ::kill(OwnedChildren::pid(one.slot), SIGKILL);
    Lock const lock(mutex_);
    first_ = Shared<GivenUp>::make(std::move(one), std::move(first_));
    ++count_;
  }
  /// Reaps those that have ended. Returns true if no more can be added.
  bool sweep() {
    Lock const lock(mutex_);
    for (Shared<GivenUp>* at = &first_; *at;) {
      OwnedStart const& one = (*at)->one;
      pid_t const pid = OwnedChildren::pid(one.slot);
      if (uninterrupted([&] { return ::waitpid(pid, nullptr, WNOHANG); }) == 0) {
        at = &(*at)->next;
        continue;
      }
      OwnedChildren::of_this_process().release(one.slot);
      *at = Shared<GivenUp>((*at)->next);
      --count_;
    }
    return count_ >= most;
  }

 private:
  struct GivenUp {
    GivenUp(OwnedStart the_one, Shared<GivenUp> the_next)
        : one(std::move(the_one)), next(std::move(the_next)) {}
    OwnedStart one;
    Shared<GivenUp> next;
  };

  GivenUpStarts() = default;

  Mutex mutex_{};
  Shared<GivenUp> first_{};
  std::size_t count_ = 0;
};

/// One start, under way or done. The child belongs to whoever holds it, until it is released or
/// given up. For one thread at a time.
class Launch {
 public:
  explicit Launch(StartPlan plan)
      : one_{Shared<ProgramStart>::make(std::move(plan)),
             OwnedChildren::of_this_process().reserve()} {
    begin();
  }

  /// Waits until it is known what came of it, but no longer than until then; true if it is known.
  bool wait_until(Instant until) {
    while (!begun_ && std::chrono::steady_clock::now() < until) {
      SteadyClock{}.sleep_until(SteadyClock{}.now() + std::chrono::milliseconds{10});
      begin();
    }
    if (known_ || !begun_ || !one_.start->await(until)) return known_;
    started_ = one_.start->finish();
    one_.start = nullptr;
    return known_ = true;
  }
  /// Returns what came of it, once that is known.
  [[nodiscard]] Started const& started() const noexcept { return started_; }
  /// Returns the pid as soon as there is a process, also one that hangs before its program; else 0.
  [[nodiscard]] pid_t pid() const noexcept { return OwnedChildren::pid(one_.slot); }

  /// The caller has reaped the child, leaves that to reap_children(), or there is none.
  void release() { OwnedChildren::of_this_process().release(one_.slot); }
  /// The caller waits no more: what may still come of it is killed, and reaped by a later start.
  /// Returns false if it is known what came of it.
  bool give_up() {
    if (wait_until(Instant{})) return false;
    begun_ ? GivenUpStarts::of_this_process().add(std::move(one_)) : release();
    return true;
  }

 private:
  void begin() {
    if (GivenUpStarts::of_this_process().sweep()) return;
    one_.start->begin(*one_.slot);
    begun_ = true;
  }

  OwnedStart one_;
  Started started_{};
  bool begun_ = false;
  bool known_ = false;
};

}  // namespace sla::inline v1::internal
