// SPDX-License-Identifier: MIT
#pragma once
// How `sla-runner report` writes an answer for programs: JSON and CSV. The same answer is the same
// bytes.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/report/arguments.hpp"
#include "sla/core/json.hpp"
#include "sla/ledger/figures.hpp"
#include "sla/ledger/percentage.hpp"
#include "sla/ledger/reducer.hpp"

namespace sla::inline v1::app {

/// An answer, and what was asked.
struct ReportAnswer {
  ledger::Answer answer{};
  ledger::Window window{};
  ledger::Quorum quorum{};
  std::optional<ledger::Percentage> slo{};
  std::int64_t unreadable = 0;
};

namespace detail {

using Figure = std::optional<std::string>;

/// A number of an answer and its name.
struct NamedNumber {
  std::string_view name;
  std::int64_t value;
};
struct NamedFigure {
  std::string_view name;
  Figure value;
};

inline std::array<NamedNumber, 5> named(ledger::Times const& times) {
  return {{{"up", times.up},
           {"down", times.down},
           {"unknown", times.unknown},
           {"unmonitored", times.unmonitored},
           {"excluded", times.excluded}}};
}

inline std::array<NamedNumber, 9> named(ledger::Counts const& counts) {
  return {{{"good", counts.good},
           {"bad", counts.bad},
           {"uncounted", counts.uncounted},
           {"degraded", counts.degraded},
           {"flaky", counts.flaky},
           {"lost", counts.lost},
           {"duplicates", counts.duplicates},
           {"conflicts", counts.conflicts},
           {"clockSteps", counts.clock_steps}}};
}

inline std::vector<NamedFigure> figures_of(ledger::Times const& times) {
  return {{"availability", ledger::availability(times)},
          {"worst", ledger::worst(times)},
          {"coverage", ledger::coverage(times)}};
}

inline std::vector<NamedFigure> figures_of(ledger::ServiceAnswer const& answer) {
  auto all = figures_of(answer.times);
  all.push_back({"occurrences", ledger::occurrences(answer.counts)});
  all.push_back({"timeslices", ledger::timeslices(answer.slices)});
  return all;
}

inline std::string_view name_of(ledger::State state) {
  constexpr std::array<std::string_view, 5> names{"UNMONITORED", "UP", "UNKNOWN", "DOWN",
                                                  "EXCLUDED"};
  return names[static_cast<std::size_t>(state)];
}

/// Returns how many failures a target allows of so many events.
inline std::int64_t budget_of(ledger::Counts const& counts, ledger::Percentage const& target) {
  std::int64_t const total = counts.good + counts.bad;
  std::int64_t const allowed = 1'000'000 - target.millionths;
  return total / 1'000'000 * allowed + total % 1'000'000 * allowed / 1'000'000;
}

template <class Numbers>
void write_numbers(JsonWriter& json, Numbers const& numbers) {
  for (NamedNumber const& number : numbers) json.key(number.name).integer(number.value);
}

inline void write_figures(JsonWriter& json, std::vector<NamedFigure> const& figures) {
  for (NamedFigure const& figure : figures) {
    json.key(figure.name);
    figure.value ? json.string(*figure.value) : json.literal("null");
  }
}

inline void write_text(JsonWriter& json, std::string_view name, std::string_view text) {
  json.key(name);
  text.empty() ? json.literal("null") : json.string(text);
}

inline void write_outages(JsonWriter& json, std::vector<ledger::Outage> const& outages) {
  json.key("outages").begin_array();
  for (ledger::Outage const& outage : outages) {
    json.begin_object().key("from").integer(outage.from).key("to").integer(outage.to);
    json.key("service").string(outage.service).key("verdict").string(outage.verdict);
    write_text(json, "runId", outage.run_id);
    write_text(json, "logUri", outage.log_uri);
    json.end_object();
  }
  json.end_array();
}

inline void write_slo(JsonWriter& json, ledger::Counts const& counts,
                      ledger::Percentage const& target) {
  std::int64_t const budget = budget_of(counts, target);
  json.key("slo").begin_object().key("target").literal(target.text());
  json.key("good").integer(counts.good).key("bad").integer(counts.bad);
  json.key("budget").integer(budget).key("budgetLeft").integer(budget - counts.bad).end_object();
}

inline void write_service(JsonWriter& json, ledger::ServiceAnswer const& answer,
                          std::optional<ledger::Percentage> const& slo) {
  json.begin_object().key("service").string(answer.service).key("groups").begin_array();
  for (std::string const& group : answer.groups) json.string(group);
  json.end_array().key("state").string(name_of(answer.state));
  json.key("inferred").boolean(answer.inferred);
  write_numbers(json, named(answer.times));
  write_numbers(json, named(answer.counts));
  write_figures(json, figures_of(answer));
  if (slo) write_slo(json, answer.counts, *slo);
  write_outages(json, answer.outages);
  json.end_object();
}

/// One cell of a CSV table (RFC 4180).
inline std::string cell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (char const c : text) out.append(c == '"' ? 2 : 1, c);
  return out + '"';
}

inline std::string joined(std::vector<std::string> const& texts) {
  std::string all;
  for (std::string const& text : texts) all += (all.empty() ? "" : ",") + text;
  return all;
}

template <class Numbers>
void add_cells(std::string& line, Numbers const& numbers) {
  for (NamedNumber const& number : numbers) line += ',' + std::to_string(number.value);
}

inline void add_cells(std::string& line, std::vector<NamedFigure> const& figures) {
  for (NamedFigure const& figure : figures) line += ',' + figure.value.value_or("");
}

}  // namespace detail

