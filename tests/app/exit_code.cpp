// SPDX-License-Identifier: MIT
#include "sla/app/exit_code.hpp"

#include <doctest/doctest.h>

TEST_CASE("the exit codes are those that supervisors rely on, in order") {
  int before = -1;
  for (sla::ExitCode const& exit : sla::exit_codes) {
    CAPTURE(exit.code);
    CHECK(exit.code > before);
    CHECK_FALSE(exit.meaning.empty());
    before = exit.code;
  }
  CHECK(sla::exit_codes.size() == 6);
  CHECK(sla::exit_success == 0);
  CHECK(sla::exit_test_failed == 1);
  CHECK(sla::exit_usage == 64);
  CHECK(sla::exit_undelivered == 75);
  CHECK(sla::exit_settings == 78);
}
