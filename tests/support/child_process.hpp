// SPDX-License-Identifier: MIT
#pragma once
// Runs a piece of a test in a process of its own: for what could end or hang the test itself.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sla/core/descriptor.hpp"

/// How a child ended.
struct ChildEnd {
  int exit_code = -1;  ///< -1 where a signal ended it
  int signal = 0;
};

/// Calls `body() -> int` in a child, whose exit code it becomes. A child that takes longer than
/// ten seconds is ended by SIGALRM.
template <class Body>
ChildEnd in_child(Body body) {
  pid_t const child = ::fork();
  if (child == 0) {
    for (int const signal : {SIGTERM, SIGINT}) ::signal(signal, SIG_DFL);  // not doctest's handlers
    ::alarm(10);
    ::_exit(body());
  }
  int status = 0;
  sla::internal::uninterrupted([&] { return ::waitpid(child, &status, 0); });
  if (WIFEXITED(status)) return {WEXITSTATUS(status), 0};
  return {-1, WTERMSIG(status)};
}
