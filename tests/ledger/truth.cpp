// SPDX-License-Identifier: MIT
// A world of which the truth is known: a service that goes down and comes back, looked at from one
// place or three by runners that are killed, with a spool and without, whose events get lost, come
// twice and in any order, and whose clock is an hour off for a while. The answer must be that truth
// wherever no change is near. $SLA_WORLDS says how many worlds.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/ledger_story.hpp"

using namespace sla::ledger;
using story::Said;

namespace {

// Times of a world begin at 0; its events are told as if that was `epoch`.
constexpr Milliseconds epoch = 1'700'000'000'000;
constexpr Milliseconds second = 1000;
constexpr Milliseconds hour = 3600 * second;
constexpr Milliseconds period = 60 * second;
constexpr Milliseconds limit = 72 * second;  // a result holds no longer
constexpr Milliseconds cell = 10 * second;   // the truth changes on the borders of these
constexpr Milliseconds margin = 2 * hour;    // before and after, where nobody looked
constexpr Milliseconds length = 10 * hour;   // with both
constexpr std::size_t cells = length / cell;

std::size_t cell_of(Milliseconds time) {
  return static_cast<std::size_t>(std::clamp<Milliseconds>(time, 0, length) / cell);
}

/// One made-up history.
class World {
 public:
  explicit World(std::uint32_t seed) : random_(seed) {
    bool bad = false;
    for (std::size_t i = 0; i < cells; ++i) {
      if (one_in(300)) bad = !bad;
      service_.push_back(bad ? State::down : State::up);
    }
    places_.resize(one_in(2) ? 3 : 1);
    for (std::size_t i = 0; i < places_.size(); ++i) live(i);
    plan();
    for (std::size_t i = told.size(); i > 0; --i) {
      if (!one_in(20)) continue;
      told.push_back(told[i - 1]);
      ++counts.duplicates;
    }
    shuffle();
  }

  void shuffle() { std::shuffle(told.begin(), told.end(), random_); }

  /// What was so, as far as anybody could know.
  [[nodiscard]] State truth(std::size_t i) const {
    if (excluded_[i]) return State::excluded;
    std::size_t up = 0, down = 0, unknown = 0;
    for (auto const& place : places_) {
      up += place[i] == State::up ? 1U : 0U;
      down += place[i] == State::down ? 1U : 0U;
      unknown += place[i] == State::unknown ? 1U : 0U;
    }
    if (up + down != 0) return down >= up ? State::down : State::up;
    return unknown != 0 ? State::unknown : State::unmonitored;
  }

  /// Returns the stretches in which nothing changed for longer than any result holds, without their
  /// begins, and what was so.
  [[nodiscard]] std::vector<std::pair<Window, State>> quiet() const {
    std::vector<std::pair<Window, State>> all;
    std::size_t begin = 0;
    for (std::size_t i = 1; i <= cells; ++i) {
      bool const same = i < cells && excluded_[i] == excluded_[begin] && !stepped_[i] &&
                        std::all_of(places_.begin(), places_.end(),
                                    [&](auto const& place) { return place[i] == place[begin]; });
      if (same) continue;
      Milliseconds const from = static_cast<Milliseconds>(begin) * cell + limit + cell;
      Milliseconds const to = static_cast<Milliseconds>(i) * cell - cell;
      if (from < to && !stepped_[begin]) all.push_back({{epoch + from, epoch + to}, truth(begin)});
      begin = i;
    }
    return all;
  }

  [[nodiscard]] Times times() const {
    Times sum;
    for (std::size_t i = 0; i < cells; ++i) add(sum, truth(i), cell);
    return sum;
  }
  /// Returns how far a sum may be from the truth: for each change at each place no further than a
  /// result holds, and where a clock was wrong, as long as it was.
  [[nodiscard]] Milliseconds slack() const {
    auto sum = static_cast<Milliseconds>(std::count(stepped_.begin(), stepped_.end(), true)) * cell;
    for (auto const& place : places_) {
      for (std::size_t i = 1; i < cells; ++i) sum += place[i] != place[i - 1] ? limit + cell : 0;
    }
    return sum;
  }

