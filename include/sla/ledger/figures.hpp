// SPDX-License-Identifier: MIT
#pragma once
// The figures of an answer: integers until they are printed, and then rounded down, so that 100.000
// means not one failure. If nothing was seen there is no figure.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "sla/ledger/timeline.hpp"

namespace sla::inline v1::ledger {

/// The window in milliseconds, by what was so. The five parts add up to it.
struct Times {
  std::int64_t up = 0;
  std::int64_t down = 0;
  std::int64_t unknown = 0;
  std::int64_t unmonitored = 0;
  std::int64_t excluded = 0;

  [[nodiscard]] std::int64_t seen() const noexcept { return up + down; }
  /// The window without what is excluded.
  [[nodiscard]] std::int64_t relevant() const noexcept { return up + down + unknown + unmonitored; }

  bool operator==(Times const&) const = default;
};

/// The events whose end lies in the window.
struct Counts {
  std::int64_t good = 0;
  std::int64_t bad = 0;
  std::int64_t uncounted = 0;
  std::int64_t degraded = 0;
  std::int64_t flaky = 0;
  std::int64_t lost = 0;  ///< before these
  std::int64_t duplicates = 0;
  std::int64_t conflicts = 0;
  std::int64_t clock_steps = 0;

  bool operator==(Counts const&) const = default;
};

/// Slices of a minute, aligned to the epoch.
struct Slices {
  std::int64_t good = 0;  ///< without any down
  std::int64_t seen = 0;  ///< with any up or down

  bool operator==(Slices const&) const = default;
};

/// Returns a part in percent with three decimals, rounded down: 9,995 of 10,000 is `99.950`.
/// Nothing if the whole is 0.
[[nodiscard]] inline std::optional<std::string> percent(std::int64_t part, std::int64_t whole) {
  if (whole <= 0) return std::nullopt;
  std::int64_t thousandths = part / whole;
  std::int64_t rest = part % whole;
  for (int digit = 0; digit < 5; ++digit) {
    rest *= 10;
    thousandths = thousandths * 10 + rest / whole;
    rest %= whole;
  }
  std::string const decimals = std::to_string(1000 + thousandths % 1000);
  return std::to_string(thousandths / 1000) + '.' + decimals.substr(1);
}

/// up / (up + down): of what was seen.
[[nodiscard]] inline std::optional<std::string> availability(Times const& times) {
  return percent(times.up, times.seen());
}
/// up / (window - excluded): everything not seen counts as down.
[[nodiscard]] inline std::optional<std::string> worst(Times const& times) {
  return times.seen() == 0 ? std::nullopt : percent(times.up, times.relevant());
}
/// (up + down) / (window - excluded).
[[nodiscard]] inline std::optional<std::string> coverage(Times const& times) {
  return times.seen() == 0 ? std::nullopt : percent(times.seen(), times.relevant());
}
/// good / (good + bad), by events.
[[nodiscard]] inline std::optional<std::string> occurrences(Counts const& counts) {
  return percent(counts.good, counts.good + counts.bad);
}
/// Minutes without any down, of all that were seen.
[[nodiscard]] inline std::optional<std::string> timeslices(Slices const& slices) {
  return percent(slices.good, slices.seen);
}

/// Measures a line of time.
[[nodiscard]] inline Times times_of(Timeline const& line, Window window) {
  Times times;
  each_stretch(line, window, [&](Stretch const& stretch, Milliseconds end) {
    std::int64_t& part = stretch.state == State::up         ? times.up
                         : stretch.state == State::down     ? times.down
                         : stretch.state == State::unknown  ? times.unknown
                         : stretch.state == State::excluded ? times.excluded
                                                            : times.unmonitored;
    part += end - stretch.from;
  });
  return times;
}

/// Counts the slices of a line of time after the epoch.
[[nodiscard]] inline Slices slices_of(Timeline const& line, Window window) {
  constexpr Milliseconds slice = 60'000;
  Milliseconds seen = -1;  // the last one counted
  Milliseconds down = -1;
  std::int64_t bad = 0;
  Slices slices;
  each_stretch(line, window, [&](Stretch const& stretch, Milliseconds end) {
    if (stretch.state != State::up && stretch.state != State::down) return;
    Milliseconds const last = (end - 1) / slice;
    slices.seen += std::max<Milliseconds>(0, last - std::max(seen, stretch.from / slice - 1));
    seen = last;
    if (stretch.state != State::down) return;
    bad += std::max<Milliseconds>(0, last - std::max(down, stretch.from / slice - 1));
    down = last;
  });
  slices.good = slices.seen - bad;
  return slices;
}

}  // namespace sla::inline v1::ledger
