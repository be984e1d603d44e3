// SPDX-License-Identifier: MIT
#include "sla/ledger/exclusion.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace sla::ledger;

TEST_CASE("exclusions are lines of JSON") {
  auto const all = read_exclusions(
      "\xEF\xBB\xBF"
      R"({"from":"2026-01-31T22:00:00Z","to":"2026-02-01T01:00:00.250+01:00","service":"shop","reason":"move"})"
      "\n\r\n"
      R"({"from":"2026-01-31T22:00:00Z","to":"2026-01-31T23:00:00Z","group":"*"})");
  REQUIRE(all);
  REQUIRE(all->size() == 2);
  CHECK((*all)[0].service == "shop");
  CHECK((*all)[0].reason == "move");
  CHECK((*all)[0].window.from == 1'769'896'800'000);
  CHECK((*all)[0].window.to == 1'769'904'000'250);
  CHECK((*all)[1].group == "*");
}

TEST_CASE("what is wrong with an exclusion is said with its line") {
  for (
      auto const& row : std::vector<std::pair<std::string, std::string>>{
          {"maintenance", "line 2: it is not JSON"},
          {"[]", "line 2: it is JSON but no object"},
          {R"({"to":"2026-01-31T22:00:00Z","service":"a"})", "line 2: its from is no time"},
          {R"({"from":1,"to":2,"service":"a"})", "line 2: its from is no time"},
          {R"({"from":"2026-01-31T22:00:00Z","to":"tomorrow","service":"a"})",
           "line 2: its to is no time"},
          {R"({"from":"2026-01-31T22:00:00Z","to":"2026-01-31T22:00:00Z","service":"a"})",
           "line 2: it ends before it begins"},
          {R"({"from":"2026-01-31T22:00:00Z","to":"2026-01-31T23:00:00Z"})",
           "line 2: it must name either"},
          {R"({"from":"2026-01-31T22:00:00Z","to":"2026-01-31T23:00:00Z","service":"a","group":"b"})",
           "line 2: it must name either"}}) {
    CAPTURE(row.first);
    auto const read = read_exclusions("\n" + row.first + "\n");
    REQUIRE_FALSE(read);
    CHECK(read.error().message.starts_with(row.second));
  }
}

TEST_CASE("a time is read to the millisecond") {
  CHECK(parse_time("1970-01-01T00:00:01.5Z") == 1500);
  CHECK(parse_time("1970-01-01T00:00:01.2349Z") == 1234);
  CHECK(parse_time("1970-01-01T01:00:01+01:00") == 1000);
  CHECK_FALSE(parse_time("1970-01-01"));
  CHECK_FALSE(parse_time(""));
}
