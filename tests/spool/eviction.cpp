// SPDX-License-Identifier: MIT
#include "sla/spool/eviction.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

using namespace sla;
using namespace sla::internal;

namespace {

constexpr std::uint64_t none = 0;

}  // namespace

TEST_CASE("the logs of passes go first, then passes, the other logs, and whatever is oldest") {
  EvictionOrder order;
  order.add(1, eviction_rank(false, false));
  order.add(2, eviction_rank(false, true));
  order.add(3, eviction_rank(true, false));
  order.add(4, eviction_rank(true, true));
  std::vector<std::uint64_t> numbers;
  std::vector<bool> log_only;
  while (auto const next = order.next({}, none)) {
    numbers.push_back(next->number);
    log_only.push_back(next->log_only);
    for (bool const pass : {false, true}) {
      for (bool const log : {false, true}) order.remove(next->number, eviction_rank(pass, log));
    }
  }
  CHECK(numbers == std::vector<std::uint64_t>{4, 3, 2, 1});
  CHECK(log_only == std::vector{true, false, true, false});
}

TEST_CASE("of equals the oldest goes first") {
  EvictionOrder order;
  for (std::uint64_t const number : {30U, 10U, 20U}) order.add(number, EvictionRank::pass);
  CHECK(order.next({}, none)->number == 10);
}

TEST_CASE("neither what is spared nor the newest goes") {
  EvictionOrder order;
  order.add(1, EvictionRank::pass);
  order.add(2, EvictionRank::result);
  order.add(3, EvictionRank::pass);
  CHECK(order.next({1}, 3)->number == 2);
  order.remove(2, EvictionRank::result);
  CHECK(!order.next({1}, 3));
}
