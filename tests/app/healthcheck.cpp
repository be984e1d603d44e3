// SPDX-License-Identifier: MIT
// What it says of runners is in system/health.py.
#include "sla/app/healthcheck.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace sla;

TEST_CASE("arguments that are not known are a mistake in usage, and help is none") {
  for (char const* const argument : {"--bogus", "now", "--help-me", ""}) {
    std::array const arguments{argument};
    CHECK(run_healthcheck(arguments) == exit_usage);
  }
  for (char const* const argument : {"--help", "-h"}) {
    std::array const arguments{argument};
    CHECK(run_healthcheck(arguments) == exit_success);
  }
}
