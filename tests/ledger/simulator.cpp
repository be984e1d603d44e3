// SPDX-License-Identifier: MIT
// Made-up histories of some hundred seeds: the answer against a slow one that asks every rule at
// every millisecond. The truth that events came from is that of truth.cpp.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "tests/support/ledger_story.hpp"

using namespace sla::ledger;
using story::Said;

namespace {

class Dice {
 public:
  explicit Dice(std::uint32_t seed) : random_(seed) {}
  Milliseconds between(Milliseconds least, Milliseconds most) {
    return least +
           static_cast<Milliseconds>(random_() % static_cast<std::uint32_t>(most - least + 1));
  }
  bool one_in(int n) { return between(1, n) == 1; }
  std::mt19937& source() { return random_; }

 private:
  std::mt19937 random_;
};

/// Any events at all: boots that overlap, ties, losses, clocks set back, no numbers.
std::vector<Said> any_events(Dice& dice) {
  std::vector<Said> all;
  int run = 0;
  for (char const* const location : {"", "a", "b"}) {
    for (auto boots = dice.between(0, 3); boots > 0; --boots) {
      Milliseconds now = dice.between(0, 200);
      std::string const boot = dice.one_in(4) ? "" : story::boot(now, static_cast<int>(boots));
      Milliseconds before = -1;
      for (std::uint32_t seq = 1; now < 400 && seq < 20; ++seq) {
        now += dice.one_in(8) ? -dice.between(0, std::min<Milliseconds>(30, now))
                              : dice.between(0, 30);
        Said said{.end = now,
                  .verdict = dice.one_in(3)   ? "fail"
                             : dice.one_in(6) ? "unknown"
                                              : "pass",
                  .boot = boot,
                  .seq = boot.empty() ? 0 : seq,
                  .run = "run" + std::to_string(++run),
                  .location = location};
        if (before >= 0) said.previous = before;
        if (!dice.one_in(4)) said.next = now + dice.between(0, 60);
        before = now;
        if (!dice.one_in(5)) all.push_back(said);
        if (dice.one_in(9)) all.push_back(said);
      }
    }
  }
  return all;
}

/// What one event claims, by the rules.
struct Claimed {
  Milliseconds from, until;
  std::string boot;
  std::uint32_t seq;
  State state;
};

std::vector<Claimed> claims_of(std::vector<Said> boot, Counts& counts) {
  std::vector<Claimed> all;
  bool const numbered = boot[0].seq != 0;
  std::sort(boot.begin(), boot.end(), [](Said const& a, Said const& b) {
    auto const bad = [](Said const& s) { return s.verdict == "fail" ? 2 : s.verdict == "unknown"; };
    return std::tuple(a.seq, a.end, bad(a)) < std::tuple(b.seq, b.end, bad(b));
  });
  std::vector<Milliseconds> distances;
  for (std::size_t i = 1; i < boot.size(); ++i) {
    if (boot[i].end > boot[i - 1].end) distances.push_back(boot[i].end - boot[i - 1].end);
  }
  std::sort(distances.begin(), distances.end());
  std::size_t const n = distances.size();
  Milliseconds const hold = n == 0 ? 0 : 2 * ((distances[(n - 1) / 2] + distances[n / 2]) / 2);
  for (std::size_t i = 0; i < boot.size(); ++i) {
    Said const& said = boot[i];
    Milliseconds until =
        numbered ? said.next.value_or(i + 1 < boot.size() ? 1'000'000 : said.end) : said.end + hold;
    if (i == 0 && said.seq > 1) {
      counts.lost += said.seq - 1;
      all.push_back({*boot_time(said.boot), said.end, said.boot, said.seq - 1, State::unknown});
    }
    if (i + 1 < boot.size()) {
      Said const& next = boot[i + 1];
      bool const gap = numbered && next.seq > said.seq + 1;
      bool const step = next.end < said.end;
      until =
          step ? said.end
               : std::max(said.end, std::min({until, gap ? *next.previous : next.end, next.end}));
      if (step) ++counts.clock_steps;
      if (gap) {
        counts.lost += next.seq - said.seq - 1;
        all.push_back(
            {step ? *next.previous : until, next.end, next.boot, next.seq - 1, State::unknown});
      }
    }
    State const state = said.verdict == "fail"   ? State::down
                        : said.verdict == "pass" ? State::up
                                                 : State::unknown;
    ++(state == State::up ? counts.good : state == State::down ? counts.bad : counts.uncounted);
    all.push_back({said.end, until, said.boot, said.seq, state});
  }
  return all;
}

State at(std::vector<Claimed> const& claims, Milliseconds time) {
  Claimed const* best = nullptr;
  auto const rank = [](Claimed const& c) { return std::tuple(c.from, c.boot, c.seq); };
  for (Claimed const& claim : claims) {
    if (claim.from > time || claim.until <= time) continue;
    if (best == nullptr || rank(claim) > rank(*best)) best = &claim;
  }
  return best == nullptr ? State::unmonitored : best->state;
}

/// The slow answer.
std::pair<Times, Counts> asked_each_time(std::vector<Said> const& all, Window window) {
  std::map<std::string, Said> runs;
  Counts counts;
  for (Said const& said : all) {
    if (!runs.try_emplace(said.run, said).second) ++counts.duplicates;
  }
  std::map<std::pair<std::string, std::string>, std::vector<Said>> boots;
  for (auto const& [run, said] : runs) boots[{said.location, said.boot}].push_back(said);
  std::map<std::string, std::vector<Claimed>> locations;
  for (auto const& [key, boot] : boots) {
    for (Claimed const& claim : claims_of(boot, counts)) locations[key.first].push_back(claim);
  }
  Times times;
  for (Milliseconds time = window.from; time < window.to; ++time) {
    int up = 0, down = 0, unknown = 0;
    for (auto const& [location, claims] : locations) {
      State const state = at(claims, time);
      up += state == State::up;
      down += state == State::down;
      unknown += state == State::unknown;
    }
    if (up + down != 0) {
      ++(down >= up ? times.down : times.up);
    } else {
      ++(unknown != 0 ? times.unknown : times.unmonitored);
    }
  }
  return {times, counts};
}

/// Adds the second part of a window to the first.
void add(ServiceAnswer& sum, ServiceAnswer const& part) {
  sum.times.up += part.times.up;
  sum.times.down += part.times.down;
  sum.times.unknown += part.times.unknown;
  sum.times.unmonitored += part.times.unmonitored;
  sum.times.excluded += part.times.excluded;
  sum.counts.good += part.counts.good;
  sum.counts.bad += part.counts.bad;
  sum.counts.uncounted += part.counts.uncounted;
  sum.counts.lost += part.counts.lost;
  sum.counts.duplicates += part.counts.duplicates;
  sum.counts.clock_steps += part.counts.clock_steps;
}

}  // namespace