  static void add(Times& times, State state, Milliseconds span) {
    (state == State::up         ? times.up
     : state == State::down     ? times.down
     : state == State::unknown  ? times.unknown
     : state == State::excluded ? times.excluded
                                : times.unmonitored) += span;
  }

  std::vector<Said> told{};
  std::vector<Exclusion> exclusions{};
  Counts counts{};
  std::int64_t clocks = 0;  ///< those that are off for a while

 private:
  Milliseconds between(Milliseconds least, Milliseconds most) {
    return least +
           static_cast<Milliseconds>(random_() % static_cast<std::uint32_t>(most - least + 1));
  }
  bool one_in(int n) { return between(1, n) == 1; }

  /// The clock of a place is an hour off for a while.
  struct Clock {
    Milliseconds from = 0;
    Milliseconds to = 0;
    Milliseconds by = 0;
    [[nodiscard]] Milliseconds operator()(Milliseconds time) const {
      return epoch + time + (time >= from && time < to ? by : 0);
    }
  };

  void live(std::size_t place) {
    places_[place].assign(cells, State::unmonitored);
    Clock clock;
    if (one_in(8)) {
      ++clocks;
      clock.from = between(margin, length - margin);
      clock.to = clock.from + between(period, hour / 2);
      clock.by = one_in(2) ? hour : -hour;
      std::size_t const end = cell_of(clock.to + hour + limit) + 1;
      for (std::size_t i = cell_of(clock.from - hour - limit); i < std::min(end, cells); ++i) {
        stepped_[i] = true;
      }
    }
    std::optional<Milliseconds> before;  // what the spool knows
    for (Milliseconds now = margin + between(0, 60) * cell; now < length - margin;) {
      bool const spool = one_in(2);
      if (!spool) before.reset();
      now = boot(place, clock, now, spool, before);
      if (!one_in(3)) now += between(0, 180) * cell;
    }
  }

  /// Lets a process run from a time on; returns when it is killed.
  Milliseconds boot(std::size_t place, Clock const& clock, Milliseconds begin, bool spool,
                    std::optional<Milliseconds>& before) {
    std::string const id = story::boot(clock(begin), ++boots_);
    Milliseconds const most = std::max<Milliseconds>(1, (length - margin - begin) / period);
    auto const runs = static_cast<std::size_t>(std::min(most, between(1, 200)));
    Milliseconds const killed =
        begin + static_cast<Milliseconds>(runs - 1) * period + between(1, 6) * cell;
    std::vector<char> lost(runs);
    for (std::size_t i = 0; i < runs; ++i)
      lost[i] = one_in(60) || (i > 0 && lost[i - 1] && one_in(2));
    // What was not delivered when the process died is gone, and nothing says that it was there.
    std::size_t known =
        runs - (spool ? 0 : std::min(runs, static_cast<std::size_t>(between(0, 3))));
    while (known > 0 && lost[known - 1]) --known;
    for (std::size_t i = 0; i < known; ++i) {
      Milliseconds const end = begin + second + static_cast<Milliseconds>(i) * period;
      Said said{.end = clock(end),
                .verdict = service_[cell_of(end)] == State::down ? "fail" : "pass",
                .boot = id,
                .seq = static_cast<std::uint32_t>(i + 1),
                .previous = before,
                .next = clock(end) + limit,
                .run = id + std::to_string(i),
                .location = std::string(1, static_cast<char>('a' + place)),
                .groups = {"g"}};
      before = said.end;
      if (lost[i]) {
        ++counts.lost;
        if (i == 0) mark(place, begin, end, true);
      } else {
        ++(said.verdict == "pass" ? counts.good : counts.bad);
        told.push_back(std::move(said));
      }
      mark(place, end, i + 1 == runs ? killed : end + period, lost[i] != 0);
    }
    return killed;
  }

  void mark(std::size_t place, Milliseconds from, Milliseconds to, bool lost) {
    for (std::size_t i = cell_of(from); i < cell_of(to); ++i) {
      places_[place][i] = lost ? State::unknown : service_[i];
    }
  }

