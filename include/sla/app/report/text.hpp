// SPDX-License-Identifier: MIT
#pragma once
// How `sla-runner report` writes an answer for people: a table, a bar of days and a line for each
// service, and the last outages.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/quoted.hpp"
#include "sla/app/report/days.hpp"
#include "sla/app/report/format.hpp"
#include "sla/app/report/plan.hpp"
#include "sla/core/time.hpp"
#include "sla/ledger/reducer.hpp"

namespace sla::inline v1::app {

namespace detail {

/// `1d2h3m4.500s`, without the units that are 0.
inline std::string span_text(ledger::Milliseconds span) {
  std::string text;
  for (auto const& [unit, size] : {std::pair{'d', 86'400'000}, {'h', 3'600'000}, {'m', 60'000}}) {
    if (span >= size) text += std::to_string(span / size) + unit;
    span %= size;
  }
  if (span == 0 && !text.empty()) return text;
  std::string const seconds = decimal_seconds(std::chrono::milliseconds{span});
  bool const whole = span % 1000 == 0;
  return text + (whole ? seconds.substr(0, seconds.size() - 4) : seconds) + 's';
}

inline std::string time_text(ledger::Milliseconds time) {
  return iso_time(WallTime{std::chrono::milliseconds{time}});
}

inline std::vector<std::string> row_of(std::string name, std::string_view state,
                                       std::vector<NamedFigure> const& figures,
                                       ledger::Times const& times) {
  std::vector<std::string> row{std::move(name), std::string(state)};
  for (NamedFigure const& figure : figures) row.push_back(figure.value.value_or("-"));
  for (NamedNumber const& number : named(times)) row.push_back(span_text(number.value));
  return row;
}

/// The last outages of all services, one line each.
inline std::string outages_text(ledger::Answer const& answer) {
  constexpr std::size_t most = 20;
  std::vector<ledger::Outage const*> all;
  for (ledger::ServiceAnswer const& service : answer.services) {
    for (ledger::Outage const& outage : service.outages) all.push_back(&outage);
  }
  if (all.empty()) return "";
  std::stable_sort(all.begin(), all.end(), [](auto const* a, auto const* b) {
    return a->from != b->from ? a->from > b->from : a->service < b->service;
  });
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < std::min(all.size(), most); ++i) {
    ledger::Outage const& outage = *all[i];
    rows.push_back({time_text(outage.from), span_text(outage.to - outage.from),
                    escaped(outage.service), escaped(outage.verdict), escaped(outage.log_uri)});
  }
  std::string const what = all.size() > most ? "the last " + std::to_string(most) + " of " +
                                                   std::to_string(all.size()) + " outages"
                                             : std::string("outages, the last one first");
  return '\n' + what + '\n' + table_text(rows);
}

/// What else there is to say about services, one line for each thing.
inline std::string remarks_text(ReportAnswer const& report) {
  std::string out;
  for (ledger::ServiceAnswer const& service : report.answer.services) {
    ledger::Counts const& counts = service.counts;
    out += escaped(service.service) + ": ";
    out += std::to_string(counts.good) + " good, " + std::to_string(counts.bad) + " bad";
    for (NamedNumber const& number : named(counts)) {
      if (number.name == "good" || number.name == "bad" || number.value == 0) continue;
      out += ", " + std::to_string(number.value) + ' ';
      out += number.name == "clockSteps" ? "clock steps" : number.name;
    }
    if (service.inferred) out += "; how long results hold is inferred";
    if (report.slo) {
      std::int64_t const budget = budget_of(counts, *report.slo);
      out += "; of " + std::to_string(budget) + " failures that " + report.slo->text();
      out += "% allows, " + std::to_string(budget - counts.bad) + " are left";
    }
    out += '\n';
  }
  return out;
}

}  // namespace detail

/// The answer for people.
[[nodiscard]] inline std::string report_text(ReportAnswer const& report, ReportPlan const& plan,
                                             TextStyle style) {
  std::string out = detail::time_text(report.window.from) + " to " +
                    detail::time_text(report.window.to) + ", " +
                    detail::span_text(report.window.to - report.window.from) + "\n\n";
  std::vector<std::vector<std::string>> rows{{"service", "state", "availability", "worst",
                                              "coverage", "occurrences", "timeslices", "up", "down",
                                              "unknown", "unmonitored", "excluded"}};
  for (ledger::ServiceAnswer const& service : report.answer.services) {
    rows.push_back(detail::row_of(escaped(service.service), detail::name_of(service.state),
                                  detail::figures_of(service), service.times));
  }
  if (!report.answer.groups.empty()) rows.push_back({"group"});
  for (ledger::GroupAnswer const& group : report.answer.groups) {
    auto figures = detail::figures_of(group.times);
    figures.resize(5);  // a group has no events of its own
    rows.push_back(detail::row_of(escaped(group.group), "", figures, group.times));
  }
  return out + detail::table_text(rows) + days_text(report.answer, plan, style) + '\n' +
         detail::remarks_text(report) + detail::outages_text(report.answer);
}

}  // namespace sla::inline v1::app
