// SPDX-License-Identifier: MIT
#include "sla/app/checks/shared_heartbeat.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>

#include "sla/app/heartbeat.hpp"
#include "sla/core/descriptor.hpp"

using namespace sla;
using app::Activity;
using std::chrono::seconds;

namespace {

/// What this process shows of its one heartbeat.
std::optional<app::Promise> shown() {
  std::optional<app::Promise> found;
  for (int number = 0; number < 64; ++number) {
    auto const text = internal::read_file("/proc/self/fdinfo/" + std::to_string(number), 4096);
    auto const promise = text ? app::detail::read_promise(*text) : std::nullopt;
    if (promise) found = promise;
  }
  return found;
}

}  // namespace

TEST_CASE("the first of all promises is the one that is shown, and waiting promises nothing") {
  app::SharedHeartbeat const one{app::Heartbeat{}};
  auto const two = one.another();
  auto const three = two.another();
  REQUIRE(shown());
  CHECK(shown()->activity == Activity::waiting);
  Instant const never = shown()->due;
  Instant const now{std::chrono::floor<seconds>(std::chrono::steady_clock::now())};

  two.promise(Activity::running, now + seconds{50});
  CHECK(shown()->due == now + seconds{50});
  three.promise(Activity::running, now + seconds{70});
  CHECK(shown()->due == now + seconds{50});
  two.promise(Activity::publishing, now + seconds{60});
  CHECK(shown()->due == now + seconds{60});
  CHECK(shown()->activity == Activity::publishing);
  two.rest();
  CHECK(shown()->due == now + seconds{70});
  CHECK(shown()->activity == Activity::running);
  one.promise(Activity::running, Instant::max());  // a run without a limit
  CHECK(shown()->due == now + seconds{70});
  three.rest();
  CHECK(shown()->due == never);
}
