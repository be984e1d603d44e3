// SPDX-License-Identifier: MIT
#include "sla/app/splayed.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <string>

#include "sla/scheduler/fixed_delay.hpp"
#include "sla/scheduler/fixed_rate.hpp"
#include "sla/scheduler/once.hpp"

using namespace sla;
using sla::app::splay_wait;
using sla::app::Splayed;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("only the first run begins later, and a grid begins with it") {
  Instant const start{seconds{1000}};
  Splayed rate{FixedRate{seconds{10}}, seconds{7}};
  CHECK(rate.next(start) == start + seconds{7});
  CHECK(rate.next(start + seconds{8}) == start + seconds{17});
  CHECK(rate.next(start + seconds{40}) == start + seconds{47});
  CHECK(rate.missed() == 2);
  Splayed delay{FixedDelay{seconds{10}}, seconds{7}};
  CHECK(delay.next(start) == start + seconds{7});
  CHECK(delay.next(start + seconds{9}) == start + seconds{19});
  Splayed once{Once{}, seconds{7}};
  CHECK(once.next(start) == start + seconds{7});
  CHECK_FALSE(once.next(start + seconds{8}));
}

TEST_CASE("a run out of turn before the first one leaves the grid where it is") {
  Instant const start{seconds{1000}};
  Splayed rate{FixedRate{seconds{10}}, seconds{7}};
  (void)rate.next(start);
  rate.began(start + seconds{1});
  CHECK(rate.next(start + seconds{2}) == start + seconds{7});
  CHECK(rate.missed() == 0);
}

TEST_CASE("the wait is the same for the same service and host, and for them alone") {
  CHECK(splay_wait("shop", "ip-10-0-0-1", seconds{60}) == milliseconds{41041});
  CHECK(splay_wait("shop", "ip-10-0-0-1", seconds{60}) !=
        splay_wait("shop", "ip-10-0-0-2", seconds{60}));
  CHECK(splay_wait("sho", "pa", seconds{60}) != splay_wait("shop", "a", seconds{60}));
  CHECK(splay_wait("shop", "a", Duration::zero()) == Duration::zero());
  CHECK(splay_wait("shop", "a", milliseconds{1}) == Duration::zero());
  CHECK(splay_wait("shop", "a", Duration{1}) == Duration::zero());
}

TEST_CASE("500 hosts are spread evenly over the splay, whatever they are called") {
  for (std::string const prefix : {"ip-10-0-", "shop-test-7d4b9c-", "host"}) {
    std::array<int, 10> tenths{};
    for (int host = 0; host < 500; ++host) {
      Duration const wait =
          splay_wait("shop", std::string(prefix).append(std::to_string(host)), seconds{60});
      CHECK(wait >= Duration::zero());
      CHECK(wait < seconds{60});
      ++tenths[static_cast<std::size_t>(wait / seconds{6})];
    }
    for (int const count : tenths) {
      CHECK(count > 25);
      CHECK(count < 80);
    }
  }
}
