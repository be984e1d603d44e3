// SPDX-License-Identifier: MIT
#pragma once
// An entry as the bytes of a record, and back. What is read may come from an older or a newer
// version of this program, or be damaged: it is checked, and what makes no sense is no entry. The
// bytes of the log stand in a file of their own.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/core/output.hpp"
#include "sla/core/record.hpp"
#include "sla/core/text.hpp"
#include "sla/spool.hpp"
#include "sla/spool/entry_field.hpp"
#include "sla/spool/record_position.hpp"

namespace sla::inline v1::internal {

/// An entry without its log, and where the log is.
struct KeptEntry {
  Entry entry{};
  KeptLog log{};
};

namespace detail {

using enum internal::EntryField::Name;

inline void write_sequence(RecordWriter& out, Report const& report) {
  if (!report.job.location.empty()) out.text(field_location, report.job.location);
  if (report.job.seq != 0) {
    out.text(field_boot, report.job.boot_id);
    out.number(field_seq, static_cast<std::int64_t>(report.job.seq));
  }
  auto const time = [&](std::uint8_t field, std::optional<WallTime> at) {
    if (at) out.number(field, at->time_since_epoch().count());
  };
  time(field_previous_end, report.previous_end);
  time(field_next_expected, report.next_expected_by);
}

inline void write_standing(RecordWriter& out, Standing const& standing) {
  if (standing.json.empty()) return;
  out.text(field_state, standing.state).text(field_transition, standing.transition);
  out.text(field_alert, standing.alert).text(field_standing, standing.json);
}

inline void read_standing(Standing& standing, RecordField field) {
  if (field.name == field_state) standing.state = field.value;
  if (field.name == field_transition) standing.transition = field.value;
  if (field.name == field_alert) standing.alert = field.value;
  if (field.name == field_standing) standing.json = field.value;
}

/// What an executor found out, in texts; those that are empty are not written.
inline constexpr std::pair<std::uint8_t, std::string Outcome::*> finding_texts[] = {
    {field_outcome_reason, &Outcome::reason},
    {field_cause, &Outcome::cause},
    {field_probe, &Outcome::probe},
    {field_message, &Outcome::message},
    {field_perf, &Outcome::perf},
};

inline bool is_verdict(std::optional<std::int64_t> number) noexcept {
  return number && *number >= 0 && *number <= static_cast<std::int64_t>(Verdict::warn);
}

inline void read_finding(Outcome& outcome, RecordField field) {
  if (field.name == field_degraded) outcome.degraded = true;
  if (auto const verdict = field.number(); field.name == field_attempt && is_verdict(verdict)) {
    outcome.attempts.push_back(static_cast<Verdict>(*verdict));
  }
  for (auto const& [name, member] : finding_texts) {
    if (field.name == name) outcome.*member = field.value;
  }
}

inline void write_report(RecordWriter& out, Report const& report) {
  Job const& job = report.job;
  out.text(field_service, job.service).text(field_run, job.run_id);
  for (std::string const& group : job.groups) out.text(field_group, group);
  for (std::string const& word : job.command) out.text(field_word, word);
  out.text(field_tag, job.tag_id).text(field_target, job.sla_target);
  write_sequence(out, report);
  write_standing(out, report.standing);
  out.number(field_verdict, static_cast<std::int64_t>(report.outcome.verdict));
  out.number(field_exit, report.outcome.exit_code).number(field_signal, report.outcome.signal);
  if (report.outcome.degraded) out.number(field_degraded, 1);
  for (Verdict const verdict : report.outcome.attempts) {
    out.number(field_attempt, static_cast<std::int64_t>(verdict));
  }
  for (auto const& [field, member] : finding_texts) {
    if (auto const& text = report.outcome.*member; !text.empty()) out.text(field, text);
  }
  out.number(field_started, report.started_at.time_since_epoch().count());
  out.number(field_ended, report.ended_at.time_since_epoch().count());
  out.number(field_duration, report.duration.count());
  out.text(field_log_uri, report.log_uri).text(field_log_error, report.log_error);
}

inline void write_log(RecordWriter& out, KeptLog const& log) {
  out.text(field_file, log.file);
  for (Output::Piece const& piece : log.pieces) {
    out.number(field_piece_size, static_cast<std::int64_t>(piece.size));
    if (piece.offset != 0) {
      out.number(field_piece_offset, static_cast<std::int64_t>(piece.offset));
    }
    if (!piece.text.empty()) out.text(field_piece_text, piece.text);
  }
  if (log.sha256) {
    out.text(field_sha256, {reinterpret_cast<char const*>(log.sha256->data()), log.sha256->size()});
  }
}

/// Reads a text of the report. Returns true if the field is one.
inline bool read_report_text(Report& report, RecordField field) {
  std::string const text(field.value);
  switch (field.name) {
    case field_service:
      report.job.service = text;
      return true;
    case field_run:
      report.job.run_id = text;
      return true;
    case field_group:
      report.job.groups.push_back(text);
      return true;
    case field_word:
      report.job.command.push_back(text);
      return true;
    case field_tag:
      report.job.tag_id = text;
      return true;
    case field_target:
      report.job.sla_target = text;
      return true;
    case field_log_uri:
      report.log_uri = text;
      return true;
    case field_log_error:
      report.log_error = text;
      return true;
    case field_location:
      report.job.location = text;
      return true;
    case field_boot:
      report.job.boot_id = text;
      return true;
    default:
      return false;
  }
}

/// Reads a number of the report. Returns true if the field is one, or is not known.
inline bool read_report_number(Report& report, std::uint8_t name, std::int64_t value) {
  switch (name) {
    case field_verdict:
      if (!is_verdict(value)) return false;
      report.outcome.verdict = static_cast<Verdict>(value);
      return true;
    case field_exit:
      report.outcome.exit_code = static_cast<int>(value);
      return true;
    case field_signal:
      report.outcome.signal = static_cast<int>(value);
      return true;
    case field_started:
      report.started_at = WallTime{Duration{value}};
      return true;
    case field_ended:
      report.ended_at = WallTime{Duration{value}};
      return true;
    case field_duration:
      report.duration = Duration{value};
      return true;
    case field_seq:
      report.job.seq = static_cast<std::uint64_t>(value);
      return true;
    case field_previous_end:
      report.previous_end = WallTime{Duration{value}};
      return true;
    case field_next_expected:
      report.next_expected_by = WallTime{Duration{value}};
      return true;
    default:
      return true;
  }
}

inline bool read_log_field(KeptLog& log, RecordField field) {
  auto const number = static_cast<std::uint64_t>(field.number().value_or(0));
  switch (field.name) {
    case field_file:
      log.file = field.value;
      return log.file.find('/') == std::string::npos;
    case field_piece_size:
      log.pieces.push_back({number, 0, {}});
      return number < INT64_MAX / 2;
    case field_piece_offset:
      if (log.pieces.empty()) return false;
      log.pieces.back().offset = number;
      return number < INT64_MAX / 2;
    case field_piece_text:
      if (log.pieces.empty()) return false;
      log.pieces.back().text = field.value;
      return field.value.size() == log.pieces.back().size;
    case field_sha256: {
      Sha256Bytes bytes{};
      if (field.value.size() != bytes.size()) return false;
      std::transform(field.value.begin(), field.value.end(), bytes.begin(),
                     [](char c) { return static_cast<unsigned char>(c); });
      log.sha256 = bytes;
      return true;
    }
    default:
      return true;
  }
}

inline bool read_part(Part& part, std::int64_t value) {
  if (value < 0 || value > static_cast<std::int64_t>(Part::refused)) return false;
  part = static_cast<Part>(value);
  return true;
}

inline bool read_entry_field(KeptEntry& kept, RecordField field) {
  auto const number = field.number().value_or(0);
  switch (field.name) {
    case field_number:
      kept.entry.number = static_cast<std::uint64_t>(number);
      return number > 0;
    case field_log:
      return read_part(kept.entry.log, number);
    case field_event:
      return read_part(kept.entry.event, number);
    case field_reason:
      kept.entry.reason = field.value;
      return true;
    default:
      read_standing(kept.entry.report.standing, field);
      read_finding(kept.entry.report.outcome, field);
      return read_report_text(kept.entry.report, field) ||
             (read_report_number(kept.entry.report, field.name, number) &&
              read_log_field(kept.log, field));
  }
}

}  // namespace detail

/// Returns the bytes of an entry. Its output is not in them.
[[nodiscard]] inline std::string write_entry(Entry const& entry, KeptLog const& log) {
  RecordWriter out;
  out.number(detail::field_number, static_cast<std::int64_t>(entry.number));
  out.number(detail::field_log, static_cast<std::int64_t>(entry.log));
  out.number(detail::field_event, static_cast<std::int64_t>(entry.event));
  out.text(detail::field_reason, entry.reason);
  detail::write_report(out, entry.report);
  detail::write_log(out, log);
  return std::move(out).bytes();
}

/// Reads the bytes of an entry; nothing if they are none.
[[nodiscard]] inline std::optional<KeptEntry> read_entry(std::string_view bytes) {
  KeptEntry kept;
  RecordReader in(bytes);
  while (auto const field = in.next()) {
    if (!detail::read_entry_field(kept, *field)) return std::nullopt;
  }
  if (!in.at_end() || kept.entry.number == 0) return std::nullopt;
  return kept;
}

}  // namespace sla::inline v1::internal
