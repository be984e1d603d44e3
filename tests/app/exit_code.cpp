// SPDX-License-Identifier: MIT
#include "sla/app/exit_code.hpp"

#include <doctest/doctest.h>

TEST_CASE("the exit codes are those that supervisors rely on") {
  CHECK(sla::app::exit_success == 0);
  CHECK(sla::app::exit_test_failed == 1);
  CHECK(sla::app::exit_usage == 64);
  CHECK(sla::app::exit_no_input == 66);
  CHECK(sla::app::exit_undelivered == 75);
  CHECK(sla::app::exit_settings == 78);
}
