// SPDX-License-Identifier: MIT
#include "sla/aws/http/adaptive_limits.hpp"

#include <doctest/doctest.h>

#include <chrono>

#include "sla/core/time.hpp"

using namespace sla;
using namespace sla::aws;
using namespace std::chrono_literals;

namespace {

constexpr Stage all[] = {Stage::resolve, Stage::connect, Stage::send, Stage::wait, Stage::receive};

/// A request that was in that stage for so long, and was answered.
StageWatch request(Stage stage, Duration took) {
  Instant now(1h);
  StageWatch watch(now);
  watch.enter(stage, now);
  watch.moved(now + took);
  return watch;
}

Duration limit(AdaptiveLimits const& limits, Stage stage) { return limits.limit(stage, 0); }

}  // namespace

TEST_CASE("a limit that was met is doubled, up to the largest, and no other is") {
  for (Stage const met : all) {
    AdaptiveLimits limits;
    AdaptiveLimits const untouched;
    Duration before = limit(limits, met);
    for (int i = 0; i < 3; ++i) {
      limits.expired(met);
      Duration const after = limit(limits, met);
      CHECK((after == 2 * before || after == limit(limits, met)));
      before = after;
    }
    for (Stage const other : all) {
      CAPTURE(static_cast<int>(other));
      CHECK((limit(limits, other) > limit(untouched, other)) == (met == other));
    }
  }
}

TEST_CASE("the largest limit is as long as what other clients wait, or longer") {
  for (Stage const stage : all) {
    AdaptiveLimits limits;
    for (int i = 0; i < 100; ++i) limits.expired(stage);
    CAPTURE(static_cast<int>(stage));
    CHECK(limit(limits, stage) >= 60s);
    CHECK(limit(limits, stage) <= 4min);
  }
}

TEST_CASE("whatever needs less than the largest limit gets through") {
  for (Duration const needed : {1s, 5s, 13s, 25s, 59s}) {
    for (Stage const stage : all) {
      AdaptiveLimits limits;
      int attempts = 1;
      for (; limit(limits, stage) <= needed; ++attempts) limits.expired(stage);
      CAPTURE(static_cast<int>(stage));
      CHECK(attempts <= 6);
      limits.passed(request(stage, needed));
      CHECK(limit(limits, stage) > needed);  // and the next request at its first attempt
    }
  }
}

TEST_CASE("of several requests that began with the same limit and met it, one counts") {
  AdaptiveLimits limits;
  AdaptiveLimits const begun_with = limits;
  for (int i = 0; i < 3; ++i) limits.expired(Stage::connect, begun_with);
  CHECK(limit(limits, Stage::connect) == 6200ms);
  limits.expired(Stage::connect, limits);
  CHECK(limit(limits, Stage::connect) == 12400ms);
}

TEST_CASE("a stage that is quick again gets its first limit back") {
  AdaptiveLimits limits;
  for (int i = 0; i < 3; ++i) limits.expired(Stage::connect);
  CHECK(limit(limits, Stage::connect) == 24800ms);
  limits.passed(request(Stage::connect, 7s));
  CHECK(limit(limits, Stage::connect) == 24800ms);
  limits.passed(request(Stage::connect, 6s));
  CHECK(limit(limits, Stage::connect) == 12400ms);
  limits.passed(request(Stage::connect, 10ms));
  CHECK(limit(limits, Stage::connect) == 3100ms);
}

TEST_CASE("a request that did not pass through a stage says nothing of it") {
  AdaptiveLimits limits;
  limits.expired(Stage::resolve);
  limits.passed(request(Stage::wait, 10ms));
  CHECK(limit(limits, Stage::resolve) == 60s);
}

TEST_CASE("the answer to a large body may take as long as a proxy needs to pass it on") {
  AdaptiveLimits limits;
  std::uint64_t const size = 16U << 20U;
  CHECK(limits.limit(Stage::wait, size) == 46s);
  CHECK(limits.limit(Stage::send, size) == limits.limit(Stage::send, 0));
  for (int i = 0; i < 10; ++i) limits.expired(Stage::wait);
  CHECK(limits.limit(Stage::wait, 0) == 90s);
  CHECK(limits.limit(Stage::wait, size) == 184s);
}

TEST_CASE("a stage that goes on has its time from its last movement") {
  Instant const start(1h);
  StageWatch watch(start);
  CHECK(watch.stage() == Stage::connect);
  watch.enter(Stage::send, start + 1s);
  watch.moved(start + 5s);
  watch.moved(start + 6s);
  watch.enter(Stage::send, start + 8s);  // no news
  CHECK(watch.since() == start + 6s);
  watch.enter(Stage::wait, start + 9s);
  CHECK(watch.since() == start + 9s);
  CHECK(watch.longest(Stage::connect) == 1s);
  CHECK(watch.longest(Stage::send) == 4s);
  CHECK(watch.longest(Stage::wait) == 0s);
}

TEST_CASE("each stage has words of its own") {
  CHECK(late_message(Stage::resolve) == "could not resolve the name in time");
  CHECK(late_message(Stage::receive) == "no end of the answer in time");
}
