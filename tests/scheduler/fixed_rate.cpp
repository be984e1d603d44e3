// SPDX-License-Identifier: MIT
#include "sla/scheduler/fixed_rate.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>

using namespace sla;
using namespace std::chrono_literals;

namespace {

Instant at(Duration time) { return Instant{time}; }

}  // namespace

TEST_CASE("the grid begins with the first run, and the next slot depends on when that ended") {
  struct Row {
    Duration ended, next;
    std::uint64_t missed;
  };
  Row const rows[] = {
      {100s, 110s, 0},        // at once
      {103s, 110s, 0},        // within the period
      {110s - 1ns, 110s, 0},  //
      {110s, 110s, 0},        // just in time
      {110s + 1ns, 120s, 1},  // just too late
      {119s, 120s, 1},        //
      {120s, 120s, 1},        //
      {120s + 1ns, 130s, 2},  //
      {135s, 140s, 3},        //
      {100s + 24h, 100s + 24h, 24 * 360 - 1},
  };
  for (Row const& row : rows) {
    CAPTURE(row.ended.count());
    FixedRate rate{10s};
    REQUIRE(rate.next(at(100s)) == at(100s));
    CHECK(rate.next(at(row.ended)) == at(row.next));
    CHECK(rate.missed() == row.missed);
  }
}

TEST_CASE("the grid stays where it is, and what was missed adds up") {
  FixedRate rate{10s};
  CHECK(rate.next(at(100s)) == at(100s));
  CHECK(rate.next(at(101s)) == at(110s));
  CHECK(rate.next(at(134s)) == at(140s));
  CHECK(rate.missed() == 2);
  CHECK(rate.next(at(141s)) == at(150s));
  CHECK(rate.missed() == 2);
  CHECK(rate.next(at(171s)) == at(180s));
  CHECK(rate.missed() == 4);
}

TEST_CASE("a run out of turn that is over before the slot leaves the grid alone") {
  FixedRate rate{10s};
  CHECK(rate.next(at(100s)) == at(100s));
  CHECK(rate.next(at(101s)) == at(110s));
  CHECK(rate.next(at(105s)) == at(110s));
  CHECK(rate.next(at(107s)) == at(110s));
  CHECK(rate.next(at(111s)) == at(120s));
  CHECK(rate.missed() == 0);
}

TEST_CASE("a slot that passes while a run out of turn goes on is skipped and counted") {
  struct Row {
    Duration ended, next;
    std::uint64_t missed;
  };
  Row const rows[] = {
      {110s - 1ns, 110s, 0},  // over before the slot
      {110s, 110s, 0},        // just in time
      {110s + 1ns, 120s, 1},  //
      {120s, 120s, 1},        //
      {120s + 1ns, 130s, 2},  //
  };
  for (Row const& row : rows) {
    CAPTURE(row.ended.count());
    FixedRate rate{10s};
    CHECK(rate.next(at(100s)) == at(100s));
    rate.began(at(100s));
    CHECK(rate.next(at(101s)) == at(110s));
    rate.began(at(105s));
    CHECK(rate.next(at(row.ended)) == at(row.next));
    CHECK(rate.missed() == row.missed);
    rate.began(at(row.next));
    CHECK(rate.next(at(row.next + 1s)) == at(row.next + 10s));
    CHECK(rate.missed() == row.missed);
  }
}

TEST_CASE("a run out of turn before the first slot leaves that where it is") {
  FixedRate rate{10s};
  CHECK(rate.next(at(100s)) == at(100s));  // asked ahead, as a fleet does
  rate.began(at(90s));
  CHECK(rate.next(at(91s)) == at(100s));
  rate.began(at(100s));
  CHECK(rate.next(at(101s)) == at(110s));
  CHECK(rate.missed() == 0);
}

TEST_CASE("no slot is given twice once it began, and none goes back") {
  FixedRate rate{7ms};
  Instant now = at(1s);
  Instant last = *rate.next(now);
  for (int i = 0; i < 1000; ++i) {
    now = last + Duration{i * 37'000};  // a run of up to 37 ms
    Instant const next = *rate.next(now);
    CHECK(next >= now);
    CHECK(next > last);
    CHECK((next - at(1s)) % 7ms == 0ns);
    last = next;
  }
}

TEST_CASE("a period that is not positive still moves on") {
  for (Duration const period : {Duration{0s}, Duration{-1s}}) {
    FixedRate rate{period};
    CHECK(rate.next(at(1s)) == at(1s));
    CHECK(rate.next(at(1s)) == at(1s + 1ns));
    CHECK(rate.next(at(2s)) == at(2s));
  }
}
