// SPDX-License-Identifier: MIT
#include "sla/scheduler/fixed_delay.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace sla;
using namespace std::chrono_literals;

namespace {

Instant at(Duration time) { return Instant{time}; }

}  // namespace

TEST_CASE("the first run begins at once, each other a delay after the end of the one before") {
  FixedDelay delay{10s};
  CHECK(delay.next(at(100s)) == at(100s));
  CHECK(delay.next(at(103s)) == at(113s));
  CHECK(delay.next(at(500s)) == at(510s));
  CHECK(delay.next(at(500s)) == at(510s));
}

TEST_CASE("without a delay each run begins at once, and a negative delay is none") {
  for (Duration const none : {Duration{0s}, Duration{-10s}}) {
    FixedDelay delay{none};
    CHECK(*delay.next(at(100s)) <= at(100s));
    CHECK(*delay.next(at(101s)) <= at(101s));
    CHECK(*delay.next(at(102s)) <= at(102s));
  }
}

TEST_CASE("a delay may be a fraction of a second") {
  FixedDelay delay{250ms};
  CHECK(delay.next(at(0s)) == at(0s));
  CHECK(delay.next(at(1ns)) == at(250ms + 1ns));
}
