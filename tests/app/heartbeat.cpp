// SPDX-License-Identifier: MIT
#include "sla/app/heartbeat.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

using namespace sla;
using namespace sla::app;
using namespace std::chrono_literals;

namespace {

/// What the kernel shows of a timer with that interval.
std::string shown(timespec interval) {
  return "pos:\t0\nflags:\t02000002\nclockid: 1\nticks: 0\nit_value: (0, 0)\nit_interval: (" +
         std::to_string(interval.tv_sec) + ", " + std::to_string(interval.tv_nsec) + ")\n";
}

}  // namespace

TEST_CASE("a promise is read as it was written, to the tenth of a second") {
  for (auto const activity : {Activity::starting, Activity::waiting, Activity::stopping}) {
    for (Duration const due : {Duration{1s}, Duration{1234567s + 800ms}, Duration{1h + 30ms}}) {
      auto const promise =
          app::detail::read_promise(shown(app::detail::written({activity, Instant{due}})));
      REQUIRE(promise);
      CHECK(promise->activity == activity);
      CHECK(promise->due <= Instant{due});
      CHECK(promise->due > Instant{due - 100ms});
    }
  }
}

TEST_CASE("a promise for whenever, or for long ago, is one that the kernel can keep") {
  auto const whenever = app::detail::written({Activity::waiting, Instant::max()});
  CHECK(whenever.tv_sec < 9'223'372'036);
  CHECK(app::detail::read_promise(shown(whenever))->due > Instant{24h * 365 * 200});
  auto const past =
      app::detail::read_promise(shown(app::detail::written({Activity::running, Instant{-5h}})));
  REQUIRE(past);
  CHECK(past->due == Instant{1s});
}

TEST_CASE("what is no promise is none") {
  CHECK_FALSE(app::detail::read_promise(""));
  CHECK_FALSE(app::detail::read_promise("it_interval: ("));
  CHECK_FALSE(app::detail::read_promise("it_interval: (1, 2"));
  CHECK_FALSE(app::detail::read_promise("it_interval: (1, 2)"));
  CHECK_FALSE(app::detail::read_promise("it_interval: (x, 731946010)"));
  CHECK_FALSE(app::detail::read_promise("it_interval: (1)"));
  CHECK_FALSE(app::detail::read_promise(shown({1, 731946090})));
}
