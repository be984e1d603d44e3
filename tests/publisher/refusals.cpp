// SPDX-License-Identifier: MIT
#include "sla/publisher/refusals.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>

using namespace sla;
using namespace sla::internal;
using namespace std::chrono_literals;

namespace {

Instant const start{1h};

}  // namespace

TEST_CASE("a message that is refused four times is a case of its own, and not before") {
  RefusedMessages all;
  for (int i = 0; i < 3; ++i) CHECK_FALSE(all.refused(7, 0, start)->persistent());
  CHECK(all.refused(7, 0, start)->persistent());
  all.forget(7);
  CHECK_FALSE(all.refused(7, 0, start)->persistent());
}

TEST_CASE("a message waits by itself, ever longer, up to five minutes") {
  RefusedMessages all;
  CHECK(all.due(7) <= start);
  for (int i = 0; i < 4; ++i) all.refused(7, 0, start);
  CHECK_FALSE(all.rested(7));
  for (Duration const wait : {20s, 40s, 80s, 160s, 300s, 300s}) {
    Refusals* const message = all.refused(7, 0, start);
    RefusedMessages::rest(*message, start);
    CHECK(all.rested(7));
    CHECK(all.due(7) >= start + wait / 2);
    CHECK(all.due(7) <= start + wait);
    CHECK(all.next_due(start) == all.due(7));
  }
  CHECK(all.next_due(start + 5min) == Instant::max());
  CHECK(all.due(8) <= start);
}

TEST_CASE("only what goes on for hours is a lasting refusal") {
  RefusedMessages all;
  for (int i = 0; i < 50; ++i) CHECK_FALSE(all.refused(7, 0, start)->lasting());
  CHECK_FALSE(all.refused(7, 0, start + 2h)->lasting());
  CHECK(all.refused(7, 0, start + 3h)->lasting());
}

TEST_CASE("a few are kept in mind: one that waits is never forgotten for another") {
  RefusedMessages all;
  for (std::uint64_t number = 1; number <= 16; ++number) {
    RefusedMessages::rest(*all.refused(number, 0, start), start);
  }
  CHECK(all.refused(17, 0, start) == nullptr);
  CHECK(all.refused(3, 0, start) != nullptr);
  CHECK(all.refused(17, 0, start + 5min) != nullptr);
  CHECK_FALSE(all.rested(17));
}
