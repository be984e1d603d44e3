// SPDX-License-Identifier: MIT
#pragma once
// Lines of time, each in stretches of one state: how the results of all boots of one service and
// location make one (rule R2), and how several lines make another.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "sla/ledger/book.hpp"

namespace sla::inline v1::ledger {

/// From `from` on it is so. `event` is the index of the Record that the stretch began with.
struct Stretch {
  Milliseconds from = no_time;
  State state = State::unmonitored;
  std::uint32_t event = 0;
};

/// Stretches in the order of time, each to the begin of the next. Before the first and in an empty
/// one: unmonitored.
using Timeline = std::vector<Stretch>;

/// A part of time, without its end.
struct Window {
  Milliseconds from = 0;
  Milliseconds to = 0;

  [[nodiscard]] bool holds(Milliseconds time) const noexcept { return from <= time && time < to; }
};

/// Adds what is so from now on; one stretch goes on while the state is the same.
inline void go_on(Timeline& line, Stretch stretch) {
  if (!line.empty() && line.back().from == stretch.from) line.pop_back();  // it lasted no time
  State const before = line.empty() ? State::unmonitored : line.back().state;
  if (before != stretch.state) line.push_back(stretch);
}

/// A result, or what was lost: from its end on, until. Those that begin later rank higher.
struct Claim {
  Milliseconds from;
  Milliseconds until;
  std::uint32_t boot;
  std::uint32_t seq;
  State state;
  std::uint32_t event;

  [[nodiscard]] bool before(Claim const& other) const noexcept {
    return std::tuple(from, boot, seq) < std::tuple(other.from, other.boot, other.seq);
  }
};

/// Makes one line of the claims of all boots, which must come in the order of their ranks: at an
/// instant the last of those that hold it counts.
class Sweep {
 public:
  void add(Claim const& claim) {
    advance(claim.from);
    if (claim.until > claim.from) open_.push_back(claim);
    if (open_.size() < most_) return;
    std::erase_if(open_, [&](Claim const& open) { return open.until <= claim.from; });
    most_ = std::max<std::size_t>(64, 2 * open_.size());
  }

  [[nodiscard]] Timeline finish() {
    advance(std::numeric_limits<Milliseconds>::max());
    return std::move(line_);
  }

 private:
  /// Writes down what is so up to `to`.
  void advance(Milliseconds to) {
    while (now_ < to) {
      while (!open_.empty() && open_.back().until <= now_) open_.pop_back();
      Stretch stretch{.from = now_};
      if (!open_.empty()) stretch.state = open_.back().state;
      if (!open_.empty()) stretch.event = open_.back().event;
      go_on(line_, stretch);
      now_ = open_.empty() ? to : std::min(to, open_.back().until);
    }
    while (!open_.empty() && open_.back().until <= now_) open_.pop_back();
  }

  Milliseconds now_ = no_time;
  std::vector<Claim> open_;  ///< by rank, the highest at the back
  std::size_t most_ = 64;    ///< where it is time to forget what ended below others
  Timeline line_;
};

/// Makes one line of several within a window: `decide` says what is so where each of them is so.
/// It takes a span of Stretches, one for each line, and returns one whose `from` does not matter.
template <class Decide>
[[nodiscard]] Timeline combine(std::span<Timeline const* const> lines, Window window,
                               Decide decide) {
  Timeline result;
  std::vector<Stretch> now(lines.size());
  std::vector<std::size_t> at(lines.size());
  for (Milliseconds time = window.from; time < window.to;) {
    Milliseconds next = window.to;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      Timeline const& line = *lines[i];
      while (at[i] < line.size() && line[at[i]].from <= time) now[i] = line[at[i]++];
      if (at[i] < line.size()) next = std::min(next, line[at[i]].from);
    }
    Stretch stretch = decide(std::span<Stretch const>(now));
    stretch.from = time;
    go_on(result, stretch);
    time = next;
  }
  return result;
}

/// Calls `see(stretch, end)` for each stretch of a line within the window, unmonitored ones too.
template <class See>
void each_stretch(Timeline const& line, Window window, See see) {
  Milliseconds time = window.from;
  Stretch now{.from = time};
  auto const later = std::upper_bound(
      line.begin(), line.end(), time,
      [](Milliseconds begin, Stretch const& stretch) { return begin < stretch.from; });
  if (later != line.begin()) now = *std::prev(later);
  now.from = time;
  for (Stretch const& next : std::span(later, line.end())) {
    if (time >= window.to) return;
    Milliseconds const until = std::clamp(next.from, window.from, window.to);
    if (until > time) see(now, until);
    time = std::max(time, until);
    now = next;
    now.from = time;
  }
  if (time < window.to) see(now, window.to);
}

}  // namespace sla::inline v1::ledger
