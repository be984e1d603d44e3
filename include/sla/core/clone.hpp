// SPDX-License-Identifier: MIT
#pragma once
// clone(2), for a child that shares memory with this process. It is called by the other name that C
// libraries have for it: thread sanitizers take every clone() for a fork and lose the thread.
#include <sched.h>
#include <sys/types.h>

#include "sla/version.hpp"

extern "C" {
// NOLINTNEXTLINE(bugprone-*,cert-*,readability-*): glibc's own name
int __clone(int (*entry)(void*), void* stack_end, int flags, void* argument, ...);
}

namespace sla::inline v1::internal {

/// Starts `entry(argument)` on that stack, of which the end is given. The pid is written to `pid`
/// before the child's first step, where flags have CLONE_PARENT_SETTID. Returns the pid, or -1 with
/// errno set.
inline int clone_process(int (*entry)(void*), void* stack_end, int flags, void* argument,
                         pid_t* pid = nullptr) {
  return ::__clone(entry, stack_end, flags, argument, pid);
}

}  // namespace sla::inline v1::internal
