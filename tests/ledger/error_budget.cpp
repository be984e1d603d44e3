// SPDX-License-Identifier: MIT
#include "sla/ledger/error_budget.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "sla/core/record.hpp"

using namespace sla;
using namespace sla::ledger;
using namespace std::chrono_literals;

namespace {

Target target(std::string_view good, Duration window = 720h, std::uint64_t min_failures = 3) {
  return {*parse_percentage(good), window, min_failures};
}

constexpr WallTime begin{std::chrono::seconds{1'700'000'000}};

/// A check that runs again and again.
struct Check {
  explicit Check(Target of, Duration the_period = 1min) : budget(of), period(the_period) {}

  void run(bool good) {
    budget.add(now, good);
    now += period;
  }
  void pass_for(Duration time) {
    for (WallTime const end = now + time; now < end;) run(true);
  }
  ErrorBudget budget;
  Duration period;
  WallTime now = begin;
};

ErrorBudget kept(ErrorBudget const& before, Target of) {
  internal::RecordWriter out;
  before.write(out);
  CHECK(out.bytes().size() <= 16'384);
  ErrorBudget after(of);
  internal::RecordReader in(out.bytes());
  while (auto const field = in.next()) after.read(*field);
  return after;
}

}  // namespace

TEST_CASE("so many failures in a row are a page, by target, pace and how many there must be") {
  struct Row {
    std::string_view good;
    Duration period;
    std::uint64_t min_failures;
    int page;  ///< with which failure; 0 is never
  };
  Row const rows[] = {
      {"99.9", 1min, 3, 3}, {"99.9", 1min, 1, 1}, {"99.9", 10s, 3, 6}, {"99.99", 1min, 3, 3},
      {"99", 1min, 3, 9},   {"95", 1min, 3, 47},  {"99.9", 1h, 3, 3},  {"99.9", 1h, 5, 5},
      {"100", 1min, 3, 3},  {"0", 1min, 3, 0},
  };
  for (Row const& row : rows) {
    CAPTURE(row.good);
    CAPTURE(row.period.count());
    Check check(target(row.good, 720h, row.min_failures), row.period);
    check.pass_for(96h);
    int page = 0;
    for (int failure = 1; failure <= 200 && page == 0; ++failure) {
      check.run(false);
      if (check.budget.alert() == Alert::page) page = failure;
    }
    CHECK(page == row.page);
  }
}

TEST_CASE("one failure now and then raises what its rate over hours and days is worth") {
  struct Row {
    Duration every;
    Alert alert;
  };
  Row const rows[] = {
      {100min, Alert::page}, {200min, Alert::ticket}, {12h, Alert::ticket}, {25h, Alert::none}};
  for (Row const& row : rows) {
    CAPTURE(row.every.count());
    Check check(target("99.9"));
    check.pass_for(96h);
    for (int i = 0; i < 10; ++i) {
      check.run(false);
      if (i == 9) CHECK(to_string(check.budget.alert()) == to_string(row.alert));
      check.pass_for(row.every - 1min);
    }
  }
}

TEST_CASE("an alert ends once the short window has passed") {
  Check check(target("99.9"));
  check.pass_for(96h);
  for (int i = 0; i < 3; ++i) check.run(false);
  CHECK(check.budget.alert() == Alert::page);
  check.pass_for(36min);
  CHECK(check.budget.alert() != Alert::page);
  check.pass_for(7h);
  CHECK(check.budget.alert() == Alert::none);
}

TEST_CASE("the budget is what the results within the window allow, in whole failures") {
  Check check(target("99.9"));
  CHECK(check.budget.results().good == 0);
  CHECK(check.budget.budget() == 0);
  for (int day = 0; day < 30; ++day) {
    check.run(false);
    CHECK_FALSE(check.budget.complete());
    check.pass_for(24h - 1min);
  }
  Results const results = check.budget.results();
  CHECK(results.good + results.bad <= 43'200);
  CHECK(results.good + results.bad > 43'200 - 60);
  CHECK(results.bad == 29);  // the first one is an hour too old
  CHECK(check.budget.budget() == 43);
  check.run(true);
  CHECK(check.budget.complete());
  check.pass_for(720h);
  CHECK(check.budget.results().bad == 0);
}

TEST_CASE("a pause empties the buckets that it passes, however long it is") {
  for (Duration const pause : {Duration{2h}, Duration{800h}, Duration{1h * 24 * 365 * 30}}) {
    Check check(target("99.9", 2h));
    check.run(false);
    check.now += pause;
    check.run(true);
    CHECK(check.budget.results().bad == 0);
    CHECK(check.budget.results().good == 1);
  }
}

TEST_CASE("a clock that is set back a little counts on, one that is set back far begins anew") {
  Check check(target("99.9"));
  check.pass_for(3h);
  check.now -= 2h;
  check.run(false);
  CHECK(check.budget.results().good == 180);
  CHECK(check.budget.results().bad == 1);
  check.now -= 1h * 24 * 365;
  check.run(false);
  CHECK(check.budget.results().good == 0);
  CHECK(check.budget.results().bad == 1);
}

TEST_CASE("what is kept goes on where it was, in 16 KiB at most") {
  for (Duration const window : {Duration{1h}, Duration{720h}, Duration{longest_window}}) {
    Check check(target("99.9", window));
    check.pass_for(96h);
    for (int i = 0; i < 3; ++i) check.run(false);
    ErrorBudget after = kept(check.budget, target("99.9", window));
    CHECK(after.alert() == Alert::page);
    CHECK(after.results().good == check.budget.results().good);
    CHECK(after.complete() == check.budget.complete());
    after.add(check.now, true);
    check.run(true);
    CHECK(after.budget() == check.budget.budget());
  }
}

TEST_CASE("of a window that is longer than what was kept only that is known") {
  Check check(target("99.9", 100h));
  check.pass_for(1h * 24 * 40);
  ErrorBudget const longer = kept(check.budget, target("99.9", 720h));
  CHECK_FALSE(longer.complete());
  CHECK(longer.results().good <= 100 * 60);
  CHECK(longer.results().good > 99 * 60);
  CHECK(kept(check.budget, target("99.9", 80h)).complete());
}

TEST_CASE("what makes no sense is not taken over") {
  ErrorBudget budget(target("99.9"));
  for (std::string_view const bytes : {"", "1234567", "123456789"}) {
    budget.read({.name = 3, .value = bytes});
    budget.read({.name = 4, .value = bytes});
  }
  budget.add(begin, false);
  CHECK(budget.results().bad == 1);
}
