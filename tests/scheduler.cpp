// SPDX-License-Identifier: MIT
#include "sla/scheduler.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>

using namespace sla;

namespace {

struct Minimal {
  std::optional<Instant> next(Instant now) { return now; }
};
struct MoveOnly : Minimal {
  std::unique_ptr<int> owned;
};
struct WithoutNext {};
struct NextThatKnowsNoTime {
  std::optional<Instant> next() { return std::nullopt; }
};
struct NextOfWallTime {
  std::optional<Instant> next(WallTime) { return std::nullopt; }
};
struct NextWithoutAnEnd {
  Instant next(Instant now) { return now; }
};
struct NextAfterADuration {
  std::optional<Duration> next(Instant) { return std::nullopt; }
};
struct NotMovable : Minimal {
  NotMovable(NotMovable&&) = delete;
};
class PrivateNext {
  std::optional<Instant> next(Instant now) { return now; }
};

}  // namespace

static_assert(Scheduler<Minimal>);
static_assert(Scheduler<MoveOnly>);
static_assert(!Scheduler<WithoutNext>);
static_assert(!Scheduler<NextThatKnowsNoTime>);
static_assert(!Scheduler<NextOfWallTime>);
static_assert(!Scheduler<NextWithoutAnEnd>);
static_assert(!Scheduler<NextAfterADuration>);
static_assert(!Scheduler<NotMovable>);
static_assert(!Scheduler<PrivateNext>);
static_assert(!Scheduler<Minimal const>);
static_assert(!Scheduler<int>);

TEST_CASE("a function of time is all that a scheduler has to be") {
  CHECK(Minimal{}.next(Instant{}) == Instant{});
}
