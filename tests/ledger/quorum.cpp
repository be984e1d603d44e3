// SPDX-License-Identifier: MIT
#include "sla/ledger/quorum.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace sla::ledger;

namespace {

/// `u`p, `d`own, `?` unknown, `x` excluded, `-` unmonitored
State state_of(char c) {
  return c == 'u'   ? State::up
         : c == 'd' ? State::down
         : c == '?' ? State::unknown
         : c == 'x' ? State::excluded
                    : State::unmonitored;
}

std::vector<Stretch> lines(std::string const& states) {
  std::vector<Stretch> all;
  for (char const c : states) all.push_back({.from = 0, .state = state_of(c)});
  return all;
}

struct Row {
  char const* locations;
  char const* majority;
  char const* any;
  char const* all;
  char const* two;
};

}  // namespace

TEST_CASE("a service is down when the quorum of those who know says so") {
  for (Row const row :
       {Row{"", "-", "-", "-", "-"}, Row{"--", "-", "-", "-", "-"}, Row{"-?", "?", "?", "?", "?"},
        Row{"u", "u", "u", "u", "u"}, Row{"d", "d", "d", "d", "u"}, Row{"ud", "d", "d", "u", "u"},
        Row{"uud", "u", "d", "u", "u"}, Row{"udd", "d", "d", "u", "d"},
        Row{"ddd", "d", "d", "d", "d"}, Row{"d--?", "d", "d", "d", "u"},
        Row{"uudd", "d", "d", "u", "d"}, Row{"uuudd", "u", "d", "u", "d"},
        Row{"u?", "u", "u", "u", "u"}}) {
    CAPTURE(row.locations);
    auto const now = lines(row.locations);
    CHECK(decide_service(now, *parse_quorum("majority")).state == state_of(*row.majority));
    CHECK(decide_service(now, *parse_quorum("any")).state == state_of(*row.any));
    CHECK(decide_service(now, *parse_quorum("all")).state == state_of(*row.all));
    CHECK(decide_service(now, *parse_quorum("2")).state == state_of(*row.two));
  }
}

TEST_CASE("a group is the worst of its services that are not excluded") {
  for (auto const& row : std::vector<std::pair<std::string, char>>{{"x", 'x'},
                                                                   {"xx", 'x'},
                                                                   {"xu", 'u'},
                                                                   {"xud?-", 'd'},
                                                                   {"u?-", '?'},
                                                                   {"u-x", '-'},
                                                                   {"uu", 'u'},
                                                                   {"x-", '-'}}) {
    CAPTURE(row.first);
    CHECK(decide_group(lines(row.first)).state == state_of(row.second));
  }
}

TEST_CASE("a quorum is read as it is written") {
  for (char const* const text : {"majority", "any", "all", "1", "17"}) {
    REQUIRE(parse_quorum(text));
    CHECK(to_string(*parse_quorum(text)) == text);
  }
  for (char const* const text : {"", "0", "-1", "1.5", "most", "ALL", " 1"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_quorum(text));
  }
}

TEST_CASE("an outage begins with the event of the location that made it one") {
  std::vector<Stretch> const now{{.from = 10, .state = State::down, .event = 1},
                                 {.from = 30, .state = State::down, .event = 2},
                                 {.from = 30, .state = State::down, .event = 3},
                                 {.from = 40, .state = State::up, .event = 4}};
  CHECK(decide_service(now, {}).event == 2);
}
