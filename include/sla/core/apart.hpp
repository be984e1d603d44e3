// SPDX-License-Identifier: MIT
#pragma once
// A thread that the end of the program does not wait for, for calls that may wait for ever. A call
// to a disk that hangs cannot be interrupted, not even by SIGKILL, and a process is not gone before
// its last thread is. So the work is done in what is a process of its own to the kernel, while it
// shares all memory and all descriptors; it is killed as soon as the program has ended, or as soon
// as its call returns. Where that cannot be made it is a thread like any other. (PID 1 of a
// container is kept by the kernel until every process in there is gone; nothing helps there.)
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <set>
#include <utility>

#include "sla/core/descriptor.hpp"
#include "sla/core/result.hpp"
#include "sla/core/thread.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1 {

/// Work that may be abandoned. Whoever lets it go does not wait for its end.
class Apart {
 public:
  /// Starts `body()`, which must not throw, starts no process, and owns or outlives whatever it
  /// touches. Errc::system where there can be no more threads.
  template <class Body>
  [[nodiscard]] static Result<Apart> start(Body body) {
    auto state = std::make_shared<State>();
    auto thread = Thread::start([state, body = std::move(body)]() mutable { host(*state, body); });
    if (!thread) return thread.error();
    thread->detach();
    std::unique_lock lock(state->mutex);
    state->changed.wait(lock, [&] { return state->begun; });
    return Apart(std::move(state));
  }

  /// Waits for its end until then at most; whether it has ended.
  bool join_until(Instant until) const {
    std::unique_lock lock(state_->mutex);
    Duration const left = until - std::chrono::steady_clock::now();
    return state_->changed.wait_for(lock, std::max(left, Duration::zero()),
                                    [this] { return state_->ended; });
  }

  /// Whether any goes on in this process.
  [[nodiscard]] static bool any() noexcept { return registry().running != 0; }
  /// Whether a child of this process is one of them, and so nobody's to end or to reap.
  [[nodiscard]] static bool has(pid_t pid) {
    std::lock_guard const lock(registry().mutex);
    return registry().pids.count(pid) != 0;
  }

 private:
  struct State {
    std::mutex mutex{};
    std::condition_variable changed{};
    bool begun = false;
    bool ended = false;

    void set(bool State::*what) {
      std::lock_guard const lock(mutex);
      this->*what = true;
      changed.notify_all();
    }
  };
  template <class Body>
  struct Work {
    State& state;
    Body& body;
    pid_t program;
  };

  static constexpr std::size_t stack_size = 1U << 20U;

  explicit Apart(std::shared_ptr<State> state) : state_(std::move(state)) {}

  struct Registry {
    std::atomic<int> running{0};
    std::mutex mutex{};
    std::set<pid_t> pids{};
  };
  /// It is never destroyed: what was abandoned may outlive everything else.
  static Registry& registry() {
    static Registry& one = *new Registry;
    return one;
  }

  /// The thread lends its identity (errno and the like) and only waits meanwhile.
  template <class Body>
  static void host(State& state, Body& body) {
    ++registry().running;
    std::unique_ptr<char[]> const stack(new (std::nothrow) char[stack_size]);
    Work<Body> work{state, body, ::getpid()};
    int const shared = CLONE_VM | CLONE_FS | CLONE_FILES;
    // Where PID 1 cannot see its children it ends them all after a run.
    bool const can = stack && ::access("/proc/self/stat", R_OK) == 0;
    pid_t const pid =
        can ? ::clone(&run<Body>, stack.get() + stack_size, shared, static_cast<void*>(&work)) : -1;
    if (pid < 0) {
      state.set(&State::begun);
      body();
    } else {
      (void)uninterrupted([&] { return ::waitpid(pid, nullptr, __WALL); });
      std::lock_guard const lock(registry().mutex);
      registry().pids.erase(pid);
    }
    --registry().running;
    state.set(&State::begun);  // should it have been killed before
    state.set(&State::ended);
  }

  template <class Body>
  static int run(void* argument) {
    auto& work = *static_cast<Work<Body>*>(argument);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != work.program) return 0;
    ::prctl(PR_SET_NAME, "sla-apart");
    {
      std::lock_guard const lock(registry().mutex);
      registry().pids.insert(::getpid());
    }
    work.state.set(&State::begun);
    work.body();
    return 0;
  }

  std::shared_ptr<State> state_;
};

}  // namespace sla::inline v1
