// SPDX-License-Identifier: MIT
#pragma once
// Where a spool on disk keeps things: a record in its journal, a log in a file of its own or, if it
// is small, in the record.
// Plain values, so that what is in memory needs nothing else of the disk.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sla/core/output.hpp"

namespace sla::inline v1::internal {

/// Where a record stands in a journal.
struct RecordPosition {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;  ///< of the whole record
};

/// Where the log of an entry is.
struct KeptLog {
  std::string file{};  ///< its name; empty if there is no log, or it is in the record
  std::vector<Output::Piece> pieces{};  ///< the log in order
  std::optional<Sha256Bytes> sha256{};

  [[nodiscard]] std::uint64_t size() const noexcept {
    std::uint64_t size = 0;
    for (Output::Piece const& piece : pieces) size += piece.size;
    return size;
  }
  /// Forgets the text of one that is in its record.
  void leave_in_record() noexcept {
    if (!file.empty()) return;
    for (Output::Piece& piece : pieces) std::string().swap(piece.text);  // its memory, too
  }
};

}  // namespace sla::inline v1::internal
