// SPDX-License-Identifier: MIT
#pragma once
// What a spool on disk writes and reads: a journal of entries, of numbers that are done with and of
// how many reports were dropped, in a SpoolDirectory beside the logs. Every step reports its
// failure; what to do about it is up to spool/disk.hpp.
#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sla/core/record.hpp"
#include "sla/core/result.hpp"
#include "sla/spool.hpp"
#include "sla/spool/directory.hpp"
#include "sla/spool/entry_record.hpp"
#include "sla/spool/index.hpp"
#include "sla/spool/journal.hpp"

namespace sla::inline v1::internal {

/// A locked folder and its journal. Not thread-safe.
class SpoolStore {
 public:
  /// Opens the folder; Errc::in_use if another process has it. In the order of their writing the
  /// visitor gets each `entry(RecordPosition, KeptEntry)`, `gone(number)` and
  /// `dropped(RecordPosition, count)`.
  template <class Visitor>
  [[nodiscard]] static Result<SpoolStore> open(std::string const& path, Visitor& visitor,
                                               std::string const& run_logs = {}) {
    auto folder = SpoolDirectory::open(path, run_logs);
    if (!folder) return folder.error();
    auto journal = Journal::open({.folder = folder->journal()}, reader(visitor));
    if (!journal) return journal.error();
    return SpoolStore(*std::move(folder), *std::move(journal));
  }
  /// Hands out the same without a lock, and changes nothing.
  template <class Visitor>
  [[nodiscard]] static Result<void> look(std::string const& path, Visitor& visitor) {
    return Journal::look(SpoolDirectory::look(path).journal(), reader(visitor));
  }

  [[nodiscard]] SpoolDirectory const& folder() const noexcept { return folder_; }
  [[nodiscard]] Journal& journal() noexcept { return journal_; }

  /// Writes an entry, its log first if that is not on the disk yet, and notes where it is. A small
  /// log goes into the record: a file of its own costs two syncs more. Deletes what is there of a
  /// log that the entry has no more.
  [[nodiscard]] Result<void> write(Entry const& entry, EntryState& state, Sync sync) {
    bool const new_log = state.log.file.empty() && entry.report.outcome.output.size() != 0;
    if (new_log) {
      auto log = small_log(entry.report.outcome.output);
      if (!log) log = folder_.keep_log(entry.report, entry.number);
      if (!log) return log.error();
      state.log = *std::move(log);
    }
    bool const has_log = entry.log != Part::done || entry.report.outcome.output.size() != 0;
    KeptLog const none;
    auto const position =
        journal_.append(kind_entry + write_entry(entry, has_log ? state.log : none), sync);
    state.log.leave_in_record();
    if (!position) return position.error();
    move(state.position, *position);
    if (!has_log) folder_.remove_log(std::exchange(state.log, none).file);
    return {};
  }

  /// Reads an entry, its log included if there is one that can be read. Errc::malformed if
  /// the record is damaged.
  [[nodiscard]] Result<Entry> read(EntryState const& state) const {
    auto const payload = journal_.read(*state.position);
    if (!payload) return payload.error();
    auto kept = read_entry(std::string_view(*payload).substr(1));
    if (!kept) return Error{Errc::malformed, "a record is damaged"};
    kept->entry.log = state.log_part;
    kept->entry.event = state.event_part;
    auto log = folder_.open_log(state.log.file.empty() ? kept->log : state.log);
    if (log) {
      kept->entry.report.outcome.output = *std::move(log);
    } else if (is_gone(log.error().system_number())) {
      kept->entry.log = Part::done;
      kept->entry.report.log_error = "the log is gone from the spool";
    } else {
      kept->entry.unreadable = log.error().message;
    }
    return std::move(kept->entry);
  }

