// SPDX-License-Identifier: MIT
#include "sla/core/clock.hpp"

#include <doctest/doctest.h>
#include <signal.h>

#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "../support/child_process.hpp"
#include "../support/fake_clock.hpp"

using namespace sla;
using namespace std::chrono_literals;

namespace {

struct Minimal {
  Instant now() { return {}; }
  WallTime wall() { return {}; }
  Wake wait_until(Instant, Stop const&) { return Wake::due; }
  void sleep_until(Instant) {}
};
struct WithoutNow {
  WallTime wall() { return {}; }
  Wake wait_until(Instant, Stop const&) { return Wake::due; }
  void sleep_until(Instant) {}
};
struct NowOfAnotherClock : Minimal {
  WallTime now() { return {}; }
};
struct WithoutWall {
  Instant now() { return {}; }
  Wake wait_until(Instant, Stop const&) { return Wake::due; }
  void sleep_until(Instant) {}
};
struct WallOfAnotherClock : Minimal {
  Instant wall() { return {}; }
};
struct WithoutWait {
  Instant now() { return {}; }
  WallTime wall() { return {}; }
  void sleep_until(Instant) {}
};
struct WaitThatKnowsNoStop : WithoutWait {
  Wake wait_until(Instant) { return Wake::due; }
};
struct WaitThatDoesNotSayWhy : WithoutWait {
  void wait_until(Instant, Stop const&) {}
};
struct WithoutSleep {
  Instant now() { return {}; }
  WallTime wall() { return {}; }
  Wake wait_until(Instant, Stop const&) { return Wake::due; }
};
struct SleepWithAResult : WithoutSleep {
  Wake sleep_until(Instant) { return Wake::due; }
};
struct NotMovable : Minimal {
  NotMovable(NotMovable&&) = delete;
};
struct MoveOnly : Minimal {
  std::unique_ptr<int> owned;
};

}  // namespace

static_assert(Clock<Minimal>);
static_assert(Clock<MoveOnly>);
static_assert(!Clock<WithoutNow>);
static_assert(!Clock<NowOfAnotherClock>);
static_assert(!Clock<WithoutWall>);
static_assert(!Clock<WallOfAnotherClock>);
static_assert(!Clock<WithoutWait>);
static_assert(!Clock<WaitThatKnowsNoStop>);
static_assert(!Clock<WaitThatDoesNotSayWhy>);
static_assert(!Clock<WithoutSleep>);
static_assert(!Clock<SleepWithAResult>);
static_assert(!Clock<NotMovable>);
static_assert(!Clock<int>);

TEST_CASE("a relative time for poll is never negative and splits into seconds and the rest") {
  struct Row {
    Duration duration;
    time_t seconds;
    long nanoseconds;
  };
  Row const rows[] = {{0ns, 0, 0},
                      {1ns, 0, 1},
                      {999'999'999ns, 0, 999'999'999},
                      {1s, 1, 0},
                      {2500ms, 2, 500'000'000},
                      {-1ns, 0, 0},
                      {Duration::min(), 0, 0},
                      {Duration::max(), 9'223'372'036, 854'775'807}};
  for (Row const& row : rows) {
    timespec const got = to_timespec(row.duration);
    CHECK(got.tv_sec == row.seconds);
    CHECK(got.tv_nsec == row.nanoseconds);
  }
}

TEST_CASE("the steady clock only goes forward, and the wall clock is today's") {
  SteadyClock const clock;
  Instant const first = clock.now();
  CHECK(clock.now() >= first);
  CHECK(clock.wall() > WallTime{std::chrono::seconds{1'577'836'800}});
}

TEST_CASE("an instant that is past or now is due at once, however long ago it was") {
  SteadyClock const clock;
  Stop const stop;
  CHECK(clock.wait_until(clock.now(), stop) == Wake::due);
  CHECK(clock.wait_until(clock.now() - 24h, stop) == Wake::due);
  CHECK(clock.wait_until(Instant{}, stop) == Wake::due);
  auto const end = in_child(
      [] { return SteadyClock{}.wait_until(Instant::min(), Stop{}) == Wake::due ? 0 : 1; });
  CHECK(end.exit_code == 0);
}

TEST_CASE("a wait does not end before its instant") {
  SteadyClock const clock;
  Stop const stop;
  Instant const until = clock.now() + 2ms;
  CHECK(clock.wait_until(until, stop) == Wake::due);
  CHECK(clock.now() >= until);
}

TEST_CASE("a sleep does not end before its instant, and one into the past is none") {
  SteadyClock const clock;
  Instant const until = clock.now() + 2ms;
  clock.sleep_until(until);
  CHECK(clock.now() >= until);
  clock.sleep_until(clock.now() - 24h);
  clock.sleep_until(Instant{});
}

TEST_CASE("a sleep until the earliest instant there is is none") {
  auto const end = in_child([] {
    SteadyClock{}.sleep_until(Instant::min());
    return 0;
  });
  CHECK(end.exit_code == 0);
}

TEST_CASE("a stop wins over an instant that is due and over a run out of turn") {
  SteadyClock const clock;
  auto const stop = Stop::on_signals();
  REQUIRE(stop.has_value());
  ::raise(SIGUSR1);
  stop->request();
  CHECK(clock.wait_until(clock.now() - 1s, *stop) == Wake::stopped);
  CHECK(clock.wait_until(clock.now() + 24h, *stop) == Wake::stopped);
}

TEST_CASE("a run out of turn ends the wait once") {
  SteadyClock const clock;
  auto const stop = Stop::on_signals();
  REQUIRE(stop.has_value());
  ::raise(SIGUSR1);
  CHECK(clock.wait_until(clock.now() + 24h, *stop) == Wake::run_now);
  CHECK(clock.wait_until(clock.now(), *stop) == Wake::due);
}

TEST_CASE("news that are neither a stop nor a run do not end the wait") {
  SteadyClock const clock;
  auto const stop = Stop::on_signals();
  REQUIRE(stop.has_value());
  ::raise(SIGHUP);
  ::raise(SIGCHLD);
  Instant const until = clock.now() + 2ms;
  CHECK(clock.wait_until(until, *stop) == Wake::due);
  CHECK(clock.now() >= until);
  CHECK(stop->take_child_ended());
}

TEST_CASE("a request from another thread ends a wait without end") {
  SteadyClock const clock;
  Stop const stop;
  std::thread other([&] { stop.request(); });
  CHECK(clock.wait_until(Instant::max(), stop) == Wake::stopped);
  other.join();
}

TEST_CASE("await_news returns at once where there are news or the instant is past") {
  Stop const stop;
  await_news(std::chrono::steady_clock::now() - 1s, stop);
  stop.request();
  await_news(std::chrono::steady_clock::now() + 24h, stop);
  CHECK(stop.level() == StopLevel::finish);
}
