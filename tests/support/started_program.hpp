// SPDX-License-Identifier: MIT
#pragma once
// Starts a program as a run would, for the tests of what looks after it.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include <string>
#include <utility>
#include <vector>

#include "sla/core/descriptor.hpp"
#include "sla/process/mark.hpp"
#include "sla/process/spawn.hpp"

namespace support {

inline sigset_t current_mask() {
  sigset_t mask;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  return mask;
}

/// A plan for these words whose output nobody sees.
inline sla::internal::StartPlan plan_of(std::vector<std::string> words, rlim_t mark = 0) {
  auto null = sla::internal::open_file("/dev/null", O_WRONLY);
  auto input = sla::internal::empty_input();
  REQUIRE(null);
  REQUIRE(input);
  return {.words = std::move(words),
          .environment = sla::internal::environment_of_run("the-run"),
          .input = *std::move(input),
          .output = *std::move(null),
          .mask = current_mask(),
          .mark = mark};
}

/// Starts a program and waits until it is known what came of that.
inline sla::internal::Started started(sla::internal::StartPlan plan, pid_t& pid) {
  sla::internal::ProgramStart start(std::move(plan));
  start.begin(pid);
  (void)start.await(sla::Instant::max());
  return start.finish();
}

/// Starts a program that has the mark; it must start.
inline pid_t start(std::vector<std::string> words, rlim_t mark = 0) {
  pid_t pid = 0;
  auto const made = started(plan_of(std::move(words), mark), pid);
  REQUIRE(made.failed == 0);
  REQUIRE(made.pid == pid);
  REQUIRE(made.marked == (mark != 0));
  return pid;
}

/// Waits for its end and leaves it unreaped.
inline void await_end(pid_t pid) {
  siginfo_t info{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) == 0);
}

/// Reaps it; gives its exit code.
inline int exit_code(pid_t pid) {
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  return WEXITSTATUS(status);
}

}  // namespace support
