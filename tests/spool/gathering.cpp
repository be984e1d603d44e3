// SPDX-License-Identifier: MIT
#include "sla/spool/gathering.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

using namespace sla;
using namespace sla::internal;

using Numbers = std::vector<std::uint64_t>;

TEST_CASE("nothing waits before it is asked for") {
  Gathering gathering;
  CHECK(gathering.wait_of(1, true) == Gathered::no);
  CHECK(gathering.begin());
  CHECK_FALSE(gathering.begin());
  CHECK(gathering.wait_of(1, true) == Gathered::log);
  CHECK(gathering.wait_of(1, false) == Gathered::no);
}

TEST_CASE("what follows an entry of its service waits too, and then nothing waits any longer") {
  Gathering gathering;
  gathering.begin();
  gathering.add({5, 1, Gathered::log, 10});
  CHECK(gathering.wait_of(1, false) == Gathered::behind);
  CHECK(gathering.wait_of(2, false) == Gathered::no);
  CHECK_FALSE(gathering.counted({}, false).bundle_due);
  CHECK(gathering.counted({}, true).bundle_due);
  gathering.add({6, 1, Gathered::behind, 10});
  CHECK(gathering.counted({.events = 3}, false).events == 3);
  CHECK(gathering.counted({}, false).gathered == 2);
  CHECK(gathering.counted({}, false).bundle_due);
  CHECK(gathering.next(0, 9) == Numbers{5, 6});
  CHECK(gathering.next(0, 1) == Numbers{5});
  CHECK(gathering.next(5, 9) == Numbers{6});
  gathering.remove({5, 1, Gathered::log, 10});
  gathering.remove({6, 1, Gathered::behind, 10});
  CHECK_FALSE(gathering.holds(6));
  CHECK_FALSE(gathering.counted({}, true).bundle_due);
  CHECK(gathering.wait_of(1, false) == Gathered::no);
}

TEST_CASE("as much as a bundle holds does not wait") {
  Gathering gathering;
  gathering.begin();
  gathering.add({1, 1, Gathered::log, BundleLimits::bytes - 1});
  CHECK_FALSE(gathering.counted({}, false).bundle_due);
  gathering.add({2, 1, Gathered::log, 1});
  CHECK(gathering.counted({}, false).bundle_due);
}
