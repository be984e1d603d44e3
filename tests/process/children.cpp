// SPDX-License-Identifier: MIT
#include "sla/process/children.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace sla;

namespace {

/// Starts a child that exits with this code; gives the code that its end tells, -1 for none.
int exit_code_of(int wanted) {
  OwnedChildren& children = OwnedChildren::of_this_process();
  auto const pid = children.start([=] {
    pid_t const child = ::fork();
    if (child == 0) ::_exit(wanted);
    return Result<pid_t>(child);
  });
  REQUIRE(pid);
  int status = 0;
  bool const told = ::waitpid(*pid, &status, 0) == *pid;
  children.forget(*pid);
  return told ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("a child has an owner from its start until it is forgotten") {
  OwnedChildren& children = OwnedChildren::of_this_process();
  CHECK_FALSE(children.has(123));
  CHECK(children.start([] { return Result<pid_t>(123); }).value() == 123);
  CHECK(children.has(123));
  children.forget(123);
  CHECK_FALSE(children.has(123));
}

TEST_CASE("what could not be started is nobody's") {
  OwnedChildren& children = OwnedChildren::of_this_process();
  CHECK(children.start([] {
                  return Result<pid_t>(Error{Errc::system, "no"});
                })
            .error()
            .message == "no");
  CHECK_FALSE(children.has(-1));
  CHECK_FALSE(children.has(0));
}

TEST_CASE("how a child ended is known also where SIGCHLD was ignored") {
  ::signal(SIGCHLD, SIG_IGN);
  CHECK(exit_code_of(7) == 7);
  CHECK(exit_code_of(0) == 0);
}

TEST_CASE("a handler for SIGCHLD is left alone") {
  auto const nothing = [](int) {};
  ::signal(SIGCHLD, nothing);
  CHECK(exit_code_of(7) == 7);
  bool const is_there = ::signal(SIGCHLD, SIG_DFL) == +nothing;
  CHECK(is_there);
}
