// SPDX-License-Identifier: MIT
#include "sla/executor/degraded_if_slow.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>

#include "../support/fake_clock.hpp"

using namespace sla;
using namespace std::chrono_literals;

namespace {

/// Takes its time.
struct Taking {
  FakeTime* time;
  Duration duration;
  Outcome outcome{};

  Result<Outcome> execute(Job const&, Stop const&) {
    time->advance(duration);
    return outcome;
  }
};

Outcome run(Duration duration, std::optional<Duration> limit, Outcome const& outcome = {}) {
  FakeTime time;
  DegradedIfSlow executor{Taking{&time, duration, outcome}, limit, FakeClock{time}};
  auto done = executor.execute({}, Stop{});
  REQUIRE(done);
  return *std::move(done);
}

}  // namespace

TEST_CASE("a pass that took longer is degraded, and says how long it took") {
  auto const slow = run(1500ms, 1s);
  CHECK(slow.verdict == Verdict::pass);
  CHECK(slow.degraded);
  CHECK(slow.reason == "took 1.500 s, expected at most 1.000 s");
  CHECK_FALSE(run(1s, 1s).degraded);
  CHECK_FALSE(run(1h, std::nullopt).degraded);
}

TEST_CASE("what did not pass is not degraded, and a reason that is there stays") {
  CHECK_FALSE(run(2s, 1s, {.verdict = Verdict::fail}).degraded);
  CHECK_FALSE(run(2s, 1s, {.verdict = Verdict::unknown}).degraded);
  auto const both = run(2s, 1s, {.reason = "few days left"});
  CHECK(both.degraded);
  CHECK(both.reason == "few days left");
}

TEST_CASE("the end that the executor says is the one that counts") {
  FakeTime time;
  Outcome const outcome{.ended = time.now + 1s};
  DegradedIfSlow executor{Taking{&time, 5s, outcome}, 2s, FakeClock{time}};
  CHECK_FALSE(executor.execute({}, Stop{})->degraded);
}
