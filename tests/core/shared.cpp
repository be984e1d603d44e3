// SPDX-License-Identifier: MIT
#include "sla/core/shared.hpp"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

using sla::internal::Shared;

static_assert(std::is_nothrow_move_constructible_v<Shared<int>>);
static_assert(std::is_nothrow_copy_constructible_v<Shared<int>>);
static_assert(std::is_convertible_v<Shared<int>, Shared<void>>);
static_assert(std::is_convertible_v<Shared<int>, Shared<int const>>);
static_assert(!std::is_convertible_v<Shared<int const>, Shared<int>>);

namespace {

/// Counts how many there are.
struct Counted {
  explicit Counted(int& the_count) : count(the_count) { ++count; }
  Counted(Counted const&) = delete;
  Counted& operator=(Counted const&) = delete;
  ~Counted() { --count; }
  int& count;
};

}  // namespace

TEST_CASE("the last holder deletes the value") {
  int count = 0;
  auto first = Shared<Counted>::make(count);
  CHECK(first.is_sole());
  auto second = first;
  CHECK_FALSE(first.is_sole());
  first = nullptr;
  CHECK_FALSE(first);
  CHECK(count == 1);
  auto third = std::move(second);
  CHECK(third.is_sole());
  third = Shared<Counted>(third);
  CHECK(third.is_sole());
  CHECK(count == 1);
  third = Shared<Counted>::make(count);
  CHECK(count == 1);
  third = {};
  CHECK(count == 0);
}

TEST_CASE("who holds it as something else holds it all the same") {
  int count = 0;
  Shared<void> any = Shared<Counted>::make(count);
  CHECK(any);
  CHECK(count == 1);
  any = nullptr;
  CHECK(count == 0);

  Shared<std::string const> const text = Shared<std::string>::make(3U, 'x');
  CHECK(*text == "xxx");
  CHECK(text->size() == 3);
  CHECK(text.get() == &*text);
}

TEST_CASE("threads may each have a holder") {
  int count = 0;
  {
    auto const held = Shared<Counted>::make(count);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([held] {
        for (int n = 0; n < 1000; ++n) auto const another = held;
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(held.is_sole());
    CHECK(count == 1);
  }
  CHECK(count == 0);
}
