// SPDX-License-Identifier: MIT
#include "sla/ledger/durations.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

using namespace sla::ledger;

TEST_CASE("without a duration there is no quantile") { CHECK_FALSE(Durations{}.quantile(50)); }

TEST_CASE("small durations are told exactly, and what is negative is none") {
  Durations durations;
  for (std::int64_t const each : {5, 1, 3, 2, 4}) durations.add(each);
  CHECK(durations.quantile(50) == 3);
  CHECK(durations.quantile(95) == 5);
  CHECK(durations.quantile(1) == 1);
  Durations negative;
  negative.add(-7);
  CHECK(negative.quantile(50) == 0);
}

TEST_CASE("a quantile is within a thirtieth below the exact one, in any order") {
  std::mt19937 random(7);
  std::vector<std::int64_t> all;
  for (int i = 0; i < 2000; ++i) {
    all.push_back(static_cast<std::int64_t>(random() % (1U << (random() % 32))));
  }
  Durations one, other;
  for (std::int64_t const each : all) one.add(each);
  std::sort(all.begin(), all.end());
  for (std::int64_t const each : all) other.add(each);
  for (std::uint64_t const percent : {1U, 50U, 95U, 100U}) {
    std::int64_t const exact = all[(all.size() * percent + 99) / 100 - 1];
    std::int64_t const told = one.quantile(percent).value();
    CHECK(told <= exact);
    CHECK(told >= exact - exact / 30 - 1);
    CHECK(other.quantile(percent) == told);
  }
}
