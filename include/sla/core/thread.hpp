// SPDX-License-Identifier: MIT
#pragma once
// A thread that hears no signals: those are for the thread that waits for them. One that cannot be
// started, as where a container limits its processes, is an Error; std::thread throws.
#include <pthread.h>
#include <signal.h>

#include <cerrno>
#include <utility>

#include "sla/core/error.hpp"
#include "sla/core/result.hpp"

namespace sla::inline v1::internal {

/// A started thread. Whoever holds it waits for its end, at the latest when this goes.
class Thread {
 public:
  /// Starts a thread that calls `body()`, which must not throw. Errc::system if there can be no
  /// more threads.
  template <class Body>
  [[nodiscard]] static Result<Thread> start(Body body) {
    auto* const held = new Body(std::move(body));  // the thread deletes it
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);  // the thread starts with the caller's mask
    pthread_t thread{};
    int const failed = ::pthread_create(&thread, nullptr, &run<Body>, held);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (failed != 0) delete held;
    if (failed == EPERM) {
      Error const error = system_error("thread", failed);
      return Error{error.code,
                   error.message +
                       "; the container refuses the system call clone3: update its "
                       "runtime, or allow clone3 in its seccomp profile",
                   error.native};
    }
    if (failed != 0) return system_error("thread", failed);
    return Thread(thread);
  }

  /// No thread.
  Thread() = default;
  Thread(Thread&& other) noexcept
      : thread_(other.thread_), mine_(std::exchange(other.mine_, false)) {}
  Thread& operator=(Thread&& other) noexcept {
    join();
    thread_ = other.thread_;
    mine_ = std::exchange(other.mine_, false);
    return *this;
  }
  ~Thread() { join(); }

  /// Waits for the end of the thread, unless somebody did or the caller is that thread.
  void join() noexcept {
    if (!mine_) return;
    if (::pthread_equal(thread_, ::pthread_self()) != 0) return detach();
    mine_ = false;
    ::pthread_join(thread_, nullptr);
  }

  /// Lets the thread go on by itself: nobody waits for its end any more.
  void detach() noexcept {
    if (std::exchange(mine_, false)) ::pthread_detach(thread_);
  }

 private:
  explicit Thread(pthread_t thread) noexcept : thread_(thread), mine_(true) {}

  template <class Body>
  static void* run(void* body) {
    auto* const held = static_cast<Body*>(body);
    (*held)();
    delete held;
    return nullptr;
  }

  pthread_t thread_{};
  bool mine_ = false;  ///< to join or to detach
};

}  // namespace sla::inline v1::internal
