// SPDX-License-Identifier: MIT
#include "sla/ledger/timeline.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace sla::ledger;

namespace {

std::string text(Timeline const& line, Window window) {
  std::string out;
  each_stretch(line, window, [&](Stretch const& stretch, Milliseconds end) {
    out += "-u?dx"[static_cast<int>(stretch.state)];
    out += std::to_string(stretch.from) + ".." + std::to_string(end) + ' ';
  });
  return out;
}

}  // namespace

TEST_CASE("the claim that began last counts while it holds, then the one before it again") {
  Sweep sweep;
  sweep.add({10, 90, 0, 1, State::up, 0});
  sweep.add({20, 60, 1, 1, State::down, 1});
  sweep.add({30, 40, 2, 1, State::unknown, 2});
  sweep.add({50, 50, 3, 1, State::unknown, 3});  // holds nothing
  CHECK(text(sweep.finish(), {0, 100}) ==
        "-0..10 u10..20 d20..30 ?30..40 d40..60 u60..90 -90..100 ");
}

TEST_CASE("one stretch goes on while the state is the same, with the event that it began with") {
  Sweep sweep;
  for (std::uint32_t i = 0; i < 1000; ++i) sweep.add({i, i + 1, 0, i, State::down, i + 7});
  Timeline const line = sweep.finish();
  REQUIRE(line.size() == 2);
  CHECK(line[0].event == 7);
  CHECK(text(line, {0, 2000}) == "d0..1000 -1000..2000 ");
}

TEST_CASE("lines are combined within the window") {
  Timeline const a{{10, State::up, 0}, {30, State::down, 0}};
  Timeline const b{{20, State::down, 0}, {40, State::unmonitored, 0}};
  std::vector<Timeline const*> const lines{&a, &b};
  auto const worst = [](std::span<Stretch const> now) {
    return now[0].state > now[1].state ? now[0] : now[1];
  };
  CHECK(text(combine(lines, {0, 100}, worst), {0, 100}) == "-0..10 u10..20 d20..100 ");
  CHECK(text(combine(lines, {15, 18}, worst), {15, 18}) == "u15..18 ");
  CHECK(text(combine(lines, {5, 5}, worst), {5, 5}).empty());
}
