// SPDX-License-Identifier: MIT
#include "sla/spool/eviction.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

using namespace sla;

namespace {

constexpr std::uint64_t none = 0;

}  // namespace

TEST_CASE("the logs of passes go first, then passes, the other logs, and whatever is oldest") {
  EvictionOrder order;
  order.add(1, sacrifice(false, false));
  order.add(2, sacrifice(false, true));
  order.add(3, sacrifice(true, false));
  order.add(4, sacrifice(true, true));
  std::vector<std::uint64_t> numbers;
  std::vector<bool> log_only;
  while (auto const next = order.next(none, none)) {
    numbers.push_back(next->number);
    log_only.push_back(next->log_only);
    for (bool const pass : {false, true}) {
      for (bool const log : {false, true}) order.remove(next->number, sacrifice(pass, log));
    }
  }
  CHECK(numbers == std::vector<std::uint64_t>{4, 3, 2, 1});
  CHECK(log_only == std::vector{true, false, true, false});
}

TEST_CASE("of equals the oldest goes first") {
  EvictionOrder order;
  for (std::uint64_t const number : {30U, 10U, 20U}) order.add(number, Sacrifice::pass);
  CHECK(order.next(none, none)->number == 10);
}

TEST_CASE("neither what is spared nor the newest goes") {
  EvictionOrder order;
  order.add(1, Sacrifice::pass);
  order.add(2, Sacrifice::result);
  order.add(3, Sacrifice::pass);
  CHECK(order.next(1, 3)->number == 2);
  order.remove(2, Sacrifice::result);
  CHECK(!order.next(1, 3));
}
