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
  auto const slot = children.reserve();
  *slot = ::fork();
  if (*slot == 0) ::_exit(wanted);
  int status = 0;
  bool const told = ::waitpid(*slot, &status, 0) == *slot;
  children.release(slot);
  return told ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("a child has an owner from the instant at which there is a pid until it is released") {
  OwnedChildren& children = OwnedChildren::of_this_process();
  auto const slot = children.reserve();
  CHECK(OwnedChildren::pid(slot) == 0);
  CHECK_FALSE(children.has(123));
  *slot = 123;
  CHECK(OwnedChildren::pid(slot) == 123);
  CHECK(children.has(123));
  children.release(slot);
  CHECK_FALSE(children.has(123));
}

TEST_CASE("the places of two children do not disturb each other") {
  OwnedChildren& children = OwnedChildren::of_this_process();
  auto const first = children.reserve(), second = children.reserve();
  *first = 123;
  *second = 124;
  children.release(first);
  CHECK_FALSE(children.has(123));
  CHECK(children.has(124));
  children.release(second);
  CHECK_FALSE(children.has(124));
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
