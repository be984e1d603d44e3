// SPDX-License-Identifier: MIT
#pragma once
// What makes calls that may hang (core/apart.hpp): a process that shares all memory and all
// descriptors with this one, and a thread that lends it what belongs to a thread (errno, the
// allocator's cache), and so only waits. It is killed as soon as the program has ended.
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "sla/core/atomic.hpp"
#include "sla/core/clone.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/futex.hpp"
#include "sla/core/shared.hpp"
#include "sla/core/thread.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::internal {

/// A call without its type.
struct ErasedCall {
  void (*run)(void*) = nullptr;
  Shared<void> held{};  ///< until it has ended
  void* body = nullptr;
};

/// What all helpers have in common; it outlives them.
struct Helpers {
  Atomic<int> alive{0};
  Atomic<bool> stay{false};  ///< for the next call, which comes at once
};

/// Makes one call at a time. Whoever gives it a call waits for its end, or leaves it alone for
/// ever.
class Helper {
 public:
  /// Starts one with its first call; nothing if there can be no thread.
  [[nodiscard]] static Shared<Helper> start(ErasedCall const& call, Helpers& all) {
    auto helper = Shared<Helper>::make(call, all);
    ++all.alive;
    auto thread = Thread::start([helper] { helper->lend(); });
    if (!thread) return --all.alive, nullptr;
    thread->detach();
    return helper;
  }
  Helper(ErasedCall call, Helpers& all) : all_(all), call_(std::move(call)) {}

  /// Begins another call. Returns false if the helper has ended meanwhile.
  [[nodiscard]] bool take(ErasedCall const& call) {
    call_ = call;
    std::uint32_t expected = idle;
    if (!state_.compare_exchange_strong(expected, busy)) return false;
    wake_all(state_);
    return true;
  }
  /// Waits for the end of the call, but no longer than until then. Returns false if it goes on: the
  /// helper then ends with it.
  [[nodiscard]] bool await(Instant until) {
    std::uint32_t expected = busy;
    return wait_while(state_, busy, until) || !state_.compare_exchange_strong(expected, left);
  }
  /// Ends a helper that has no call, and waits for that, but no longer than until then.
  void retire(Instant until) {
    std::uint32_t expected = idle;
    (void)state_.compare_exchange_strong(expected, gone);
    wake_all(state_);
    (void)wait_while(over_, 0, until);
  }

  /// Returns true in the process of a helper.
  [[nodiscard]] static bool here() noexcept { return is_here(); }

  Shared<Helper> next_idle{};  ///< chains those that wait for a call

 private:
  enum State : std::uint32_t { idle, busy, left, gone };

  static constexpr std::size_t stack_size = std::size_t{256} * 1024;
  static constexpr std::chrono::milliseconds process_stays{100};
  static constexpr std::chrono::seconds thread_stays{10};

  static bool& is_here() noexcept {
    static thread_local bool here = false;
    return here;
  }

  /// What the thread does: lends itself to one process after another, until none has been wanted
  /// for long.
  void lend() {
    alignas(64) std::array<char, stack_size> stack;
    std::uint32_t expected = idle;
    do {
      pid_t const pid = clone_process(&enter, stack.data() + stack.size(),
                                      CLONE_VM | CLONE_FS | CLONE_FILES, this);
      if (pid < 0) serve();
      if (pid > 0) (void)uninterrupted([&] { return ::waitpid(pid, nullptr, __WALL); });
      is_here() = false;
      if (begun_) end_call();
      (void)wait_while(state_, idle, std::chrono::steady_clock::now() + thread_stays);
      expected = idle;
    } while (state_ != gone && !state_.compare_exchange_strong(expected, gone));
    --all_.alive;
    over_ = 1;
    wake_all(over_);
  }
  static int enter(void* helper) {
    auto& self = *static_cast<Helper*>(helper);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_NAME, "sla-apart");
    is_here() = true;
    if (::getppid() == self.program_) self.serve();
    return 0;
  }

  /// Makes one call, and others that come at once. A call whose process does not stay ends with it,
  /// so that its caller finds no child; as does one whose process is killed.
  void serve() {
    while (state_ == busy || state_ == left) {
      begun_ = true;
      if (call_.run != nullptr) call_.run(call_.body);
      if (!all_.stay) return;
      end_call();
      (void)wait_while(state_, idle, std::chrono::steady_clock::now() + process_stays);
    }
  }
  void end_call() {
    call_ = {};
    begun_ = false;
    std::uint32_t expected = busy;
    if (!state_.compare_exchange_strong(expected, idle)) state_ = gone;  // it was left
    wake_all(state_);
  }

  Helpers& all_;
  pid_t program_ = ::getpid();
  FutexWord state_{busy};
  FutexWord over_{0};  ///< its thread is
  ErasedCall call_;
  bool begun_ = false;
};

}  // namespace sla::inline v1::internal
