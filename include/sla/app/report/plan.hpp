// SPDX-License-Identifier: MIT
#pragma once
// Which parts of time the page of `sla-runner report` shows: the last hours and days, the calendar
// months, each of the last 90 days, and weeks for what a day would say too finely. All of UTC.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "sla/core/time.hpp"
#include "sla/ledger/timeline.hpp"

namespace sla::inline v1::app {

/// A part of time, and what the page calls it.
struct NamedWindow {
  std::string name{};
  ledger::Window window{};
};

/// The parts of a page.
struct ReportPlan {
  ledger::Window window{};           ///< holds all of them
  std::vector<NamedWindow> spans{};  ///< `24 h`, ..., `2026-01`
  std::vector<NamedWindow> days{};   ///< by their dates, in order
  std::vector<NamedWindow> weeks{};  ///< of seven of these days, by the first

  /// Returns all of them: spans, days, weeks.
  [[nodiscard]] std::vector<ledger::Window> windows() const {
    std::vector<ledger::Window> all;
    for (auto const* const some : {&spans, &days, &weeks}) {
      for (NamedWindow const& part : *some) all.push_back(part.window);
    }
    return all;
  }
};

namespace detail {

inline constexpr ledger::Milliseconds page_day = 86'400'000;
inline constexpr ledger::Milliseconds page_days = 90;

/// `2026-01-31`
inline std::string date_text(ledger::Milliseconds time) {
  return iso_time(WallTime{std::chrono::milliseconds{time}}).substr(0, 10);
}

/// Returns the begin of the month that is so many months after that of a time.
inline ledger::Milliseconds month_begin(ledger::Milliseconds time, int after = 0) {
  using namespace std::chrono;
  auto const day = floor<days>(WallTime{milliseconds{time}});
  year_month_day const date{day};
  sys_days const first{(date.year() / date.month() + months{after}) / 1};
  return duration_cast<milliseconds>(first.time_since_epoch()).count();
}

/// The slices of so many days up to the end of the day of `to`, those that lie in the window.
inline std::vector<NamedWindow> page_slices(ledger::Window window, ledger::Milliseconds days) {
  ledger::Milliseconds const end = (window.to + page_day - 1) / page_day * page_day;
  std::vector<NamedWindow> slices;
  for (ledger::Milliseconds back = page_days / days * days; back > 0; back -= days) {
    ledger::Milliseconds const begin = end - back * page_day;
    ledger::Window const slice{std::max(begin, window.from),
                               std::min(begin + days * page_day, window.to)};
    if (slice.to > slice.from) slices.push_back({date_text(slice.from), slice});
  }
  return slices;
}

}  // namespace detail

/// Plans a page that ends at `to`, and begins with the month 90 days before unless `from` is given.
[[nodiscard]] inline ReportPlan plan_page(ledger::Milliseconds to,
                                          std::optional<ledger::Milliseconds> from) {
  using detail::page_day;
  ledger::Milliseconds const far = std::max<ledger::Milliseconds>(0, to - 90 * page_day);
  ReportPlan plan{.window = {from.value_or(detail::month_begin(far)), to}};
  for (auto const& [name, days] : {std::pair{"24 h", 1}, {"7 d", 7}, {"30 d", 30}, {"90 d", 90}}) {
    ledger::Milliseconds const begin = to - days * page_day;
    if (begin >= plan.window.from) plan.spans.push_back({name, {begin, to}});
  }
  if (plan.spans.empty()) plan.spans.push_back({"all", plan.window});
  for (auto begin = detail::month_begin(plan.window.from); begin < to;
       begin = detail::month_begin(begin, 1)) {
    ledger::Window const month{std::max(begin, plan.window.from),
                               std::min(detail::month_begin(begin, 1), to)};
    plan.spans.push_back({detail::date_text(begin).substr(0, 7), month});
  }
  plan.days = detail::page_slices(plan.window, 1);
  plan.weeks = detail::page_slices(plan.window, 7);
  return plan;
}

}  // namespace sla::inline v1::app
