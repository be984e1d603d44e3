// SPDX-License-Identifier: MIT
#include "sla/scheduler/one_of.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>

#include "sla/scheduler/fixed_rate.hpp"
#include "sla/scheduler/once.hpp"

using namespace sla;
using std::chrono::seconds;

namespace {

/// Wants to know when a run begins.
struct Curious {
  std::optional<Instant> next(Instant now) { return begun.value_or(now) + seconds{1}; }
  void began(Instant at) { begun = at; }

  std::optional<Instant> begun{};
};

using Chosen = OneOf<Once, FixedRate, Curious>;

}  // namespace

TEST_CASE("it does what the scheduler in it does") {
  Chosen once = Once{};
  CHECK(once.next(Instant{}).has_value());
  CHECK_FALSE(once.next(Instant{}).has_value());

  Chosen rate = FixedRate(seconds{10});
  auto const first = rate.next(Instant{});
  REQUIRE(first);
  CHECK(rate.next(*first) == *first + seconds{10});
}

TEST_CASE("a run that begins is said to a scheduler that wants to know, and to no other") {
  Chosen curious = Curious{};
  curious.began(Instant{} + seconds{5});
  CHECK(curious.next(Instant{}) == Instant{} + seconds{6});
  Chosen once = Once{};
  once.began(Instant{} + seconds{5});
  CHECK(once.next(Instant{}).has_value());
}

TEST_CASE("skipped slots are those of the scheduler in it, or none") {
  Chosen rate = FixedRate(seconds{10});
  auto const first = rate.next(Instant{});
  REQUIRE(first);
  CHECK(rate.missed() == 0);
  (void)rate.next(*first + seconds{35});
  FixedRate alone(seconds{10});
  (void)alone.next(Instant{});
  (void)alone.next(*first + seconds{35});
  CHECK(alone.missed() > 0);
  CHECK(rate.missed() == alone.missed());
  CHECK(Chosen(Once{}).missed() == 0);
}
