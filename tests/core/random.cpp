// SPDX-License-Identifier: MIT
#include "sla/core/random.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <set>

using namespace sla;
using namespace std::chrono_literals;

TEST_CASE("random bytes are as many as asked for and differ") {
  CHECK(random_bytes<0>().empty());
  CHECK(random_bytes<16>() != random_bytes<16>());
  std::set<unsigned char> seen;
  for (unsigned char const byte : random_bytes<4096>()) seen.insert(byte);
  CHECK(seen.size() > 200);
}

TEST_CASE("random numbers are from 0 to below 1") {
  for (int i = 0; i < 1000; ++i) {
    double const number = random_fraction();
    CHECK(number >= 0);
    CHECK(number < 1);
  }
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
