// SPDX-License-Identifier: MIT
#pragma once
// A spool in memory: survives every outage, but not the process. Its logs stay where the executor
// put them. When it is full it drops the logs of passes first and then the oldest passes, and
// counts the results that it drops.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
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
    /// Bytes, logs included, but for the newest report and the logs of passes being delivered.
    std::uint64_t limit = 32U << 20U;
  };

  MemorySpool() = default;
  explicit MemorySpool(Options options, Logger log = Logger{}) : options_(options), log_(log) {}

  void begin(Report const&) noexcept {}

  std::uint64_t add(Report const& report) {
    Entry entry{.number = index_.next_number(), .report = report};
    entry.report.memory = nullptr;  // there is no next process
    put(entry);
    return entry.number;
  }
  [[nodiscard]] Recalled recall(Job const&) const { return {}; }

  [[nodiscard]] Result<std::optional<Entry>> next_event(std::uint64_t behind = 0) {
    return hand_out(index_.next_event(behind));
  }
  [[nodiscard]] Result<std::optional<Entry>> next_log(std::uint64_t behind) {
    return hand_out(index_.next_log(behind));
  }

  [[nodiscard]] Result<std::vector<Entry>> next_events(std::size_t most,
                                                       std::vector<std::uint64_t> const& except) {
    return hand_out(index_.next_events(most, except));
  }
  [[nodiscard]] Result<std::vector<Entry>> next_logs(std::uint64_t behind, std::size_t most) {
    return hand_out(index_.next_logs(behind, most));
  }

  void gather() { index_.gather(); }
  void release(std::uint64_t number) { index_.release(number); }
  [[nodiscard]] Result<std::vector<Entry>> next_bundle(std::uint64_t behind, std::size_t most) {
    return hand_out(index_.next_bundle(behind, most));
  }

  void update(Entry const& entry) {
    std::erase(handed_out_, entry.number);
    if (!index_.release(entry.number)) return;
    if (entry.complete()) return index_.erase(entry.number);
    put(entry);
  }

  Instant tend(Instant) noexcept { return Instant::max(); }

  [[nodiscard]] SpoolCount count() const noexcept {
    return index_.count(UINT64_MAX, options_.limit);
  }
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }
  void reported(std::uint64_t number) noexcept { dropped_ -= number; }

  [[nodiscard]] std::vector<Entry> in_memory() const { return index_.held_entries(); }

 private:
  Result<std::optional<Entry>> hand_out(std::optional<std::uint64_t> number) {
    if (!number) return std::optional<Entry>();
    handed_out_.assign(1, *number);
    return std::optional<Entry>(*index_.all().at(*number).held);
  }
  std::vector<Entry> hand_out(std::vector<std::uint64_t> numbers) {
    std::vector<Entry> entries;
    entries.reserve(numbers.size());
    for (std::uint64_t const number : numbers) entries.push_back(*index_.all().at(number).held);
    handed_out_ = std::move(numbers);
    std::sort(handed_out_.begin(), handed_out_.end());
    return entries;
  }

  void put(Entry const& entry) {
    index_.put(entry.number, [&](internal::EntryState& state) { state.hold(entry); });
    while (auto const eviction = index_.eviction(false, options_.limit, handed_out_)) {
      evict(*eviction);
    }
  }

  void evict(internal::Eviction const& eviction) {
    Entry const& entry = *index_.all().at(eviction.number).held;
    log_.warning(internal::eviction_line(eviction), {{"run", entry.report.job.run_id}});
    if (eviction.log_only) {
      return index_.put(eviction.number, [](internal::EntryState& state) {
        internal::drop_log(*state.held);
        state.note(*state.held);
      });
    }
    if (entry.event == Part::waiting && entry.report.counts()) ++dropped_;
    index_.erase(eviction.number);
  }

  Options options_{};
  Logger log_{};
  internal::SpoolIndex index_{};
  std::uint64_t dropped_ = 0;
  std::vector<std::uint64_t> handed_out_{};
};
static_assert(BundleSpool<MemorySpool>);

}  // namespace sla::inline v1
