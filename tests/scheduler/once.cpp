// SPDX-License-Identifier: MIT
#include "sla/scheduler/once.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>

using namespace sla;

TEST_CASE("there is one run, at once, and no other") {
  Once once;
  Instant const now{std::chrono::seconds{100}};
  CHECK(once.next(now) == now);
  CHECK(once.next(now) == std::nullopt);
  CHECK(once.next(now + std::chrono::hours{1}) == std::nullopt);
}
