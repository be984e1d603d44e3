// SPDX-License-Identifier: MIT
#pragma once
// Keeps SIGPIPE from a thread for a while, for libraries that write to a connection which the other
// side may have closed. It changes no disposition, and leaves nothing pending that was not.
#include <signal.h>
#include <time.h>

#include "sla/core/descriptor.hpp"

namespace sla::inline v1 {

/// While it lives, a broken pipe is EPIPE and nothing more, in the thread that made it.
class PipeSignalGuard {
 public:
  PipeSignalGuard() noexcept : was_pending_(pending()) {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  PipeSignalGuard(PipeSignalGuard const&) = delete;
  PipeSignalGuard& operator=(PipeSignalGuard const&) = delete;
  ~PipeSignalGuard() {
    timespec const at_once{};
    if (!was_pending_ && pending()) {
      (void)uninterrupted([&] { return ::sigtimedwait(&pipe_, nullptr, &at_once); });
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  static bool pending() noexcept {
    sigset_t set;
    ::sigpending(&set);
    return ::sigismember(&set, SIGPIPE) == 1;
  }

  bool was_pending_;
  sigset_t pipe_{};
  sigset_t before_{};
};

}  // namespace sla::inline v1
