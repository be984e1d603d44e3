// SPDX-License-Identifier: MIT
#include "sla/core/backoff.hpp"

#include <doctest/doctest.h>

#include <set>

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

TEST_CASE("a random time is between zero and the longest, and not always the same") {
  std::set<Duration> seen;
  for (int i = 0; i < 100; ++i) {
    Duration const time = random_duration(1s);
    CHECK(time >= 0s);
    CHECK(time <= 1s);
    seen.insert(time);
  }
  CHECK(seen.size() > 50);
  CHECK(random_duration(0s) == 0s);
  CHECK(random_duration(-1s) == 0s);
}
