// SPDX-License-Identifier: MIT
#pragma once
// `sla-runner report --slamon`: the files that the report lambda of the former SLA monitor wrote,
// for the pages that read them: of each service a summary and a history of each of four ranges, and
// the list of services. Counts, minutes and outages are those of the ledger.
// https://github.com/billtrust/sla-monitor-report-lambda
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "sla/app/report/format.hpp"
#include "sla/app/report/output.hpp"
#include "sla/app/report/plan.hpp"
#include "sla/core/json.hpp"
#include "sla/core/time.hpp"
#include "sla/ledger/event.hpp"
#include "sla/ledger/figures.hpp"
#include "sla/ledger/reducer.hpp"

namespace sla::inline v1::app {

/// A result of a service.
struct SlamonResult {
  std::string run{};  ///< its id; empty: no other result is of the same run
  bool succeeded = false;
  ledger::Milliseconds end = 0;
  std::optional<ledger::Milliseconds> duration{};
  std::string log{};  ///< its address; empty if there is none

  auto operator<=>(SlamonResult const&) const = default;
};

/// The results of each service, in any order.
using SlamonResults = std::map<std::string, std::vector<SlamonResult>, std::less<>>;

/// Plans the ranges that end at `to`.
[[nodiscard]] inline ReportPlan plan_slamon(ledger::Milliseconds to) {
  ReportPlan plan;
  for (int const days : {1, 3, 7, 14}) {
    plan.window = {std::max<ledger::Milliseconds>(0, to - days * detail::page_day), to};
    plan.spans.push_back({std::to_string(days) + 'd', plan.window});
  }
  return plan;
}

namespace detail {

/// Leaves one result of each run, the worse one (rule R1), the newest first.
inline void settle(std::vector<SlamonResult>& results) {
  std::sort(results.begin(), results.end());
  auto const again = [](SlamonResult const& a, SlamonResult const& b) {
    return !a.run.empty() && a.run == b.run;
  };
  results.erase(std::unique(results.begin(), results.end(), again), results.end());
  std::stable_sort(results.begin(), results.end(),
                   [](SlamonResult const& a, SlamonResult const& b) { return a.end > b.end; });
}

inline std::string_view slamon_status(SlamonResult const& result) {
  return result.succeeded ? "SUCCESS" : "FAILURE";
}

inline std::int64_t whole_minutes(ledger::Milliseconds span) { return span / 60'000; }

/// Writes what is known of one range.
inline void write_slamon_range(JsonWriter& json, NamedWindow const& range,
                               ledger::ServiceAnswer const& answer, ledger::Part const& part) {
  ledger::Counts const& counts = part.counts;
  std::int64_t const all = counts.good + counts.bad;
  std::int64_t const hundredths = part.times.down / 600;  // of a minute
  auto const outages =
      std::count_if(answer.outages.begin(), answer.outages.end(),
                    [&](ledger::Outage const& outage) { return outage.to > range.window.from; });
  json.begin_object().key("timeRange").string(range.name).key("summary").begin_object();
  json.key("numAttempts").integer(all).key("numSuccesses").integer(counts.good);
  json.key("successPercent").integer(all == 0 ? 0 : 100 * counts.good / all);
  write_figures(json, {{"successPercentExact", ledger::occurrences(counts)}});
  json.key("failureMins")
      .literal(std::to_string(hundredths / 100) + '.' +
               std::to_string(100 + hundredths % 100).substr(1));
  json.key("numFailures").integer(counts.bad).key("numOutages").integer(outages);
  json.end_object().end_object();
}

/// Writes each change of the status, the last one first, with the log of the result that made it.
/// Returns when the last one was.
inline std::optional<ledger::Milliseconds> write_slamon_changes(
    JsonWriter& json, std::span<SlamonResult const> results, ledger::Milliseconds to) {
  std::optional<ledger::Milliseconds> last;
  json.key("statusChanges").begin_array();
  for (std::size_t i = 0; i + 1 < results.size(); ++i) {
    SlamonResult const& result = results[i];
    if (result.succeeded == results[i + 1].succeeded) continue;
    json.begin_object().key("status").string(slamon_status(result));
    json.key("fromTimestamp").integer(result.end / 1000).key("toTimestamp").integer(to / 1000);
    json.key("durationMins").integer(whole_minutes(to - result.end));
    write_text(json, "detailLocation", result.log);
    json.end_object();
    to = result.end;
    if (!last) last = to;
  }
  json.end_array();
  return last;
}

inline std::string slamon_summary(std::string_view env, ReportPlan const& plan,
                                  ledger::ServiceAnswer const& answer,
                                  std::span<SlamonResult const> results) {
  ledger::Milliseconds const to = plan.window.to;
  JsonWriter json;
  json.begin_object().key("serviceName").string(answer.service).key("env").string(env);
  json.key("currentStatus").string(results.empty() ? "UNKNOWN" : slamon_status(results[0]));
  json.key("rangeSummaries").begin_array();
  for (std::size_t i = 0; i < plan.spans.size(); ++i) {
    write_slamon_range(json, plan.spans[i], answer, answer.parts[i]);
  }
  json.end_array();
  auto const changed = write_slamon_changes(json, results, to);
  json.key("currentStatusDurationMins").integer(changed ? whole_minutes(to - *changed) : -1);
  return json.key("reportGeneratedOn").integer(to / 1000).end_object().text() + '\n';
}

inline std::string slamon_history(ledger::Window range, std::span<SlamonResult const> results) {
  JsonWriter json;
  json.begin_object().key("history").begin_array();
  for (SlamonResult const& result : results) {
    if (!range.holds(result.end)) continue;
    json.begin_object().key("timestamp").integer(result.end / 1000);
    json.key("succeeded").boolean(result.succeeded).key("testExecutionSecs");
    json.literal(result.duration ? decimal_seconds(std::chrono::milliseconds{*result.duration})
                                 : "null");
    write_text(json, "resultS3Location", result.log);
    json.end_object();
  }
  return json.end_array().end_object().text() + '\n';
}

}  // namespace detail

/// Makes the files of a stage. The parts of the answer are those of the plan; the list of services
/// comes last.
[[nodiscard]] inline std::vector<ReportFile> slamon_files(std::string_view env,
                                                          ReportPlan const& plan,
                                                          ledger::Answer const& answer,
                                                          SlamonResults results) {
  std::string const root = "slamon/" + std::string(env) + '/';
  std::vector<ReportFile> files;
  JsonWriter names;
  names.begin_array();
  for (ledger::ServiceAnswer const& service : answer.services) {
    std::vector<SlamonResult>& all = results[service.service];
    detail::settle(all);
    std::string const folder = root + service.service;
    for (NamedWindow const& range : plan.spans) {
      files.push_back(
          {folder + "/history/" + range.name + ".json", detail::slamon_history(range.window, all)});
    }
    files.push_back({folder + "/summary.json", detail::slamon_summary(env, plan, service, all)});
    names.begin_object().key("service").string(service.service).end_object();
  }
  files.push_back({root + "services.json", names.end_array().text() + '\n'});
  return files;
}

}  // namespace sla::inline v1::app
