// SPDX-License-Identifier: MIT
#pragma once
// Keeps SIGPIPE from a thread for a while, for libraries that write to a connection which the other
// side may have closed. It changes no disposition, and leaves nothing pending that was not.
#include <signal.h>
#include <time.h>

#include "sla/core/descriptor.hpp"

namespace sla::inline v1::internal {

/// While it lives, a broken pipe is EPIPE and nothing more, in the thread that made it.
class PipeSignalGuard {
 public:
  PipeSignalGuard() noexcept {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  PipeSignalGuard(PipeSignalGuard const&) = delete;
  PipeSignalGuard& operator=(PipeSignalGuard const&) = delete;
  /// Where this thread blocks the signal anyway there is nothing to do. Elsewhere none was pending
  /// before, so one that is pending now is ours.
  ~PipeSignalGuard() {
    if (::sigismember(&before_, SIGPIPE) == 1) return;
    timespec const at_once{};
    (void)uninterrupted([&] { return ::sigtimedwait(&pipe_, nullptr, &at_once); });
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_{};
  sigset_t before_{};
};

}  // namespace sla::inline v1::internal