TEST_CASE("the answer is what the rules say of every millisecond") {
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    auto const all = any_events(dice);
    if (all.empty()) continue;
    Window const window{0, 700};
    auto const answer = story::only(all, {.window = window});
    auto const [times, counts] = asked_each_time(all, window);
    REQUIRE(answer.times == times);
    REQUIRE(answer.counts == counts);
  }
}

TEST_CASE("the order of arrival means nothing") {
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    auto all = any_events(dice);
    for (Said& said : all) said.service = dice.one_in(2) ? "x" : "y";
    for (Said& said : all) {
      if (dice.one_in(9)) said.run = "";
      if (dice.one_in(9)) said.run = "same";
      if (dice.one_in(9)) said.groups = {"g"};
    }
    Question const question{.window = {100, 350}};
    Answer const answer = story::reduce(all, question);
    for (int i = 0; i < 5; ++i) {
      std::shuffle(all.begin(), all.end(), dice.source());
      REQUIRE(story::reduce(all, question) == answer);
    }
  }
}

TEST_CASE("parts of a window add up to the whole") {
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    auto const all = any_events(dice);
    if (all.empty()) continue;
    Question question{.window = {50, 500}};
    question.exclusions = {{.window = {100, dice.between(101, 400)}, .service = "shop"}};
    auto const whole = story::only(all, question);
    auto const middle = dice.between(50, 500);
    question.window = {50, middle};
    ServiceAnswer sum = story::only(all, question);
    question.window = {middle, 500};
    add(sum, story::only(all, question));
    REQUIRE(sum.times == whole.times);
    REQUIRE(sum.counts == whole.counts);
    Times const& t = whole.times;
    REQUIRE(t.up + t.down + t.unknown + t.unmonitored + t.excluded == 450);
  }
}