  void plan() {
    for (auto windows = between(0, 2); windows > 0; --windows) {
      Milliseconds const from = between(0, length / cell - 1) * cell;
      Milliseconds const to = std::min(length, from + between(1, 200) * cell);
      exclusions.push_back({.window = {epoch + from, epoch + to}});
      (one_in(2) ? exclusions.back().service : exclusions.back().group) = one_in(2) ? "*" : "g";
      bool const shop = exclusions.back().service != "g";
      for (std::size_t i = cell_of(from); shop && i < cell_of(to); ++i) excluded_[i] = true;
    }
  }

  std::mt19937 random_;
  std::vector<State> service_{};
  std::vector<std::vector<State>> places_{};
  std::vector<bool> stepped_ = std::vector<bool>(cells);
  std::vector<bool> excluded_ = std::vector<bool>(cells);
  int boots_ = 0;
};

Milliseconds sum(Times const& times) {
  return times.up + times.down + times.unknown + times.unmonitored + times.excluded;
}

Question question_of(World const& world) {
  Question question{.window = {epoch, epoch + length}, .exclusions = world.exclusions};
  for (auto const& [window, state] : world.quiet()) question.parts.push_back(window);
  return question;
}

void check_times(World const& world, ServiceAnswer const& answer) {
  Times const truth = world.times();
  REQUIRE(sum(answer.times) == length);
  REQUIRE(answer.times.excluded == truth.excluded);
  Milliseconds const slack = world.slack();
  REQUIRE(std::abs(answer.times.up - truth.up) <= slack);
  REQUIRE(std::abs(answer.times.down - truth.down) <= slack);
  REQUIRE(std::abs(answer.times.unknown - truth.unknown) <= slack);
  REQUIRE(std::abs(answer.times.unmonitored - truth.unmonitored) <= slack);
  auto const quiet = world.quiet();
  for (std::size_t i = 0; i < quiet.size(); ++i) {
    Times expected;
    World::add(expected, quiet[i].second, quiet[i].first.to - quiet[i].first.from);
    CAPTURE(quiet[i].first.from - epoch);
    REQUIRE(answer.parts[i].times == expected);
  }
}

/// Halves and quarters, as a report of many days is made of days.
void check_merged(World const& world, Question question, ServiceAnswer const& whole) {
  Times times;
  Counts counts;
  Milliseconds const end = question.window.to;
  question.parts.clear();
  for (Milliseconds from = epoch; from < end; from = question.window.to) {
    question.window = {from, std::min(end, from + 3 * hour + 7)};
    ServiceAnswer const part = story::only(world.told, question);
    times.up += part.times.up;
    times.down += part.times.down;
    times.unknown += part.times.unknown;
    times.unmonitored += part.times.unmonitored;
    times.excluded += part.times.excluded;
    counts.good += part.counts.good;
    counts.bad += part.counts.bad;
    counts.lost += part.counts.lost;
    counts.duplicates += part.counts.duplicates;
    counts.clock_steps += part.counts.clock_steps;
  }
  REQUIRE(times == whole.times);
  REQUIRE(counts == whole.counts);
}

}  // namespace

TEST_CASE("the answer is the truth wherever no change is near") {
  char const* const asked = std::getenv("SLA_WORLDS");
  auto const worlds = static_cast<std::uint32_t>(asked == nullptr ? 50 : std::atoi(asked));
  std::size_t events = 0;
  Milliseconds proven = 0;
  for (std::uint32_t seed = 1; seed <= worlds; ++seed) {
    CAPTURE(seed);
    World world(seed);
    if (world.told.empty()) continue;
    Question const question = question_of(world);
    Answer const answer = story::reduce(world.told, question);
    REQUIRE(answer.services.size() == 1);
    ServiceAnswer const& shop = answer.services[0];
    check_times(world, shop);
    REQUIRE(answer.groups[0].times == shop.times);
    REQUIRE(shop.counts.clock_steps <= world.clocks);
    Counts expected = world.counts;
    expected.clock_steps = shop.counts.clock_steps;
    REQUIRE(shop.counts == expected);
    check_merged(world, question, shop);
    world.shuffle();
    REQUIRE(story::reduce(world.told, question) == answer);
    events += world.told.size();
    for (Window const& window : question.parts) proven += window.to - window.from;
  }
  MESSAGE(worlds << " worlds, " << events << " events, " << proven / hour << " of "
                 << worlds * (length / hour) << " hours exact");
}
