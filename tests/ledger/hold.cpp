// SPDX-License-Identifier: MIT
#include "sla/ledger/hold.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "tests/support/ledger_story.hpp"

using namespace sla::ledger;

namespace {

std::vector<Record> ending(std::vector<Milliseconds> const& ends) {
  Book book;
  for (Milliseconds const end : ends) book.add(story::Said{.end = end}.event());
  return book.records;
}

}  // namespace

TEST_CASE("the usual hold is twice the median of the distances above 0") {
  CHECK(usual_hold(ending({})) == 0);
  CHECK(usual_hold(ending({5})) == 0);
  CHECK(usual_hold(ending({5, 5})) == 0);
  CHECK(usual_hold(ending({0, 7})) == 14);
  CHECK(usual_hold(ending({0, 7, 7, 17})) == 16);    // 7 and 10: 8
  CHECK(usual_hold(ending({0, 1, 3, 103})) == 4);    // 1, 2, 100
  CHECK(usual_hold(ending({0, 1, 3, 8, 28})) == 6);  // 1, 2, 5, 20: 3
}

TEST_CASE("a boot's own time stands in its id") {
  CHECK(boot_time("0190163d-8694-739b-aea5-966c26f8ad91") == 0x0190163d8694);
  CHECK(boot_time("0190163D-8694-739B-AEA5-966C26F8AD91") == 0x0190163d8694);
  CHECK_FALSE(boot_time("0190163d-8694-439b-aea5-966c26f8ad91"));  // version 4
  CHECK_FALSE(boot_time("0190163d-869g-739b-aea5-966c26f8ad91"));
  CHECK_FALSE(boot_time("boot"));
  CHECK(boot_time(story::boot(123456)) == 123456);
}

TEST_CASE("a first event behind lost ones of a boot without a time begins at the end it names") {
  Book book;
  book.add(story::Said{.end = 50, .boot = "odd", .seq = 3, .previous = 30, .next = 60}.event());
  Surprise seen;
  hold_boot(book.records, {"shop", "", "odd"}, {}, [&](Record const&, Surprise s) { seen = s; });
  CHECK(seen.lost == 2);
  CHECK(book.records[0].previous == 30);
  CHECK(book.records[0].until == 60);
}
