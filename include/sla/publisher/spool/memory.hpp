// SPDX-License-Identifier: MIT
#pragma once
// A spool in memory: survives every outage, but not the process. Its logs stay where the executor
// put them. When it is full it drops the oldest passes first, and counts them.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sla/core/log.hpp"
#include "sla/publisher/spool.hpp"
#include "sla/publisher/spool/room.hpp"

namespace sla::inline v1 {

/// About how much memory a parcel takes, its log included.
[[nodiscard]] inline std::uint64_t parcel_bytes(Parcel const& parcel) noexcept {
  Report const& report = parcel.report;
  std::uint64_t bytes = sizeof parcel + report.outcome.output.size() + report.job.service.size() +
                        report.outcome.remark.size() + parcel.reason.size();
  for (auto const& group : report.job.groups) bytes += sizeof(std::string) + group.size();
  for (auto const& word : report.job.command) bytes += sizeof(std::string) + word.size();
  return bytes;
}

/// Keeps reports in memory. Not thread-safe.
class MemorySpool {
 public:
  struct Options {
    std::uint64_t limit = 32U << 20U;  ///< bytes, logs included, but for the newest report
  };

  MemorySpool() = default;
  explicit MemorySpool(Options options, Logger log = Logger{}) : options_(options), log_(log) {}

  void begin(Report const&) noexcept {}

  void add(Report const& report) {
    Parcel parcel{.number = ++last_, .report = report};
    bytes_ += parcel_bytes(parcel);
    parcels_.emplace(last_, std::move(parcel));
    make_room();
  }

  [[nodiscard]] Result<std::optional<Parcel>> next_event(std::uint64_t behind = 0) {
    for (auto at = parcels_.upper_bound(behind); at != parcels_.end(); ++at) {
      if (at->second.event == Part::waiting) return hand_out(at->second);
    }
    return std::optional<Parcel>();
  }

  [[nodiscard]] Result<std::optional<Parcel>> next_log(std::uint64_t behind) {
    auto const only_log = [](Parcel const& parcel) {
      return parcel.log == Part::waiting && parcel.event != Part::waiting;
    };
    for (auto at = parcels_.upper_bound(behind); at != parcels_.end(); ++at) {
      if (only_log(at->second)) return hand_out(at->second);
    }
    for (auto const& [number, parcel] : parcels_) {
      if (only_log(parcel)) return hand_out(parcel);
    }
    return std::optional<Parcel>();
  }

  void update(Parcel const& parcel) {
    auto const at = parcels_.find(parcel.number);
    handed_out_ = 0;
    if (at == parcels_.end()) return;
    bytes_ -= parcel_bytes(at->second);
    if (parcel.complete()) {
      parcels_.erase(at);
      return;
    }
    at->second = parcel;
    bytes_ += parcel_bytes(parcel);
    make_room();
  }

  Instant tend(Instant) noexcept { return Instant::max(); }

  [[nodiscard]] SpoolCount count() const noexcept {
    SpoolCount count;
    for (auto const& [number, parcel] : parcels_) {
      if (parcel.event == Part::waiting) ++count.events;
      if (parcel.log == Part::waiting && parcel.event != Part::waiting) ++count.logs;
      if (parcel.log == Part::refused || parcel.event == Part::refused) ++count.refused;
    }
    return count;
  }

  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }
  void reported(std::uint64_t number) noexcept { dropped_ -= number; }

  [[nodiscard]] std::vector<Parcel> in_memory() const {
    std::vector<Parcel> all;
    for (auto const& [number, parcel] : parcels_) all.push_back(parcel);
    return all;
  }

 private:
  Result<std::optional<Parcel>> hand_out(Parcel const& parcel) {
    handed_out_ = parcel.number;
    return std::optional<Parcel>(parcel);
  }

  void make_room() {
    while (bytes_ > options_.limit) {
      auto const found = choose_eviction(
          parcels_, [this](std::uint64_t number, Parcel const& parcel) -> std::optional<RoomUse> {
            if (number == handed_out_ || number == last_) return std::nullopt;
            return room_use(parcel, parcel.report.outcome.output.size());
          });
      if (!found) return;
      evict(*found);
    }
  }

  void evict(Eviction const& eviction) {
    auto const at = parcels_.find(eviction.number);
    Parcel& parcel = at->second;
    log_.warning(eviction_line(eviction), {{"run", parcel.report.job.run_id}});
    bytes_ -= parcel_bytes(parcel);
    if (eviction.log_only) {
      drop_log(parcel);
      bytes_ += parcel_bytes(parcel);
      return;
    }
    if (parcel.event == Part::waiting && parcel.report.counts()) ++dropped_;
    parcels_.erase(at);
  }

  Options options_{};
  Logger log_{};
  std::map<std::uint64_t, Parcel> parcels_{};
  std::uint64_t last_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t handed_out_ = 0;
};
static_assert(Spool<MemorySpool>);

}  // namespace sla::inline v1
