// SPDX-License-Identifier: MIT
#include "sla/ledger/health.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>

using namespace sla;
using namespace std::chrono_literals;
using ledger::Health;

namespace {

WallTime at(std::size_t second) { return WallTime{std::chrono::seconds{second}}; }

/// A letter for each result, one a second: how it stands behind it, in capitals where that changed.
std::string told(Health& health, std::string_view results) {
  std::string out;
  for (std::size_t i = 0; i < results.size(); ++i) {
    bool const changed = health.add(at(i), results[i] == '+').has_value();
    char const letter = "?ud"[static_cast<std::size_t>(health.state())];
    out += changed ? static_cast<char>(letter - 'a' + 'A') : letter;
  }
  return out;
}

}  // namespace

TEST_CASE("so many results in a row change the state, and one of the other kind begins anew") {
  struct Row {
    ledger::Thresholds thresholds;
    std::string_view results, told;
  };
  Row const rows[] = {
      {{3, 2}, "++++", "?uuu"},
      {{3, 2}, "---+", "??Dd"},
      {{3, 2}, "+-+-+-", "??????"},
      {{3, 2},
       "++--+--+---+",
       "?uuuuuuuuu"
       "Dd"},
      {{3, 2}, "---+-++", "??DdddU"},
      {{1, 1}, "+-+--", "uDUDd"},
      {{1, 1}, "-", "D"},
      {{5, 1}, "----+", "????u"},
      {{2, 3}, "--++-+++", "?DdddddU"},
  };
  for (Row const& row : rows) {
    CAPTURE(row.results);
    Health health(row.thresholds);
    CHECK(told(health, row.results) == row.told);
  }
}

TEST_CASE("a change tells since when, and an end how long it was down") {
  Health health({3, 2});
  CHECK_FALSE(health.add(at(10), true));
  CHECK_FALSE(health.add(at(20), true));
  CHECK(health.state() == Health::State::up);
  (void)health.add(at(30), false);
  (void)health.add(at(40), false);
  auto const down = health.add(at(50), false);
  REQUIRE(down);
  CHECK(down->since == at(30));
  CHECK_FALSE(down->down);
  (void)health.add(at(60), true);
  auto const again = health.add(at(70), true);
  REQUIRE(again);
  CHECK(again->since == at(60));
  CHECK(again->down == 30s);
}

TEST_CASE("a clock that was set back makes no outage shorter than nothing") {
  Health health({1, 1});
  (void)health.add(at(100), false);
  CHECK(health.add(at(40), true)->down == 0s);
}

TEST_CASE("what is written goes on where it was") {
  Health before({3, 2});
  (void)told(before, "++--");
  internal::RecordWriter out;
  before.write(out);
  Health after({3, 2});
  internal::RecordReader in(out.bytes());
  while (auto const field = in.next()) after.read(*field);
  CHECK(after.state() == Health::State::up);
  auto const down = after.add(at(9), false);
  REQUIRE(down);
  CHECK(down->since == at(2));
  Health fresh({3, 2});
  fresh.read({.name = 11, .value = "garbage"});
  CHECK(fresh.state() == Health::State::unknown);
}

TEST_CASE("states have the names that events have") {
  CHECK(to_string(Health::State::unknown) == "UNKNOWN");
  CHECK(to_string(Health::State::up) == "UP");
  CHECK(to_string(Health::State::down) == "DOWN");
}
