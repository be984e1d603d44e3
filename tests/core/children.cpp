// SPDX-License-Identifier: MIT
#include "sla/core/children.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

using namespace sla;

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
