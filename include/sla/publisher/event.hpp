// SPDX-License-Identifier: MIT
#pragma once
// The event that consumers read: a report as one JSON object, in the form they were promised. Keys
// may be added; what stands here keeps its name, type and meaning.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sla/core/json.hpp"
#include "sla/core/run.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1 {

/// How the event writes its two figures, the time of the end and the seconds it took.
enum class EventFormat {
  documented,  ///< as strings of whole seconds
  numbers,     ///< as JSON numbers, the seconds with milliseconds
};

namespace detail {

inline void write_list(JsonWriter& json, std::string_view name, Report const& report) {
  json.key(name).begin_array();
  for (std::string const& group : report.job.groups) json.string(group);
  json.end_array();
}

inline void write_optional(JsonWriter& json, std::string_view name, std::string_view value) {
  if (!value.empty()) json.key(name).string(value);
}

inline void write_optional(JsonWriter& json, std::string_view name, std::optional<WallTime> time) {
  if (time) json.key(name).integer(epoch_milliseconds(*time));
}

/// What a ledger needs, to tell a lost event from a pause and both from an outage.
inline void write_sequence(JsonWriter& json, Report const& report) {
  if (report.job.seq != 0) {
    json.key("bootId").string(report.job.boot_id);
    json.key("seq").integer(static_cast<std::int64_t>(report.job.seq));
  }
  write_optional(json, "prevEndMs", report.previous_end);
  write_optional(json, "nextExpectedByMs", report.next_expected_by);
  write_optional(json, "location", report.job.location);
  if (!report.conclusive()) json.key("counted").boolean(false);
  if (!report.standing.json.empty()) json.literal(report.standing.json);
}

/// What an executor found out beside the verdict.
inline void write_finding(JsonWriter& json, Outcome const& outcome) {
  write_optional(json, "reason", outcome.reason);
  write_optional(json, "cause", outcome.cause);
  if (outcome.degraded) json.key("degraded").boolean(true);
  if (!outcome.probe.empty()) json.key("probe").literal(outcome.probe);
  write_optional(json, "message", outcome.message);
  if (!outcome.perf.empty()) json.key("perf").literal(outcome.perf);
  if (outcome.attempts.size() < 2) return;
  json.key("attempts").integer(static_cast<std::int64_t>(outcome.attempts.size()));
  json.key("attemptVerdicts").begin_array();
  for (Verdict const verdict : outcome.attempts) json.string(to_string(verdict));
  json.end_array();
  bool const flaky = outcome.verdict == Verdict::pass || outcome.verdict == Verdict::warn;
  if (flaky) json.key("flaky").boolean(true);
}

/// `1.5` for one and a half seconds, `914` for a whole number of them.
inline std::string shortest_seconds(Duration duration) {
  std::string text = decimal_seconds(duration);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace detail

/// Returns the event of a report, on one line.
[[nodiscard]] inline std::string event_json(Report const& report, EventFormat format) {
  std::string const timestamp = std::to_string(epoch_seconds(report.ended_at));
  std::int64_t const seconds = internal::whole_seconds(report.duration);
  JsonWriter json;
  json.begin_object().key("service").string(report.job.service);
  detail::write_list(json, "group", report);
  detail::write_list(json, "groups", report);
  json.key("succeeded").boolean(report.succeeded());
  if (format == EventFormat::documented) {
    json.key("timestamp").string(timestamp);
    json.key("testExecutionSecs").string(std::to_string(seconds));
  } else {
    json.key("timestamp").literal(timestamp);
    json.key("testExecutionSecs").literal(detail::shortest_seconds(report.duration));
  }
  json.key("runId").string(report.job.run_id);
  json.key("verdict").string(to_string(report.outcome.verdict));
  json.key("exitCode").integer(report.outcome.exit_code);
  if (report.outcome.signal != 0) json.key("signal").integer(report.outcome.signal);
  detail::write_finding(json, report.outcome);
  json.key("startedAtMs").integer(epoch_milliseconds(report.started_at));
  json.key("durationMs").integer(internal::whole_milliseconds(report.duration));
  detail::write_sequence(json, report);
  detail::write_optional(json, "logUri", report.log_uri);
  detail::write_optional(json, "logError", report.log_error);
  if (report.dropped != 0) json.key("dropped").integer(static_cast<std::int64_t>(report.dropped));
  detail::write_optional(json, "tagID", report.job.tag_id);
  detail::write_optional(json, "slaTarget", report.job.sla_target);
  return json.end_object().text();
}

}  // namespace sla::inline v1
