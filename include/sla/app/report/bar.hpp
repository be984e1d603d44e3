// SPDX-License-Identifier: MIT
#pragma once
// The pictures of a report's page and the tables behind them: a bar of days, each of them as it was
// at its worst, and how long runs took. Neighbours that are alike are one piece, so a page is
// small.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sla/app/quoted.hpp"
#include "sla/app/report/plan.hpp"
#include "sla/core/time.hpp"
#include "sla/ledger/durations.hpp"
#include "sla/ledger/figures.hpp"
#include "sla/ledger/reducer.hpp"

namespace sla::inline v1::app {

/// Appends text from outside to a page: as text, whatever it holds.
inline void append_html(std::string& out, std::string_view text) {
  for (char const c : escaped(text)) {
    std::string_view const entity = c == '&'    ? "&amp;"
                                    : c == '<'  ? "&lt;"
                                    : c == '>'  ? "&gt;"
                                    : c == '"'  ? "&quot;"
                                    : c == '\'' ? "&#39;"
                                                : std::string_view(&c, 1);
    out += entity;
  }
}

/// Appends a cell of a table; what is not known is a dash.
inline void append_cell(std::string& out, std::optional<std::string> const& text) {
  out.append("<td>").append(text ? *text : "\xE2\x80\x93");
}

namespace detail {

/// Days that are alike.
struct Piece {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string_view kind{};  ///< what the style sheet calls it; empty: up
  std::string availability{};
  std::string coverage{};

  [[nodiscard]] bool like(Piece const& other) const noexcept {
    return kind == other.kind && availability == other.availability && coverage == other.coverage;
  }
};

/// How a day was at its worst; if nobody saw any harm, how it was for most of the time.
inline std::string_view kind_of(ledger::Times const& times) {
  if (times.down != 0) return "d";
  if (times.unknown != 0) return "n";
  std::int64_t const most = std::max({times.up, times.unmonitored, times.excluded});
  return most == times.up ? "" : most == times.unmonitored ? "m" : "x";
}

inline std::vector<Piece> pieces_of(std::span<ledger::Part const> parts) {
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    ledger::Times const& times = parts[i].times;
    Piece piece{i, i + 1, kind_of(times), ledger::availability(times).value_or("\xE2\x80\x93"),
                ledger::coverage(times).value_or("0.000")};
    if (!pieces.empty() && pieces.back().like(piece)) {
      pieces.back().end = piece.end;
    } else {
      pieces.push_back(std::move(piece));
    }
  }
  return pieces;
}

/// `2026-01-31`, or the first and the last of some.
inline std::string dates_of(Piece const& piece, std::span<NamedWindow const> slices) {
  std::string const& first = slices[piece.begin].name;
  if (piece.end == piece.begin + 1) return first;
  return first + "\xE2\x80\x93" + slices[piece.end - 1].name;
}

}  // namespace detail

/// Appends the bar of a service. `what` is days or weeks.
inline void append_bar(std::string& out, std::string_view what, std::span<NamedWindow const> slices,
                       std::span<ledger::Part const> parts) {
  auto const pieces = detail::pieces_of(parts);
  out += "<figure><svg class=b role=img aria-label=\"by " + std::string(what) +
         ", as the table\" preserveAspectRatio=none viewBox=\"0 0 " +
         std::to_string(10 * slices.size()) + " 40\">";
  for (detail::Piece const& piece : pieces) {
    out += "<path ";
    if (!piece.kind.empty()) out.append("class=").append(piece.kind).append(" ");
    out += "d=M" + std::to_string(10 * piece.begin) + ",20h" +
           std::to_string(10 * (piece.end - piece.begin)) + "><title>" +
           detail::dates_of(piece, slices) + ": " + piece.availability;
    if (piece.coverage != "100.000") out += ", seen " + piece.coverage;
    out += "</title></path>";
  }
  out += "</svg><details><summary>By " + std::string(what) +
         "</summary><table><thead><tr><th>UTC<th>availability<th>coverage<tbody>";
  for (detail::Piece const& piece : pieces) {
    out += "<tr><th>" + detail::dates_of(piece, slices) + "<td>" + piece.availability + "<td>" +
           piece.coverage;
  }
  out += "</table></details></figure>";
}

namespace detail {

/// Appends the line of one quantile, a step for each week; `most` is at the top.
inline void append_steps(std::string& out, std::string_view name, std::uint64_t percent,
                         std::span<ledger::Durations const> weeks, std::int64_t most) {
  out.append("<path class=").append(name).append(" d=");
  bool drawing = false;
  for (std::size_t i = 0; i < weeks.size(); ++i) {
    auto const value = weeks[i].quantile(percent);
    if (value) {
      out += drawing ? "V" : "M" + std::to_string(10 * i) + ',';
      out += std::to_string(38 - 36 * *value / most) + "h10";
    }
    drawing = value.has_value();
  }
  out += "></path>";
}

inline std::optional<std::string> seconds_text(std::optional<std::int64_t> milliseconds) {
  if (!milliseconds) return std::nullopt;
  return decimal_seconds(std::chrono::milliseconds{*milliseconds});
}

}  // namespace detail

/// Appends how long the runs of a service took, week by week; nothing if that is not known.
inline void append_durations(std::string& out, std::span<NamedWindow const> slices,
                             std::span<ledger::Durations const> weeks) {
  std::int64_t most = 0;
  std::size_t known = 0;
  for (ledger::Durations const& week : weeks) {
    auto const longest = week.quantile(95);
    most = std::max(most, longest.value_or(0));
    known += longest ? 1 : 0;
  }
  if (known == 0) return;
  out +=
      "<figure><svg class=c role=img aria-label=\"durations, as the table\" "
      "preserveAspectRatio=none viewBox=\"0 0 " +
      std::to_string(10 * slices.size()) + " 40\">";
  most = std::max<std::int64_t>(1, most);
  detail::append_steps(out, "p", 95, weeks, most);
  detail::append_steps(out, "q", 50, weeks, most);
  out += "</svg><details><summary>Durations, up to " + *detail::seconds_text(most) +
         " s</summary><table><thead><tr><th>week from<th>p50 s<th>p95 s<tbody>";
  for (std::size_t i = 0; i < weeks.size(); ++i) {
    out += "<tr><th>" + slices[i].name;
    append_cell(out, detail::seconds_text(weeks[i].quantile(50)));
    append_cell(out, detail::seconds_text(weeks[i].quantile(95)));
  }
  out += "</table></details></figure>";
}

}  // namespace sla::inline v1::app
