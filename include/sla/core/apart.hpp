// SPDX-License-Identifier: MIT
#pragma once
// Calls that may wait for ever, and that the end of the program does not wait for. A call to a disk
// that hangs cannot be interrupted, not even by SIGKILL, and a process is not gone before its last
// thread is. So the call is made in what is a process of its own to the kernel for as long as the
// call takes, while it shares all memory and all descriptors; it is killed as soon as the program
// has ended, or as soon as its call returns. Where that cannot be made the thread calls itself.
// (PID 1 of a container is kept by the kernel until every process in there is gone; nothing helps
// there.)
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

#include "sla/core/clone.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/result.hpp"
#include "sla/core/thread.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1 {

/// The calls that are under way. Thread-safe.
class CallsApart {
 public:
  /// Whether there is any in this process.
  [[nodiscard]] static bool any() noexcept { return count(0) != 0; }
  /// Returns true if a process is one of them. It is no child to those who wait for any, since it
  /// has no signal for its end.
  [[nodiscard]] static bool has(pid_t pid) {
    std::lock_guard const lock(table().mutex);
    return pid != 0 && find(pid) != nullptr;
  }

  /// The number of this program, in a call apart too.
  [[nodiscard]] static pid_t program() { return has(::getpid()) ? ::getppid() : ::getpid(); }

  /// Calls `body()`, which must not throw, and starts neither a process nor a thread; waits for its
  /// end. Whatever it touches lives until then, or until the end of the program.
  template <class Body>
  static void make(Body& body) {
    alignas(64) std::array<char, stack_size> stack;
    Work<Body> work{body, ::getpid()};
    count(1);
    pid_t const pid = start(&run<Body>, stack.data() + stack.size(), &work);
    if (pid < 0) {
      body();
    } else {
      (void)uninterrupted([&] { return ::waitpid(pid, nullptr, __WALL); });
      std::lock_guard const lock(table().mutex);
      *find(pid) = 0;
    }
    count(-1);
  }

  /// The same, but waits no longer than the limit: then the call goes on without the caller and
  /// keeps what it needs, which is only `*body`. Returns true if it has ended.
  template <class Body>
  static bool make_within(std::shared_ptr<Body> body, Duration limit) {
    auto held = std::make_unique<Held<Body>>(std::move(body));
    count(1);
    pid_t const pid =
        start(&run<Body>, held->stack.data() + held->stack.size(), static_cast<void*>(&held->work));
    if (pid < 0) (*held->body)();
    bool const ended = pid < 0 || has_ended_by(pid, std::chrono::steady_clock::now() + limit);
    if (!ended) return (void)held.release(), false;
    std::lock_guard const lock(table().mutex);
    if (pid > 0) *find(pid) = 0;
    count(-1);
    return true;
  }

 private:
  static constexpr std::size_t stack_size = std::size_t{256} * 1024;

  static bool has_ended_by(pid_t pid, Instant end) {
    Descriptor const handle{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
    for (;;) {
      if (uninterrupted([&] { return ::waitpid(pid, nullptr, __WALL | WNOHANG); }) != 0)
        return true;
      auto const left =
          std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
      if (left.count() <= 0) return false;
      pollfd over{handle.get(), POLLIN, 0};
      (void)::poll(&over, 1, handle ? static_cast<int>(left.count()) : 1);
    }
  }

  template <class Body>
  struct Work {
    Body& body;
    pid_t program;
  };
  /// What a call needs that its caller may leave.
  template <class Body>
  struct Held {
    explicit Held(std::shared_ptr<Body> the_body) : body(std::move(the_body)) {}

    alignas(64) std::array<char, std::size_t{32} * 1024> stack;
    std::shared_ptr<Body> body;
    Work<Body> work{*body, ::getpid()};
  };
  struct Table {
    std::mutex mutex{};
    std::array<pid_t, 64> pids{};
    std::atomic<int> calls{0};
  };
  /// It is never destroyed: what was abandoned may outlive everything else.
  static Table& table() {
    static Table& one = *new Table;
    return one;
  }
  static int count(int more) noexcept { return table().calls += more; }
  static pid_t* find(pid_t pid) {
    auto& pids = table().pids;
    auto* const at = std::find(pids.begin(), pids.end(), pid);
    return at == pids.end() ? nullptr : &*at;
  }

  /// From its first instant on it is known. The two share what belongs to a thread (errno, the
  /// allocator's cache), so the caller only notes its number and waits.
  static pid_t start(int (*entry)(void*), char* stack_end, void* work) {
    std::lock_guard const lock(table().mutex);
    pid_t* const place = find(0);
    if (place == nullptr) return -1;
    pid_t const pid = clone_process(entry, stack_end, CLONE_VM | CLONE_FS | CLONE_FILES, work);
    if (pid > 0) *place = pid;
    return pid;
  }

  template <class Body>
  static int run(void* argument) {
    auto& work = *static_cast<Work<Body>*>(argument);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_NAME, "sla-apart");
    if (::getppid() == work.program) work.body();
    return 0;
  }
};

/// A thread that may be abandoned: its holder may go before it has ended.
class Apart {
 public:
  /// Starts `body()`, which must not throw; what it touches lives until it has ended, or the
  /// program has. Errc::system where there can be no more threads.
  template <class Body>
  [[nodiscard]] static Result<Apart> start(Body body) {
    auto state = std::make_shared<State>();
    auto thread = Thread::start([state, body = std::move(body)]() mutable {
      body();
      std::lock_guard const lock(state->mutex);
      state->ended = true;
      state->changed.notify_all();
    });
    if (!thread) return thread.error();
    return Apart(std::move(state), *std::move(thread));
  }

  Apart(Apart&&) noexcept = default;
  Apart& operator=(Apart&& other) noexcept {
    Apart const before(std::move(*this));
    state_ = std::move(other.state_);
    thread_ = std::move(other.thread_);
    return *this;
  }
  ~Apart() {
    if (state_ && !join_until({})) thread_.detach();
  }

  /// Waits for its end, however long that takes.
  void join() { thread_.join(); }

  /// Waits for its end until then at most; returns true if it has ended. What the thread itself
  /// ends with, such as the libraries' memory of it, is over then too.
  [[nodiscard]] bool join_until(Instant until) {
    {
      std::unique_lock lock(state_->mutex);
      Duration const left = until - std::chrono::steady_clock::now();
      auto const ended = [this] { return state_->ended; };
      if (!state_->changed.wait_for(lock, std::max(left, Duration::zero()), ended)) return false;
    }
    thread_.join();
    return true;
  }

 private:
  struct State {
    std::mutex mutex{};
    std::condition_variable changed{};
    bool ended = false;
  };

  Apart(std::shared_ptr<State> state, Thread thread)
      : state_(std::move(state)), thread_(std::move(thread)) {}

  std::shared_ptr<State> state_;
  Thread thread_;
};

}  // namespace sla::inline v1
