// SPDX-License-Identifier: MIT
#pragma once
// A spool in memory: survives every outage, but not the process. Its logs stay where the executor
// put them. When it is full it drops the logs of passes first and then the oldest passes, and
// counts the results that it drops.
#include <cstdint>
#include <optional>
#include <vector>

#include "sla/core/log.hpp"
#include "sla/core/result.hpp"
#include "sla/core/time.hpp"
#include "sla/spool.hpp"
#include "sla/spool/index.hpp"

namespace sla::inline v1 {

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
    Parcel parcel{.number = shelf_.next_number(), .report = report};
    parcel.report.memory.reset();  // there is no next process
    put(parcel);
  }
  [[nodiscard]] Recalled recall(Job const&) const { return {}; }

  [[nodiscard]] Result<std::optional<Parcel>> next_event(std::uint64_t behind = 0) {
    return hand_out(shelf_.next_event(behind));
  }
  [[nodiscard]] Result<std::optional<Parcel>> next_log(std::uint64_t behind) {
    return hand_out(shelf_.next_log(behind));
  }

  void update(Parcel const& parcel) {
    handed_out_ = 0;
    if (shelf_.all().count(parcel.number) == 0) return;
    if (parcel.complete()) return shelf_.erase(parcel.number);
    put(parcel);
  }

  Instant tend(Instant) noexcept { return Instant::max(); }

  [[nodiscard]] SpoolCount count() const noexcept { return shelf_.count(); }
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }
  void reported(std::uint64_t number) noexcept { dropped_ -= number; }

  [[nodiscard]] std::vector<Parcel> in_memory() const {
    std::vector<Parcel> all;
    for (auto const& [number, parcel] : shelf_.all()) all.push_back(*parcel.held);
    return all;
  }

 private:
  Result<std::optional<Parcel>> hand_out(std::optional<std::uint64_t> number) {
    if (!number) return std::optional<Parcel>();
    handed_out_ = *number;
    return std::optional<Parcel>(*shelf_.all().at(*number).held);
  }

  void put(Parcel const& parcel) {
    shelf_.put(parcel.number, [&](Shelved& shelved) { shelved.hold(parcel); });
    while (shelf_.memory_bytes() > options_.limit) {
      auto const eviction = shelf_.eviction(false, handed_out_);
      if (!eviction) return;
      evict(*eviction);
    }
  }

  void evict(Eviction const& eviction) {
    Parcel const& parcel = *shelf_.all().at(eviction.number).held;
    log_.warning(eviction_line(eviction), {{"run", parcel.report.job.run_id}});
    if (eviction.log_only) {
      return shelf_.put(eviction.number, [](Shelved& shelved) {
        drop_log(*shelved.held);
        shelved.note(*shelved.held);
      });
    }
    if (parcel.event == Part::waiting && parcel.report.counts()) ++dropped_;
    shelf_.erase(eviction.number);
  }

  Options options_{};
  Logger log_{};
  Shelf shelf_{};
  std::uint64_t dropped_ = 0;
  std::uint64_t handed_out_ = 0;
};
static_assert(Spool<MemorySpool>);

}  // namespace sla::inline v1
