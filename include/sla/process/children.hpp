// SPDX-License-Identifier: MIT
#pragma once
// Which children of this process belong to somebody by name. An executor ends and reaps whatever
// else is a child of the process once its run is over; a program that another thread started
// meanwhile, such as one that gives credentials, is left to that thread. Whoever waits for a child
// starts it here, and learns how it ended.
#include <signal.h>
#include <sys/types.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "sla/core/apart.hpp"
#include "sla/core/result.hpp"

namespace sla::inline v1 {

/// The children that have an owner. Thread-safe.
class OwnedChildren {
 public:
  /// Those of this process.
  [[nodiscard]] static OwnedChildren& of_this_process() {
    static OwnedChildren children;
    return children;
  }

  /// Starts a child by `start() -> Result<pid_t>`; from its first instant on it is the caller's.
  /// From then on this process ignores SIGCHLD no more, should it have been started that way.
  template <class Start>
  [[nodiscard]] Result<pid_t> start(Start start) {
    std::lock_guard const lock(mutex_);
    keep_ends();
    auto pid = start();
    if (pid) pids_.push_back(*pid);
    return pid;
  }
  /// The caller has reaped it, so its number may be another's.
  void forget(pid_t pid) {
    std::lock_guard const lock(mutex_);
    pids_.erase(std::remove(pids_.begin(), pids_.end(), pid), pids_.end());
  }
  [[nodiscard]] bool has(pid_t pid) {
    std::lock_guard const lock(mutex_);
    return std::find(pids_.begin(), pids_.end(), pid) != pids_.end() || CallsApart::has(pid);
  }

 private:
  OwnedChildren() = default;

  /// While SIGCHLD is ignored the kernel reaps every child, and nobody learns how it ended.
  static void keep_ends() noexcept {
    struct sigaction now {};
    if (::sigaction(SIGCHLD, nullptr, &now) == 0 && now.sa_handler == SIG_IGN) {
      ::signal(SIGCHLD, SIG_DFL);
    }
  }

  std::mutex mutex_{};
  std::vector<pid_t> pids_{};
};

}  // namespace sla::inline v1
