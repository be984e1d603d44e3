// SPDX-License-Identifier: MIT
#include "sla/app/checks/on_grid.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string>

#include "sla/core/time.hpp"
#include "sla/scheduler/fixed_rate.hpp"
#include "sla/scheduler/once.hpp"

using namespace sla;
using std::chrono::seconds;

TEST_CASE("a slot comes within the period, at the same instants whenever it is asked for") {
  WallTime const day{std::chrono::hours{24 * 20000}};
  for (seconds const period : {seconds{1}, seconds{7}, seconds{60}, seconds{3600}}) {
    Duration const first = app::time_to_slot("shop", period, day);
    CHECK(first >= Duration::zero());
    CHECK(first < period);
    for (int i = 0; i < 100; ++i) {
      Duration const later = std::chrono::milliseconds{317 * i};
      Duration const wait = app::time_to_slot("shop", period, day + later);
      CHECK((later + wait - first) % period == Duration::zero());
      CHECK(wait < period);
    }
  }
  CHECK(app::time_to_slot("shop", Duration::zero(), day) == Duration::zero());
  CHECK(app::time_to_slot("shop", seconds{-1}, day) == Duration::zero());
  CHECK(app::time_to_slot("shop", seconds{5}, WallTime{seconds{-3}}) >= Duration::zero());
}

TEST_CASE("a thousand services are spread over the period") {
  std::array<int, 10> tenths{};
  for (int i = 0; i < 1000; ++i) {
    std::string const service = "service-" + std::to_string(i);
    Duration const wait = app::time_to_slot(service, seconds{10}, WallTime{seconds{1'000'000'000}});
    ++tenths[static_cast<std::size_t>(wait / seconds{1})];
  }
  CHECK(*std::min_element(tenths.begin(), tenths.end()) > 60);
  CHECK(*std::max_element(tenths.begin(), tenths.end()) < 140);
}

TEST_CASE("two processes with other clocks of their own start a service at the same instants") {
  WallTime const start{seconds{1'700'000'000}};
  auto const starts = [&](Duration up, Duration later) {  // in wall-clock time
    Duration const ahead = Duration{start.time_since_epoch()} - up;
    app::OnGrid grid{FixedRate{seconds{60}},
                     {.service = "shop", .period = seconds{60}, .wall_ahead = ahead}};
    Instant const first = *grid.next(Instant{up + later});
    grid.began(first);
    Instant const second = *grid.next(first + seconds{1});
    CHECK(second - first == seconds{60});
    return WallTime{first.time_since_epoch() + ahead};
  };
  WallTime const one = starts(seconds{12345}, Duration::zero());
  WallTime const other = starts(std::chrono::milliseconds{77}, seconds{600});
  CHECK((other - one) % seconds{60} == Duration::zero());
  CHECK(one - start < seconds{60});
  CHECK(one - start == app::time_to_slot("shop", seconds{60}, start));
}

TEST_CASE("without a period the first run is at once") {
  app::OnGrid once{Once{}, {.service = "shop"}};
  Instant const now{seconds{5}};
  CHECK(once.next(now) == now);
  CHECK_FALSE(once.next(now));
  CHECK(once.missed() == 0);
}