  /// Notes that an entry is done with, and deletes what is left of it.
  [[nodiscard]] Result<void> forget(std::uint64_t number, EntryState const& state) {
    Result<void> noted;
    if (state.position) {
      journal_.release(*state.position);
      journal_.tidy(left);
      if (!journal_.empty()) noted = write_gone(number);
    }
    folder_.remove_log(state.log.file);  // a death before this leaves a file that nobody needs
    return noted;
  }
  [[nodiscard]] Result<void> write_gone(std::uint64_t number) {
    std::string payload(1, kind_gone);
    append_number(payload, number);
    auto const position = journal_.append(payload, Sync::later);
    if (!position) return position.error();
    return {};
  }

  /// Notes how many reports were dropped; 0 is the same as no note.
  [[nodiscard]] Result<void> write_dropped(std::uint64_t count) {
    std::string payload(1, kind_dropped);
    append_number(payload, count);
    auto const position = journal_.append(payload, Sync::later);
    if (!position) return position.error();
    move(dropped_, *position);
    if (count == 0) journal_.release(*std::exchange(dropped_, std::nullopt));
    return {};
  }
  /// The note that is valid was found there.
  void keep_dropped(RecordPosition position) {
    journal_.keep(position);
    dropped_ = position;
  }

  /// Adds the records of the first segment, if only a few of them are needed, again at the
  /// end; `index` knows which they are.
  [[nodiscard]] Result<void> move_first_segment(SpoolIndex& index, std::uint64_t dropped) {
    auto const segment = journal_.worth_moving();
    if (!segment) return {};
    for (auto const& [number, entry] : index.all()) {
      if (!entry.position || entry.position->segment != *segment) continue;
      auto const payload = journal_.read(*entry.position);
      if (!payload) return payload.error();
      auto const position = journal_.append(*payload, Sync::later);
      if (!position) return position.error();
      index.put(number, [&](EntryState& state) { move(state.position, *position); });
    }
    if (dropped_ && dropped_->segment == *segment) {
      if (auto written = write_dropped(dropped); !written) return written;
    }
    if (auto synced = journal_.sync(); !synced) return synced;
    journal_.tidy();
    return {};
  }

 private:
  static constexpr char kind_entry = 'P';
  static constexpr char kind_gone = 'G';
  static constexpr char kind_dropped = 'D';
  /// Bytes of a journal that nobody needs: to cut a file short costs more than many records.
  static constexpr std::uint64_t left = 64 * 1024;

  static constexpr std::uint64_t small = 4096;  ///< bytes of a log that goes into the record

  SpoolStore(SpoolDirectory folder, Journal journal)
      : folder_(std::move(folder)), journal_(std::move(journal)) {}

  template <class Visitor>
  static auto reader(Visitor& visitor) {
    return [&visitor](RecordPosition position, std::string_view payload) {
      char const kind = payload.empty() ? '\0' : payload[0];
      payload.remove_prefix(payload.empty() ? 0 : 1);
      if (kind == kind_entry) {
        if (auto kept = read_entry(payload)) visitor.entry(position, *std::move(kept));
      }
      if (payload.size() != sizeof(std::uint64_t)) return;
      auto const number = leading_number<std::uint64_t>(payload);
      if (kind == kind_gone) visitor.gone(number);
      if (kind == kind_dropped) visitor.dropped(position, number);
    };
  }

  /// Returns a log as it goes into the record; an Error if it is too large, or cannot be read.
  [[nodiscard]] static Result<KeptLog> small_log(Output const& output) {
    if (output.size() > small) return Error{Errc::invalid, "too large for a record"};
    auto text = output.text();
    if (!text) return text.error();
    return KeptLog{{}, {{text->size(), 0, *std::move(text)}}, output.sha256()};
  }

  /// Returns true if an error means that the file is not there, rather than unreadable now.
  static bool is_gone(int number) noexcept { return number == ENOENT || number == ENOTDIR; }

  /// A record has a successor.
  void move(std::optional<RecordPosition>& from, RecordPosition to) {
    journal_.keep(to);
    if (from) journal_.release(*from);
    from = to;
    journal_.tidy(left);
  }

  SpoolDirectory folder_;
  Journal journal_;
  std::optional<RecordPosition> dropped_{};
};

}  // namespace sla::inline v1::internal
