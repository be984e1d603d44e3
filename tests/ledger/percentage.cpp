// SPDX-License-Identifier: MIT
#include "sla/ledger/percentage.hpp"

#include <doctest/doctest.h>

#include <string_view>

using namespace sla::ledger;

TEST_CASE("a percentage is exact, and written as a number of JSON") {
  struct Row {
    std::string_view text;
    std::int64_t millionths;
    std::string_view written;
  };
  Row const rows[] = {
      {"99.9", 999'000, "99.9"},     {"100", 1'000'000, "100"},       {"0", 0, "0"},
      {"099.90", 999'000, "99.9"},   {"99.9999", 999'999, "99.9999"}, {"0.0001", 1, "0.0001"},
      {"100.0000", 1'000'000, "100"}};
  for (Row const& row : rows) {
    CAPTURE(row.text);
    auto const read = parse_percentage(row.text);
    REQUIRE(read);
    CHECK(read->millionths == row.millionths);
    CHECK(read->text() == row.written);
  }
}

TEST_CASE("anything else is none") {
  for (std::string_view const text : {"", ".", "99.", ".9", "99.99999", "100.0001", "101", "-1",
                                      "+1", "1e1", "99,9", "99.9 ", "99.9%", "9.9.9"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_percentage(text));
  }
}
