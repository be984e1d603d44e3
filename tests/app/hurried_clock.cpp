// SPDX-License-Identifier: MIT
#include "sla/app/hurried_clock.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace sla;
using namespace sla::app;
using namespace std::chrono_literals;

TEST_CASE("without a stop a wait lasts as long as it should") {
  Stop const stop;
  HurriedClock const clock{stop};
  Instant const until = clock.now() + 20ms;
  clock.sleep_until(until);
  CHECK(clock.now() >= until);
}

TEST_CASE("a stop leaves a wait half of the time that is left") {
  Stop const stop{{.budget = 100ms}};
  stop.request();
  HurriedClock const clock{stop};
  Instant const start = clock.now();
  clock.sleep_until(start + 1h);
  CHECK(clock.now() - start < 10s);
  CHECK(clock.now() < *stop.deadline() + 10s);
}
