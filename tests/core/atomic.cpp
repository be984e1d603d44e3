// SPDX-License-Identifier: MIT
#include "sla/core/atomic.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <thread>
#include <type_traits>
#include <vector>

using sla::internal::Atomic;

static_assert(!std::is_copy_constructible_v<Atomic<int>>);
static_assert(!std::is_copy_assignable_v<Atomic<int>>);
static_assert(sizeof(Atomic<bool>) == sizeof(bool));
static_assert(alignof(Atomic<std::uint64_t>) == sizeof(std::uint64_t));

TEST_CASE("every operation changes the value and tells of the one before") {
  Atomic<std::uint64_t> number = 1;
  CHECK(number.exchange(2) == 1);
  CHECK(number.fetch_add(3) == 2);
  CHECK(number.fetch_sub(1) == 5);
  CHECK(number.fetch_or(3) == 4);
  CHECK(++number == 8);
  CHECK(--number == 7);
  number.store(9);
  CHECK(number.load() == 9);
  number = 10;
  CHECK(number == 10U);
}

TEST_CASE("a value is set only in place of the expected one") {
  int first = 0;
  int second = 0;
  Atomic<int*> place = nullptr;
  int* expected = nullptr;
  CHECK(place.compare_exchange_strong(expected, &first));
  CHECK_FALSE(place.compare_exchange_strong(expected, &second));
  CHECK(expected == &first);
  CHECK(place.load() == &first);
}

TEST_CASE("no change of another thread is lost, and what was written before it is seen") {
  Atomic<int> count = 0;
  Atomic<bool> go = false;
  int written = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      while (!go) std::this_thread::yield();
      for (int n = 0; n < written; ++n) ++count;
    });
  }
  written = 1000;
  go = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(count == 4000);
}
