// SPDX-License-Identifier: MIT
#include "sla/core/mutex.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>
#include <type_traits>
#include <vector>

using namespace sla::internal;
using std::chrono::steady_clock;

static_assert(!std::is_copy_constructible_v<Mutex>);
static_assert(!std::is_copy_constructible_v<Lock>);

TEST_CASE("a mutex lets one thread in at a time") {
  Mutex mutex;
  int count = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) {
        Lock lock(mutex);
        ++count;
        lock.unlock();
        lock.lock();
        ++count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(count == 8000);
}

TEST_CASE("a change is heard of, and what holds already is not waited for") {
  Mutex mutex;
  Changes changes;
  int turn = 0;
  std::thread other([&] {
    for (int i = 0; i < 100; ++i) {
      Lock lock(mutex);
      changes.wait_until(lock, sla::Instant::max(), [&] { return turn == 2 * i + 1; });
      ++turn;
      changes.notify();
    }
  });
  for (int i = 0; i < 100; ++i) {
    Lock lock(mutex);
    REQUIRE(changes.wait_until(lock, sla::Instant::max(), [&] { return turn == 2 * i; }));
    ++turn;
    changes.notify();
  }
  other.join();
  CHECK(turn == 200);
  Lock lock(mutex);
  CHECK(changes.wait_until(lock, sla::Instant{}, [] { return true; }));
}

TEST_CASE("a wait ends with its time, and so does one that hears only of other changes") {
  Mutex mutex;
  Changes changes;
  Lock lock(mutex);
  CHECK_FALSE(changes.wait_until(lock, sla::Instant{}, [] { return false; }));
  int looks = 0;
  CHECK_FALSE(changes.wait_until(lock, steady_clock::now() + std::chrono::milliseconds{20}, [&] {
    if (++looks < 5) changes.notify();
    return false;
  }));
  CHECK(looks > 1);
}
