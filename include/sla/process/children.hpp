// SPDX-License-Identifier: MIT
#pragma once
// Which children of this process belong to somebody by name. After a run, and whenever a child has
// ended, all children without an owner are reaped; a program that another thread started, such as
// one that gives credentials, is left to that thread. A caller that waits for a child starts it
// here, and learns how it ended.
#include <signal.h>
#include <sys/types.h>

#include <utility>

#include "sla/core/mutex.hpp"
#include "sla/core/result.hpp"

namespace sla::inline v1 {

/// The children that have an owner. Thread-safe.
class OwnedChildren {
 public:
  /// The place of one child; holds its pid from the instant at which there is one, 0 before.
  using Slot = pid_t*;

  /// Those of this process.
  [[nodiscard]] static OwnedChildren& of_this_process() {
    static OwnedChildren children;
    return children;
  }

  /// Makes a place for a child that is about to be started. The kernel writes the pid into it
  /// before the child takes its first step (CLONE_PARENT_SETTID), so that nobody else reaps it.
  /// From then on this process ignores SIGCHLD no more, should it have been started that way.
  [[nodiscard]] Slot reserve() {
    keep_ends();
    internal::Lock const lock(mutex_);
    return &(first_ = new Place{0, first_})->pid;
  }
  /// The child was reaped, so its number may be another's; or there is none.
  void release(Slot slot) {
    internal::Lock const lock(mutex_);
    Place** at = &first_;
    while (&(*at)->pid != slot) at = &(*at)->next;
    delete std::exchange(*at, (*at)->next);
  }
  /// Returns the pid in a place that the caller reserved.
  [[nodiscard]] static pid_t pid(Slot slot) noexcept {
    return __atomic_load_n(slot, __ATOMIC_SEQ_CST);
  }

  [[nodiscard]] bool has(pid_t pid) {
    internal::Lock const lock(mutex_);
    for (Place* at = first_; at != nullptr; at = at->next) {
      if (OwnedChildren::pid(&at->pid) == pid) return true;
    }
    return false;
  }

 private:
  struct Place {
    pid_t pid;
    Place* next;
  };

  OwnedChildren() = default;

  /// While SIGCHLD is ignored the kernel reaps every child, and nobody learns how it ended.
  static void keep_ends() noexcept {
    struct sigaction now {};
    if (::sigaction(SIGCHLD, nullptr, &now) == 0 && now.sa_handler == SIG_IGN) {
      ::signal(SIGCHLD, SIG_DFL);
    }
  }

  internal::Mutex mutex_{};
  Place* first_ = nullptr;
};

}  // namespace sla::inline v1
