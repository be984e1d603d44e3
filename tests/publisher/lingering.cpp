// SPDX-License-Identifier: MIT
#include "sla/publisher/lingering.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace std::chrono_literals;
using sla::Duration;
using sla::Instant;
using sla::internal::Lingering;

namespace {

Instant const start{1h};
Instant const at_once = Instant::min() + 200ms;  ///< as long ago as can be

/// One that has sent the only event that waited.
Lingering after_one(Duration limit = 200ms) {
  Lingering all(limit);
  all.added(true);
  all.look();
  CHECK(all.until(1) <= at_once);  // nothing went before
  CHECK(all.begin(1) == 1);
  all.sent(1, 1, start);
  return all;
}

}  // namespace

TEST_CASE("passes wait for more until ten do, or for so long since none was left") {
  auto all = after_one();
  CHECK(all.until(0) < start);
  for (std::size_t waiting = 1; waiting < 10; ++waiting) CHECK(all.until(waiting) == start + 200ms);
  CHECK(all.until(10) < start);
}

TEST_CASE(
    "a run that did not pass lets none wait, once it was looked at, until they had their turn") {
  auto all = after_one();
  all.added(false);
  all.added(true);
  CHECK(all.until(2) == start + 200ms);
  all.look();
  CHECK(all.until(2) < start);
  all.look();
  CHECK(all.until(2) < start);
  all.added(false);  // while the others have their turn
  CHECK(all.begin(2) == 2);
  all.sent(2, 2, start);
  CHECK(all.until(1) == start + 200ms);
  all.look();
  CHECK(all.until(1) < start);
}

TEST_CASE("whole requests go where there are some, and the rest waits from then on") {
  auto all = after_one();
  CHECK(all.begin(10) == 10);
  CHECK(all.begin(23) == 20);
  all.sent(20, 23, start + 1s);
  CHECK(all.until(3) == start + 1s + 200ms);
}

TEST_CASE("what had to stay behind another goes with the next turn") {
  auto all = after_one();
  CHECK(all.begin(4) == 4);
  all.sent(1, 4, start + 1s);  // three are of the same service
  CHECK(all.until(3) <= at_once);
}

TEST_CASE("without a limit none waits, and all have their turn") {
  auto all = after_one(Duration::zero());
  CHECK(all.until(1) == start);
  CHECK(all.begin(23) == 23);
}
