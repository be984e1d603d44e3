// SPDX-License-Identifier: MIT
#include "sla/core/pipe_signal.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>

using namespace sla;

namespace {

/// Writes to a pipe that nobody reads.
void break_a_pipe() {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  Descriptor const writer(ends[1]);
  Descriptor(ends[0]).reset();
  CHECK(::write(writer.get(), "x", 1) == -1);
  CHECK(errno == EPIPE);
}

bool pending() {
  sigset_t set;
  ::sigpending(&set);
  return ::sigismember(&set, SIGPIPE) == 1;
}
bool blocked() {
  sigset_t set;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &set);
  return ::sigismember(&set, SIGPIPE) == 1;
}

}  // namespace

TEST_CASE("a broken pipe does not end the process, neither at once nor afterwards") {
  {
    internal::PipeSignalGuard const guard;
    break_a_pipe();
    CHECK(pending());
  }
  CHECK_FALSE(pending());
  CHECK_FALSE(blocked());
}

TEST_CASE("guards nest") {
  {
    internal::PipeSignalGuard const outer;
    {
      internal::PipeSignalGuard const inner;
      break_a_pipe();
    }
    CHECK(blocked());
  }
  CHECK_FALSE(pending());
  CHECK_FALSE(blocked());
}

TEST_CASE("a signal that was pending before stays so") {
  internal::PipeSignalGuard const outer;
  break_a_pipe();
  {
    internal::PipeSignalGuard const inner;
    break_a_pipe();
  }
  CHECK(pending());
}
