// SPDX-License-Identifier: MIT
#pragma once
// How long the results of one boot hold: rules R3 to R7, and R9 for events that do not say it. Only
// the events of one boot are looked at, in their order.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "sla/ledger/book.hpp"

namespace sla::inline v1::ledger {

/// What the order of the events of a boot shows, at the event that shows it.
struct Surprise {
  std::uint32_t lost = 0;  ///< events before it that never came
  bool clock_step = false;
};

/// Returns twice the median of the distances above 0 of sorted ends, rounded down to a millisecond
/// before it is doubled; 0 if there is no distance.
[[nodiscard]] inline Milliseconds usual_hold(std::span<Record const> sorted) {
  std::vector<Milliseconds> distances;
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    Milliseconds const distance = sorted[i].end - sorted[i - 1].end;
    if (distance > 0) distances.push_back(distance);
  }
  if (distances.empty()) return 0;
  auto const middle = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
  std::nth_element(distances.begin(), middle, distances.end());
  if (distances.size() % 2 == 1) return 2 * *middle;
  Milliseconds const before = *std::max_element(distances.begin(), middle);
  return 2 * ((before + *middle) / 2);
}

namespace detail {

/// Decides what a result holds that another of its boot follows; returns what that one shows.
inline Surprise hold_before(Record& record, Record& next) {
  Surprise surprise{};
  if (next.seq > record.seq) surprise.lost = next.seq - record.seq - 1;
  surprise.clock_step = next.end < record.end;
  Milliseconds const known = surprise.lost == 0 ? next.end : next.previous;
  Milliseconds const limit = record.until == no_time ? known : std::min(record.until, known);
  // Where a clock was set back, nobody knows how far: the result holds nothing.
  record.until = surprise.clock_step ? record.end : std::clamp(limit, record.end, next.end);
  Milliseconds const gap = surprise.clock_step ? next.previous : record.until;
  next.previous = surprise.lost == 0 || gap >= next.end ? no_time : gap;
  return surprise;
}

/// Decides what was lost before the first event that came of a boot.
inline Surprise begin_boot(Record& first, Boot const& boot) {
  if (first.seq > 1) first.previous = boot_time(boot.id).value_or(first.previous);
  if (first.seq <= 1 || first.previous >= first.end) first.previous = no_time;
  return {.lost = first.seq > 1 ? first.seq - 1 : 0};
}

}  // namespace detail

/// Turns the limits of the events of one boot, which are in their order, into what they hold: each
/// `until`, and in `previous` where the unknown begins that ends with the event. Calls
/// `note(record, surprise)` for each. `hold` is for a boot whose events have no numbers.
template <class Note>
void hold_boot(std::span<Record> records, Boot const& boot, std::optional<Milliseconds> hold,
               Note note) {
  if (records.empty()) return;
  if (boot.id.empty()) {
    Milliseconds const most = hold ? *hold : usual_hold(records);
    for (Record& record : records) record.until = record.end + most;
  }
  note(records[0], detail::begin_boot(records[0], boot));
  for (std::size_t i = 0; i + 1 < records.size(); ++i) {
    note(records[i + 1], detail::hold_before(records[i], records[i + 1]));
  }
  Record& last = records.back();
  last.until = std::max(last.until, last.end);  // without a limit it holds nothing
}

}  // namespace sla::inline v1::ledger
