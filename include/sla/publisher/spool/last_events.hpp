// SPDX-License-Identifier: MIT
#pragma once
// When the last event of each check ended, kept in the folder of a spool, so that the first event
// of the next process says it. A file for each check holds one small record that is written over in
// place: should the process die, the old one or the new one is there.
#include <fcntl.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "sla/core/checksum.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/record.hpp"
#include "sla/core/record_file.hpp"
#include "sla/core/time.hpp"
#include "sla/publisher/spool.hpp"

namespace sla::inline v1 {

/// Remembers the last event of each check, which is a service at a location. Not thread-safe.
class LastEvents {
 public:
  explicit LastEvents(std::string folder) : folder_(std::move(folder)) {}

  /// Tells a new event when the one before it ended, if it does not know and this does; learns of
  /// it.
  void complete(Parcel& parcel) {
    Report& report = parcel.report;
    if (report.counts() && !report.previous_end) {
      Last const& last = of(report.job);
      if (last.number != 0) report.previous_end = last.end;
    }
    learn(parcel);
  }
  /// Learns of an event. Those of a check are in the order of their numbers, whatever clocks say.
  void learn(Parcel const& parcel) {
    if (!parcel.report.counts()) return;
    Last& last = of(parcel.report.job);
    if (parcel.number > last.number) last = {parcel.number, parcel.report.event_end()};
  }

  /// Writes down what is known of a check. What cannot be written the next process does not know.
  void keep(Job const& job) { write(check_of(job), of(job)); }
  void keep_all() {
    for (auto const& [check, last] : known_) write(check, last);
  }

 private:
  struct Last {
    std::uint64_t number = 0;  ///< 0: there is none
    WallTime end{};
  };
  /// The names of the fields. A name keeps its meaning for ever.
  enum Field : std::uint8_t { field_check = 1, field_number = 2, field_end = 3 };

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
    constexpr std::size_t most = 8192;
    auto const bytes = read_file(file_of(check), most);
    auto const record = bytes ? find_record(*bytes) : std::nullopt;
    if (!record) return {};
    Last last;
    bool same = false;
    RecordReader in(record->payload);
    while (auto const field = in.next()) {
      std::int64_t const number = field->number().value_or(0);
      if (field->name == field_check) same = field->value == check;
      if (field->name == field_number) last.number = static_cast<std::uint64_t>(number);
      if (field->name == field_end) last.end = WallTime{Duration{number}};
    }
    return same ? last : Last{};
  }

  void write(std::string const& check, Last const& last) const {
    if (last.number == 0) return;
    RecordWriter out;
    out.text(field_check, check).number(field_number, static_cast<std::int64_t>(last.number));
    out.number(field_end, last.end.time_since_epoch().count());
    auto const file = open_file(file_of(check), O_WRONLY | O_CREAT);
    if (file) (void)write_all(file->get(), frame_record(out.bytes()));
  }

  std::string folder_;
  std::map<std::string, Last> known_{};
};

}  // namespace sla::inline v1
