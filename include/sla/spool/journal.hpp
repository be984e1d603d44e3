// SPDX-License-Identifier: MIT
#pragma once
// A folder of numbered record files, the segments: records are added to the last one, and the first
// ones are deleted once nobody needs what is in them. The caller says which records are needed and
// what they mean. Segments are deleted from the front only, so a record that revokes an earlier one
// never goes before it. (A file for each entry would need none of this, but two syncs for an entry
// instead of one, and after an outage a hundred times as long to open.)
#include <fcntl.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/core/descriptor.hpp"
#include "sla/core/folder.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"
#include "sla/spool/record_file.hpp"
#include "sla/spool/record_position.hpp"

namespace sla::inline v1::internal {

/// The records of one process, which has the folder for itself. Not thread-safe.
class Journal {
 public:
  struct Options {
    std::string folder;                      ///< there already
    std::uint64_t segment_size = 1U << 20U;  ///< a new segment begins behind this
  };

  /// Opens what is there and hands each record to `visit(RecordPosition, std::string_view)`, in the
  /// order in which they were added. A record that was torn at the end is cut off.
  template <class Visit>
  [[nodiscard]] static Result<Journal> open(Options options, Visit visit) {
    return open(std::move(options), O_RDWR, visit);
  }
  /// The same for a folder that another process may be writing to; changes nothing there.
  template <class Visit>
  [[nodiscard]] static Result<void> look(std::string const& folder, Visit visit) {
    auto journal = open({.folder = folder}, O_RDONLY, visit);
    if (!journal) return journal.error();
    return {};
  }

  /// Adds a record. It is not kept until keep() says so.
  [[nodiscard]] Result<RecordPosition> append(std::string_view payload, Sync sync) {
    if (segments_.empty() || segments_.back().file.size() >= options_.segment_size) {
      if (auto begun = begin_segment(); !begun) return begun.error();
    }
    Segment& last = segments_.back();
    auto const offset = last.file.append(payload, sync);
    if (!offset) return offset.error();
    return RecordPosition{last.number, *offset, record_head + payload.size()};
  }

  /// Returns the payload of a record.
  [[nodiscard]] Result<std::string> read(RecordPosition position) const {
    for (Segment const& segment : segments_) {
      if (segment.number == position.segment) return segment.file.read(position.offset);
    }
    return Error{Errc::malformed, options_.folder + ": a segment is gone"};
  }

  /// The record is needed.
  void keep(RecordPosition position) noexcept { count(position, true); }
  /// The record is not needed any more.
  void release(RecordPosition position) noexcept { count(position, false); }

  /// Deletes the segments at the front that nobody needs, once what came after them is on the disk;
  /// if that is all, nothing is left, or no more than so many bytes.
  void tidy(std::uint64_t leave = 0) {
    while (segments_.size() > 1 && segments_.front().needed == 0 && sync()) {
      ::unlink(segments_.front().file.path().c_str());
      segments_.erase(segments_.begin());
    }
    if (segments_.size() != 1 || segments_[0].needed != 0) return;
    if (segments_[0].file.size() > leave) (void)segments_[0].file.cut(0);
  }

  [[nodiscard]] bool empty() const noexcept {
    return segments_.empty() || (segments_.size() == 1 && segments_[0].file.size() == 0);
  }

  /// Returns the first segment, if so little of all of them is needed that it is worth while to
  /// add the needed records of the first one again at the end.
  [[nodiscard]] std::optional<std::uint64_t> worth_moving() const noexcept {
    std::uint64_t all = 0, needed = 0;
    for (Segment const& segment : segments_) {
      all += segment.file.size();
      needed += segment.needed_bytes;
    }
    if (segments_.size() < 2 || all <= 2 * (needed + options_.segment_size)) return std::nullopt;
    return segments_.front().number;
  }

  /// Writes to the disk what was added with Sync::later.
  [[nodiscard]] Result<void> sync() const {
    return segments_.empty() ? Result<void>{} : segments_.back().file.sync();
  }

  /// Returns true if what is added would still be found: the folder was neither deleted nor
  /// replaced.
  [[nodiscard]] bool in_place() const noexcept {
    return segments_.empty() ? ::access(options_.folder.c_str(), F_OK) == 0
                             : segments_.back().file.in_place();
  }

  /// Returns how many bytes were found that are no records, but for a torn one at the end.
  [[nodiscard]] std::uint64_t damaged() const noexcept { return damaged_; }

 private:
  struct Segment {
    std::uint64_t number;
    RecordFile file;
    std::uint64_t needed = 0;  ///< records
    std::uint64_t needed_bytes = 0;
  };
  static constexpr std::string_view ending = ".records";

  explicit Journal(Options options) : options_(std::move(options)) {}

  template <class Visit>
  static Result<Journal> open(Options options, int flags, Visit visit) {
    Journal journal(std::move(options));
    auto const names = list_folder(journal.options_.folder);
    if (!names) return names.error();
    for (std::string const& name : *names) {
      std::string_view const stem = std::string_view(name).substr(0, name.find('.'));
      auto const number = parse_integer<std::uint64_t>(stem);
      if (!number || name != file_name(*number)) continue;
      auto file = RecordFile::open(journal.options_.folder + '/' + name, flags);
      if (!file && file.error().system_number() == ENOENT) continue;  // deleted while we look
      if (!file) return file.error();
      journal.segments_.push_back({*number, *std::move(file)});
    }
    for (Segment& segment : journal.segments_) {
      if (auto done = journal.visit_segment(segment, flags, visit); !done) return done.error();
    }
    return journal;
  }

  template <class Visit>
  Result<void> visit_segment(Segment& segment, int flags, Visit& visit) {
    auto const bytes = segment.file.bytes(0, segment.file.size());
    if (!bytes) return bytes.error();
    std::size_t end = 0;
    while (auto const record = find_record(*bytes, end)) {
      damaged_ += record->begin - end;
      end = record->end();
      visit(RecordPosition{segment.number, record->begin, end - record->begin}, record->payload);
    }
    if (end == bytes->size()) return {};
    bool const last = segment.number == segments_.back().number;
    if (!last) damaged_ += bytes->size() - end;
    return last && flags == O_RDWR ? segment.file.cut(end) : Result<void>{};
  }

  static std::string file_name(std::uint64_t number) {
    std::string const digits = std::to_string(number);
    return std::string(digits.size() < 10 ? 10 - digits.size() : 0, '0') + digits +
           std::string(ending);
  }

  Result<void> begin_segment() {
    std::uint64_t const number = segments_.empty() ? 1 : segments_.back().number + 1;
    if (auto synced = sync(); !synced) return synced;
    auto file = RecordFile::create(options_.folder + '/' + file_name(number));
    if (!file) return file.error();
    if (auto synced = sync_folder(options_.folder); !synced) {
      ::unlink(file->path().c_str());
      return synced;
    }
    segments_.push_back({number, *std::move(file)});
    return {};
  }

  void count(RecordPosition position, bool needed) noexcept {
    for (Segment& segment : segments_) {
      if (segment.number != position.segment) continue;
      segment.needed += needed ? 1U : static_cast<std::uint64_t>(-1);
      segment.needed_bytes += needed ? position.size : std::uint64_t{0} - position.size;
    }
  }

  Options options_;
  std::vector<Segment> segments_;
  std::uint64_t damaged_ = 0;
};

}  // namespace sla::inline v1::internal
