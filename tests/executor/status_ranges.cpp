// SPDX-License-Identifier: MIT
#include "sla/executor/status_ranges.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using sla::parse_status_ranges;
using sla::StatusRange;

TEST_CASE("statuses and ranges of them are read, and written as they were") {
  auto const ranges = parse_status_ranges("200-299, 304");
  REQUIRE(ranges);
  CHECK(*ranges == std::vector<StatusRange>{{200, 299}, {304, 304}});
  CHECK(sla::to_string(*ranges) == "200-299,304");
  CHECK(has_status(*ranges, 200));
  CHECK(has_status(*ranges, 299));
  CHECK(has_status(*ranges, 304));
  CHECK_FALSE(has_status(*ranges, 300));
  CHECK_FALSE(sla::has_status({}, 200));
}

TEST_CASE("what is no status is refused") {
  for (char const* const text : {"", "200,", "2xx", "99", "600", "299-200", "200-", "-200",
                                 "200--204", "200-204-208", "200 204"}) {
    CAPTURE(text);
    auto const ranges = parse_status_ranges(text);
    REQUIRE_FALSE(ranges);
    CHECK(ranges.error().message == "are no HTTP statuses from 100 to 599, such as 200-299,304");
  }
}