/// The answer as one JSON object on one line.
[[nodiscard]] inline std::string report_json(ReportAnswer const& report) {
  JsonWriter json;
  json.begin_object().key("from").integer(report.window.from).key("to").integer(report.window.to);
  json.key("quorum").string(to_string(report.quorum));
  json.key("unreadable").integer(report.unreadable).key("services").begin_array();
  for (ledger::ServiceAnswer const& service : report.answer.services) {
    detail::write_service(json, service, report.slo);
  }
  json.end_array().key("groups").begin_array();
  for (ledger::GroupAnswer const& group : report.answer.groups) {
    json.begin_object().key("group").string(group.group);
    detail::write_numbers(json, detail::named(group.times));
    detail::write_figures(json, detail::figures_of(group.times));
    detail::write_outages(json, group.outages);
    json.end_object();
  }
  return json.end_array().end_object().text() + '\n';
}

/// The answer as a table: a line for each service, then one for each group. What a group has not
/// stays empty.
[[nodiscard]] inline std::string report_csv(ReportAnswer const& report) {
  std::string out =
      "kind,name,groups,state,inferred,from,to,up,down,unknown,unmonitored,excluded,availability,"
      "worst,coverage,occurrences,timeslices,good,bad,uncounted,degraded,flaky,lost,duplicates,"
      "conflicts,clockSteps,outages,budget,budgetLeft\n";
  std::string const window =
      ',' + std::to_string(report.window.from) + ',' + std::to_string(report.window.to);
  for (ledger::ServiceAnswer const& service : report.answer.services) {
    out += "service," + detail::cell(service.service) + ',';
    out += detail::cell(detail::joined(service.groups)) + ',';
    out.append(detail::name_of(service.state)).append(service.inferred ? ",true" : ",false");
    out += window;
    detail::add_cells(out, detail::named(service.times));
    detail::add_cells(out, detail::figures_of(service));
    detail::add_cells(out, detail::named(service.counts));
    out += ',' + std::to_string(service.outages.size());
    std::int64_t const budget = report.slo ? detail::budget_of(service.counts, *report.slo) : 0;
    out += report.slo ? ',' + std::to_string(budget) + ',' +
                            std::to_string(budget - service.counts.bad) + '\n'
                      : ",,\n";
  }
  for (ledger::GroupAnswer const& group : report.answer.groups) {
    out += "group," + detail::cell(group.group) + ",,," + window;
    detail::add_cells(out, detail::named(group.times));
    detail::add_cells(out, detail::figures_of(group.times));
    out += ",,,,,,,,,,,," + std::to_string(group.outages.size()) + ",,\n";
  }
  return out;
}

}  // namespace sla::inline v1::app
