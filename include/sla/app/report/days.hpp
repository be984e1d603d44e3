// SPDX-License-Identifier: MIT
#pragma once
// The bar of days as text: a block for each of the last 90 days, as it was at its worst. What is
// told in columns here and elsewhere is laid out by one function.
#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sla/app/help.hpp"
#include "sla/app/quoted.hpp"
#include "sla/app/report/bar.hpp"
#include "sla/app/report/format.hpp"
#include "sla/app/report/plan.hpp"
#include "sla/ledger/reducer.hpp"

namespace sla::inline v1::app {

/// How a text for people looks.
struct TextStyle {
  bool ascii = false;   ///< without blocks
  bool colour = false;  ///< for a terminal
};

namespace detail {

/// Lays rows out in columns.
inline std::string table_text(std::vector<std::vector<std::string>> const& rows) {
  std::vector<std::size_t> widths;
  for (auto const& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (auto const& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += padded(row[i], widths[i] + 2);
    append_line(out, line);
  }
  return out;
}

/// How a day is shown.
struct DayMark {
  std::string_view kind;  ///< see kind_of()
  std::string_view block;
  std::string_view plain;
  std::string_view colour;
  std::string_view meaning;
};
inline constexpr std::array<DayMark, 5> day_marks{{
    {"", "\xE2\x96\x88", "#", "\x1b[32m", " up"},
    {"d", "\xE2\x96\x83", "x", "\x1b[31m", " some of it down"},
    {"n", "\xE2\x96\x92", "?", "\x1b[33m", " some of it unknown"},
    {"m", "\xE2\x96\x81", ".", "\x1b[90m", " unmonitored"},
    {"x", "\xE2\x96\x91", "-", "\x1b[36m", " excluded"},
}};

/// Appends a mark so many times.
inline void append_days(std::string& out, DayMark const& mark, std::size_t count, TextStyle style) {
  if (style.colour) out += mark.colour;
  for (; count != 0; --count) out += style.ascii ? mark.plain : mark.block;
  if (style.colour) out += "\x1b[m";
}

}  // namespace detail

/// Writes the bars of all services, a line each; nothing if there is no day. The parts of the
/// answer are those of the plan.
[[nodiscard]] inline std::string days_text(ledger::Answer const& answer, ReportPlan const& plan,
                                           TextStyle style) {
  if (plan.days.empty() || answer.services.empty()) return "";
  std::string out = "\ndays of UTC, " + plan.days.front().name + " to " + plan.days.back().name;
  for (detail::DayMark const& mark : detail::day_marks) {
    out += &mark == detail::day_marks.data() ? ": " : ", ";
    detail::append_days(out, mark, 1, style);
    out += mark.meaning;
  }
  out += '\n';
  std::vector<std::vector<std::string>> rows;
  for (ledger::ServiceAnswer const& service : answer.services) {
    std::string bar;
    std::span<ledger::Part const> const parts(service.parts);
    for (auto const& piece :
         detail::pieces_of(parts.subspan(plan.spans.size(), plan.days.size()))) {
      auto const mark = std::find_if(detail::day_marks.begin(), detail::day_marks.end(),
                                     [&](auto const& one) { return one.kind == piece.kind; });
      detail::append_days(bar, *mark, piece.end - piece.begin, style);
    }
    rows.push_back({escaped(service.service), bar});
  }
  return out + detail::table_text(rows);
}

}  // namespace sla::inline v1::app
