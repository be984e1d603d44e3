// SPDX-License-Identifier: MIT
#include "sla/core/backoff.hpp"

#include <doctest/doctest.h>

using namespace sla;
using namespace std::chrono_literals;

TEST_CASE("the bound doubles up to the longest, and starts again after a success") {
  Backoff backoff({.first = 1s, .longest = 5s});
  CHECK(backoff.failed() == 1s);
  CHECK(backoff.failed() == 2s);
  CHECK(backoff.failed() == 4s);
  CHECK(backoff.failed() == 5s);
  CHECK(backoff.failures() == 4);
  backoff.succeeded();
  CHECK(backoff.failures() == 0);
  CHECK(backoff.failed() == 1s);
}

TEST_CASE("after any number of failures the bound is the longest") {
  Backoff backoff;
  for (int i = 0; i < 100'000; ++i) CHECK(backoff.failed() <= 30s);
  CHECK(backoff.failed() == 30s);
}
