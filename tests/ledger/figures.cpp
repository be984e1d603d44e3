// SPDX-License-Identifier: MIT
#include "sla/ledger/figures.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>

using namespace sla::ledger;

TEST_CASE("a figure is rounded down to three decimals") {
  CHECK(percent(9'995, 10'000) == "99.950");
  CHECK(percent(1, 1) == "100.000");
  CHECK(percent(0, 7) == "0.000");
  CHECK(percent(2, 3) == "66.666");
  CHECK(percent(999'999, 1'000'000) == "99.999");
  CHECK(percent(9'999'999, 10'000'000) == "99.999");
  CHECK(percent(1, 200'000) == "0.000");
  CHECK(percent(1, 1'000) == "0.100");
  CHECK(percent(latest_time - 1, latest_time) == "99.999");
  CHECK(percent(latest_time, latest_time) == "100.000");
}

TEST_CASE("where nothing was seen there is no figure") {
  CHECK(percent(0, 0) == std::nullopt);
  Times const nothing{.unknown = 5, .unmonitored = 10};
  CHECK(availability(nothing) == std::nullopt);
  CHECK(worst(nothing) == std::nullopt);
  CHECK(coverage(nothing) == std::nullopt);
  CHECK(occurrences({.uncounted = 3}) == std::nullopt);
  CHECK(timeslices({}) == std::nullopt);
}

TEST_CASE("the figures of times tell what was seen from what was not") {
  Times const times{.up = 90, .down = 10, .unknown = 40, .unmonitored = 60, .excluded = 1000};
  CHECK(availability(times) == "90.000");
  CHECK(worst(times) == "45.000");
  CHECK(coverage(times) == "50.000");
}

TEST_CASE("a minute is good where it was seen and never down") {
  Timeline const line{{30'000, State::up, 0},      {90'000, State::down, 0},
                      {90'001, State::unknown, 0}, {240'000, State::up, 0},
                      {300'000, State::down, 0},   {420'000, State::unmonitored, 0}};
  CHECK(slices_of(line, {0, 600'000}) == Slices{.good = 2, .seen = 5});  // 0, 1, 4, 5, 6
  CHECK(slices_of(line, {0, 90'000}) == Slices{.good = 2, .seen = 2});
  CHECK(slices_of(line, {90'000, 90'001}) == Slices{.good = 0, .seen = 1});
  CHECK(slices_of({}, {0, 90'000}) == Slices{});
}

TEST_CASE("the parts of a window add up to it") {
  Timeline const line{{10, State::up, 0}, {20, State::excluded, 0}, {50, State::down, 0}};
  CHECK(times_of(line, {0, 100}) ==
        Times{.up = 10, .down = 50, .unknown = 0, .unmonitored = 10, .excluded = 30});
  CHECK(times_of(line, {15, 55}) == Times{.up = 5, .down = 5, .unknown = 0, .excluded = 30});
  CHECK(times_of({}, {0, 100}) == Times{.unmonitored = 100});
}
