// SPDX-License-Identifier: MIT
#pragma once
// What a spool knows of one entry, wherever that stands, and how much room it takes.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "sla/core/output.hpp"
#include "sla/spool.hpp"
#include "sla/spool/eviction.hpp"
#include "sla/spool/gathering.hpp"
#include "sla/spool/record_position.hpp"

namespace sla::inline v1::internal {

/// What is known of one entry.
struct EntryState {
  std::optional<RecordPosition> position{};  ///< its latest record
  KeptLog log{};                             ///< its log on the disk
  std::unique_ptr<Entry> held{};  ///< the entry itself, if the record is missing or too old
  Part log_part = Part::waiting;
  std::size_t service = 0;  ///< a hash of its name
  Part event_part = Part::waiting;
  bool pass = false;
  bool counts = true;
  bool plain = false;  ///< its log may stand in a bundle, as far as its size does not matter
  Gathered gathered = Gathered::no;

  [[nodiscard]] bool wants_log() const noexcept {
    return log_part == Part::waiting && gathered == Gathered::no;
  }
  [[nodiscard]] bool wants_event() const noexcept {
    return event_part == Part::waiting && gathered == Gathered::no;
  }
  /// Takes over how far an entry got.
  void note(Entry const& entry) noexcept {
    service = std::hash<std::string_view>()(entry.report.job.service);
    log_part = entry.log;
    event_part = entry.event;
    pass = entry.report.succeeded();
    counts = entry.report.counts();
    plain = may_be_bundled(entry.report, 0);
  }
  /// Holds an entry whole.
  void hold(Entry const& entry) {
    held = std::make_unique<Entry>(entry);
    note(entry);
  }
  /// Reads the log of the entry that is held from its file into memory if it is small, so that many
  /// entries do not take a descriptor each. Returns true if it did.
  bool take_in_log() {
    constexpr std::uint64_t small = 64 * 1024;
    Output& output = held->report.outcome.output;
    if (output.size() > small || output.in_memory()) return false;
    auto text = output.text();
    if (!text) return false;
    std::uint64_t const size = text->size();
    output = Output({}, {{size, 0, *std::move(text)}}, output.sha256());
    return true;
  }
};

/// Returns how much of the limit an entry takes that is held whole: about as much memory.
[[nodiscard]] inline std::uint64_t memory_use(Entry const& entry) noexcept {
  constexpr std::uint64_t nodes = 256;  // and what the allocator needs for each piece
  return sizeof(EntryState) + nodes + entry_bytes(entry);
}

/// Returns how much of the limit an entry takes on a disk: whole blocks, and a fixed sum for the
/// record, the names and what is known of it in memory, so that the limit bounds all of them.
[[nodiscard]] constexpr std::uint64_t disk_use(std::uint64_t log_bytes) noexcept {
  constexpr std::uint64_t block = 4096;
  return 2 * block + (log_bytes + block - 1) / block * block;
}

}  // namespace sla::inline v1::internal
