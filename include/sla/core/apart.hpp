// SPDX-License-Identifier: MIT
#pragma once
// Calls that may wait for ever, and that the end of the program does not wait for. A call to a disk
// that hangs cannot be interrupted, not even by SIGKILL, and a process is not gone before its last
// thread is. So a helper makes the call (core/helper.hpp), which is a process of its own to the
// kernel. (PID 1 of a container is kept by the kernel until every process in there is gone; nothing
// helps there.)
#include <unistd.h>

#include <chrono>
#include <utility>

#include "sla/core/atomic.hpp"
#include "sla/core/futex.hpp"
#include "sla/core/helper.hpp"
#include "sla/core/mutex.hpp"
#include "sla/core/result.hpp"
#include "sla/core/shared.hpp"
#include "sla/core/thread.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::internal {

/// Makes calls by helpers. Thread-safe.
class CallsApart {
 public:
  /// Returns true if the caller is itself such a call.
  [[nodiscard]] static bool here() noexcept { return Helper::here(); }
  /// The number of this program, in a call apart too.
  [[nodiscard]] static pid_t program() { return here() ? ::getppid() : ::getpid(); }

  /// Calls `body()`, which must not throw, and starts neither a process nor a thread; waits for its
  /// end. Whatever it touches lives until then, or until the end of the program. Where there can be
  /// no helper the caller calls it.
  template <class Body>
  static void make(Body& body) {
    if (here()) return body();
    Pool& pool = of_this_process();
    auto helper = pool.give({&run<Body>, {}, &body});
    if (!helper) return body();
    (void)helper->await(Instant::max());
    pool.take_back(std::move(helper));
  }

  /// The same, but waits no longer than the limit: then the call goes on without the caller and
  /// keeps what it needs, which is only `*body`. Returns true if it has ended. Where there can be
  /// no helper it is not made.
  template <class Body>
  static bool make_within(Shared<Body> body, Duration limit) {
    if (here()) return (*body)(), true;
    Pool& pool = of_this_process();
    auto helper = pool.give({&run<Body>, body, body.get()});
    if (!helper || !helper->await(std::chrono::steady_clock::now() + limit)) return false;
    pool.take_back(std::move(helper));
    return true;
  }

  /// Says whether one call follows another at once. If so the process of a helper stays a moment
  /// for the next one, since another costs more than most calls do; if not it ends with its call,
  /// so that nobody sees a child of this program that is none of its commands.
  static void expect_many(bool many) { of_this_process().all.stay = many; }

  /// Ends the helpers that have nothing to do, until then at most. Returns true if none is left.
  static bool finish(Instant until) {
    Pool& pool = of_this_process();
    for (auto helper = pool.take_all(); helper; helper = std::move(helper->next_idle)) {
      helper->retire(until);
    }
    return pool.all.alive == 0;
  }

 private:
  /// How many helpers there may be: those in a call that hangs are among them.
  static constexpr int most_helpers = 64;

  /// The helpers, of which those that have nothing to do can be taken.
  struct Pool {
    /// Has one begin the call; nothing if there can be none.
    Shared<Helper> give(ErasedCall const& call) {
      Lock lock(mutex);
      while (idle) {
        auto helper = std::move(idle);
        idle = std::move(helper->next_idle);
        if (helper->take(call)) return helper;
      }
      lock.unlock();
      return all.alive < most_helpers ? Helper::start(call, all) : nullptr;
    }
    void take_back(Shared<Helper> helper) {
      Lock const lock(mutex);
      helper->next_idle = std::move(idle);
      idle = std::move(helper);
    }
    Shared<Helper> take_all() {
      Lock const lock(mutex);
      return std::move(idle);
    }

    pid_t process = ::getpid();
    Helpers all{};
    Mutex mutex{};
    Shared<Helper> idle{};  ///< the one that was used last, and through it all others
  };

  /// It is never destroyed: what was abandoned may outlive everything else. A child that fork()
  /// made has one of its own.
  static Pool& of_this_process() {
    static Atomic<Pool*> pool = nullptr;
    Pool* known = pool.load();
    while (known == nullptr || known->process != ::getpid()) {
      auto* const made = new Pool;
      pool.compare_exchange_strong(known, made) ? (void)(known = made) : delete made;
    }
    return *known;
  }

  template <class Body>
  static void run(void* body) {
    (*static_cast<Body*>(body))();
  }
};

/// A thread that may be abandoned: its holder may go before it has ended.
class Apart {
 public:
  /// Starts `body()`, which must not throw; what it touches lives until it has ended, or the
  /// program has. Errc::system if there can be no more threads.
  template <class Body>
  [[nodiscard]] static Result<Apart> start(Body body) {
    auto ended = Shared<FutexWord>::make(0U);
    auto thread = Thread::start([ended, body = std::move(body)]() mutable {
      body();
      *ended = 1;
      wake_all(*ended);
    });
    if (!thread) return thread.error();
    return Apart(std::move(ended), *std::move(thread));
  }

  /// No thread.
  Apart() = default;
  Apart(Apart&&) noexcept = default;
  Apart& operator=(Apart&& other) noexcept {
    Apart const before(std::move(*this));
    ended_ = std::move(other.ended_);
    thread_ = std::move(other.thread_);
    return *this;
  }
  ~Apart() {
    if (ended_ && !join_until({})) thread_.detach();
  }

  /// Returns true if it holds a thread, under way or ended.
  explicit operator bool() const noexcept { return bool{ended_}; }

  /// Waits for its end, however long that takes.
  void join() { thread_.join(); }

  /// Waits for its end until then at most; returns true if it has ended. What the thread itself
  /// ends with, such as the libraries' memory of it, is over then too.
  [[nodiscard]] bool join_until(Instant until) {
    if (!wait_while(*ended_, 0, until)) return false;
    thread_.join();
    return true;
  }

 private:
  Apart(Shared<FutexWord> ended, Thread thread)
      : ended_(std::move(ended)), thread_(std::move(thread)) {}

  Shared<FutexWord> ended_{};  ///< 1 once it has
  Thread thread_{};
};

}  // namespace sla::inline v1::internal
