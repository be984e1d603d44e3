// SPDX-License-Identifier: MIT
#pragma once
// A file of records, each with its length and checksum, that only grows at its end. What append()
// has returned from with Sync::now is on the disk; a record that was torn by a crash, or damaged
// later, is told from a whole one and passed over. Finding records is pure.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sla/core/descriptor.hpp"
#include "sla/core/file_apart.hpp"
#include "sla/core/record.hpp"
#include "sla/core/result.hpp"
#include "sla/spool/checksum.hpp"

namespace sla::inline v1::internal {

inline constexpr std::string_view record_mark{"\xF5SLR", 4};  ///< how each record begins
inline constexpr std::size_t record_head = 12;                ///< mark, length, checksum
inline constexpr std::size_t record_limit = 16U << 20U;       ///< bytes of a payload

/// Returns the payload with its mark, its length and a checksum over length and payload.
[[nodiscard]] inline std::string frame_record(std::string_view payload) {
  std::string out(record_mark);
  out.reserve(record_head + payload.size());
  append_number(out, static_cast<std::uint32_t>(payload.size()));
  append_number(out, crc32c(payload, crc32c(std::string_view(out).substr(4))));
  out += payload;
  return out;
}

/// A whole record among other bytes.
struct FoundRecord {
  std::size_t begin = 0;       ///< where its mark stands
  std::string_view payload{};  ///< in the bytes that were searched

  [[nodiscard]] std::size_t end() const noexcept { return begin + record_head + payload.size(); }
};

/// Returns the first whole record that begins at or behind `from`; other bytes are passed over.
[[nodiscard]] inline std::optional<FoundRecord> find_record(std::string_view bytes,
                                                            std::size_t from = 0) noexcept {
  for (std::size_t at = bytes.find(record_mark, from); at != std::string_view::npos;
       at = bytes.find(record_mark, at + 1)) {
    std::string_view const rest = bytes.substr(at);
    if (rest.size() < record_head) return std::nullopt;
    auto const size = leading_number<std::uint32_t>(rest.substr(4));
    if (size > record_limit || size > rest.size() - record_head) continue;
    std::string_view const payload = rest.substr(record_head, size);
    if (crc32c(payload, crc32c(rest.substr(4, 4))) ==
        leading_number<std::uint32_t>(rest.substr(8))) {
      return FoundRecord{at, payload};
    }
  }
  return std::nullopt;
}

/// Says if an append returns before or after the disk has it.
enum class Sync {
  later,  ///< survives the end of the process
  now,    ///< survives the end of the machine too
};

/// One file of records, for one process. Not thread-safe.
class RecordFile {
 public:
  /// Returns a new file for this user alone.
  [[nodiscard]] static Result<RecordFile> create(std::string path) {
    return open(std::move(path), O_RDWR | O_CREAT | O_EXCL);
  }
  /// Returns a file that is there already; to be read only, or appended to as well.
  [[nodiscard]] static Result<RecordFile> open(std::string path, int flags) {
    auto file = open_file(path, flags);
    if (!file) return file.error();
    struct stat about {};
    if (::fstat(file->get(), &about) != 0) return system_error(path);
    return RecordFile(std::move(path), *std::move(file), static_cast<std::uint64_t>(about.st_size));
  }

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] std::string const& path() const noexcept { return path_; }

  /// Adds a record and returns its position. After an Error the file is as it was before, as far as
  /// the disk lets it.
  [[nodiscard]] Result<std::uint64_t> append(std::string_view payload, Sync sync) {
    if (payload.size() > record_limit) return Error{Errc::invalid, "the record is too large"};
    std::string const record = frame_record(payload);
    auto written = write_at_end(record);
    if (written && sync == Sync::now) written = this->sync();
    if (!written) {
      (void)cut(size_);
      return written.error();
    }
    return std::exchange(size_, size_ + record.size());
  }

  /// Returns the payload of the record at that position.
  [[nodiscard]] Result<std::string> read(std::uint64_t position) const {
    auto head = bytes(position, record_head);
    if (!head) return head.error();
    bool const is_record = head->size() == record_head && head->starts_with(record_mark);
    auto const size =
        is_record ? leading_number<std::uint32_t>(std::string_view(*head).substr(4)) : 0U;
    if (is_record && size <= record_limit) {
      auto all = bytes(position, record_head + size);
      if (!all) return all.error();
      auto const found = find_record(*all);
      if (found && found->begin == 0) return std::string(found->payload);
    }
    return Error{Errc::malformed,
                 path_ + ": the record at " + std::to_string(position) + " is damaged"};
  }

  /// Returns all bytes from a position on, at most `limit` of them.
  [[nodiscard]] Result<std::string> bytes(std::uint64_t from, std::uint64_t limit) const {
    std::string out(static_cast<std::size_t>(limit), '\0');
    std::size_t have = 0;
    while (have < out.size()) {
      auto const n = read_at_place(file_, from + have, &out[have], out.size() - have);
      if (!n) return system_error(path_, n.error().system_number());
      if (*n == 0) break;
      have += *n;
    }
    out.resize(have);
    return out;
  }

  /// Cuts off what stands behind that position.
  [[nodiscard]] Result<void> cut(std::uint64_t position) {
    if (uninterrupted([&] { return ::ftruncate(file_.get(), static_cast<off_t>(position)); }) !=
        0) {
      return system_error(path_);
    }
    size_ = position;
    return {};
  }

  /// Writes to the disk what was appended with Sync::later.
  [[nodiscard]] Result<void> sync() const { return sync_file(file_, path_); }

  /// Returns true if the path still leads to this file.
  [[nodiscard]] bool in_place() const noexcept { return leads_to(path_, file_); }

 private:
  RecordFile(std::string path, Descriptor file, std::uint64_t size)
      : path_(std::move(path)), file_(std::move(file)), size_(size) {}

  Result<void> write_at_end(std::string_view record) const {
    auto const written = write_at_place(file_, size_, record);
    return written ? written : system_error(path_, written.error().system_number());
  }

  std::string path_;
  Descriptor file_;
  std::uint64_t size_;
};

}  // namespace sla::inline v1::internal
