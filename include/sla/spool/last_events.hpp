// SPDX-License-Identifier: MIT
#pragma once
// Keeps in the folder of a spool when the last event of each check ended, so that the first event
// of the next process says it, and what that event left for the next process to know. A file for
// each check holds the last record and the one before it, should the process die while it writes.
#include <fcntl.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "sla/core/descriptor.hpp"
#include "sla/core/file_apart.hpp"
#include "sla/core/record.hpp"
#include "sla/core/shared.hpp"
#include "sla/core/time.hpp"
#include "sla/spool.hpp"
#include "sla/spool/checksum.hpp"
#include "sla/spool/record_file.hpp"

namespace sla::inline v1::internal {

/// Remembers the last event of each check, which is a service at a location. Not thread-safe.
class LastEvents {
 public:
  explicit LastEvents(std::string folder) : folder_(std::move(folder)) {}

  /// Tells a new event when the one before it ended, if it does not know and this does; learns of
  /// it.
  void complete(Entry& entry) {
    Report& report = entry.report;
    if (report.counts() && !report.previous_end) {
      Last const& last = of(report.job);
      if (last.number != 0) report.previous_end = last.end;
    }
    learn(entry);
    if (report.memory) of(report.job).memory = std::exchange(report.memory, {});
  }
  /// Learns of an event. Those of a check are in the order of their numbers, whatever clocks say.
  void learn(Entry const& entry) {
    if (!entry.report.counts()) return;
    Last& last = of(entry.report.job);
    if (entry.number <= last.number) return;
    last.number = entry.number;
    last.end = entry.report.event_end();
  }

  /// Returns what the last event of that check left for the next process; its number is 0 if
  /// that is nothing.
  [[nodiscard]] Recalled recall(Job const& job) {
    Last const& last = of(job);
    if (!last.memory) return {};
    return {last.number, *last.memory};
  }

  /// Writes down what is known of a check. What cannot be written the next process does not know.
  void keep(Job const& job) { write(check_of(job), of(job)); }
  void keep_all() {
    for (auto& [check, last] : known_) write(check, last);
  }

 private:
  struct Last {
    std::uint64_t number = 0;  ///< 0: there is none
    WallTime end{};
    internal::Shared<std::string const> memory{};
    bool second = true;  ///< it stands in the second half of the file
  };
  /// The halves are written over in turns. (Another file instead of the old one would cost a
  /// disk more than all else that it does for an event.)
  static constexpr std::size_t half = 32'768;

  /// The names of the fields. A name keeps its meaning for ever.
  enum Field : std::uint8_t { check_field = 1, number_field = 2, end_field = 3, memory_field = 4 };

  static std::string check_of(Job const& job) { return job.service + '\n' + job.location; }

  Last& of(Job const& job) {
    auto const [at, fresh] = known_.try_emplace(check_of(job));
    if (fresh) at->second = read(at->first);
    return at->second;
  }

  /// A service may have a longer name than a file. Of two with one checksum one is forgotten.
  [[nodiscard]] std::string file_of(std::string const& check) const {
    return folder_ + '/' + std::to_string(crc32c(check)) + ".last";
  }

  [[nodiscard]] Last read(std::string const& check) const {
    auto const bytes = read_file(file_of(check), 2 * half);
    Last newest;
    for (std::size_t at = 0; bytes;) {
      auto const record = find_record(*bytes, at);
      if (!record) break;
      at = record->end();
      Last last = parse(record->payload, check);
      last.second = record->begin >= half;
      if (last.number > newest.number) newest = std::move(last);
    }
    return newest;
  }
  /// Reads a record; one of another check is as if there were none.
  static Last parse(std::string_view payload, std::string const& check) {
    Last last;
    bool same = false;
    RecordReader in(payload);
    while (auto const field = in.next()) {
      std::int64_t const number = field->number().value_or(0);
      if (field->name == check_field) same = field->value == check;
      if (field->name == number_field) last.number = static_cast<std::uint64_t>(number);
      if (field->name == end_field) last.end = WallTime{Duration{number}};
      if (field->name == memory_field) {
        last.memory = internal::Shared<std::string const>::make(field->value);
      }
    }
    return same ? last : Last{};
  }

  void write(std::string const& check, Last& last) const {
    if (last.number == 0) return;
    RecordWriter out;
    out.text(check_field, check).number(number_field, static_cast<std::int64_t>(last.number));
    out.number(end_field, last.end.time_since_epoch().count());
    if (last.memory) out.text(memory_field, *last.memory);
    std::string const record = frame_record(out.bytes());
    auto const file = open_file(file_of(check), O_WRONLY | O_CREAT);
    if (!file || record.size() > half) return;
    last.second = !last.second;
    (void)write_at_place(*file, last.second ? half : 0, record);
  }

  std::string folder_;
  std::map<std::string, Last> known_{};
};

}  // namespace sla::inline v1::internal
