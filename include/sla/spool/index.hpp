// SPDX-License-Identifier: MIT
#pragma once
// The entries of a spool as they are known in memory: where each stands, how far it got, how much
// room all of them take and which go first when it is too much. One that is not on a disk is held
// here whole. Nothing here takes longer the more entries there are, but for passing over those that
// wait for something else.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "sla/spool.hpp"
#include "sla/spool/entry_state.hpp"
#include "sla/spool/eviction.hpp"
#include "sla/spool/gathering.hpp"

namespace sla::inline v1::internal {

/// All entries of one spool, by number. Not thread-safe.
class SpoolIndex {
 public:
  using Map = std::map<std::uint64_t, EntryState>;

  [[nodiscard]] Map const& all() const noexcept { return all_; }
  /// Returns how much there is to do, where so many bytes are too much.
  [[nodiscard]] SpoolCount count(std::uint64_t disk_limit, std::uint64_t memory_limit) const {
    return gathering_.counted(count_,
                              disk_bytes_ > disk_limit / 2 || memory_bytes_ > memory_limit / 2);
  }
  [[nodiscard]] std::uint64_t last_number() const noexcept {
    return all_.empty() ? 0 : all_.rbegin()->first;
  }

  /// Returns true if all of an entry is in its record, also its log.
  [[nodiscard]] bool is_record(std::uint64_t number) const {
    EntryState const& state = all_.at(number);
    return state.position && state.log.file.empty();
  }
  /// Returns the numbers of the entries that are held here whole.
  [[nodiscard]] std::vector<std::uint64_t> held() const {
    std::vector<std::uint64_t> numbers;
    for (auto const& [number, entry] : all_) {
      if (entry.held) numbers.push_back(number);
    }
    return numbers;
  }

  /// Returns those entries.
  [[nodiscard]] std::vector<Entry> held_entries() const {
    std::vector<Entry> entries;
    for (auto const& [number, entry] : all_) {
      if (entry.held) entries.push_back(*entry.held);
    }
    return entries;
  }

  /// Returns the number of the next entry. Numbers follow the clock, so that what was held in
  /// memory while a disk could not even be read sorts behind what is found there later.
  [[nodiscard]] std::uint64_t next_number() {
    auto const now = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    last_ = std::max({last_ + 1, static_cast<std::uint64_t>(now.count()), last_number() + 1});
    return last_;
  }

  /// Lets entries wait for a bundle from now on, those that are here included.
  void gather() {
    if (!gathering_.begin()) return;
    for (auto& [number, entry] : all_) {
      tally(number, entry, false);
      entry.gathered = wait_of(entry);
      tally(number, entry, true);
    }
  }
  /// Ends the wait of an entry for its bundle. Returns false if there is no such entry.
  bool release(std::uint64_t number) {
    bool const waits = gathering_.holds(number);
    if (waits) put(number, [](EntryState& entry) { entry.gathered = Gathered::no; });
    return waits || all_.count(number) != 0;
  }

  /// Adds an entry, or changes one: `change(EntryState&)`.
  template <class Change>
  void put(std::uint64_t number, Change change) {
    auto const [at, added] = all_.try_emplace(number);
    if (!added) tally(number, at->second, false);
    change(at->second);
    if (added) at->second.gathered = wait_of(at->second);
    tally(number, at->second, true);
    if (at->second.event_part == Part::waiting && number < first_event_) first_event_ = number;
  }
  void erase(std::uint64_t number) {
    auto const at = all_.find(number);
    if (at == all_.end()) return;
    tally(number, at->second, false);
    all_.erase(at);
  }

  /// Returns the oldest entry behind that number whose event waits.
  [[nodiscard]] std::optional<std::uint64_t> next_event(std::uint64_t behind) {
    bool const of_all = behind < first_event_;
    auto at = of_all ? all_.lower_bound(first_event_) : all_.upper_bound(behind);
    while (at != all_.end() && !at->second.wants_event()) ++at;
    std::uint64_t const found = at != all_.end() ? at->first : last_number() + 1;
    if (of_all) first_event_ = found;
    if (at == all_.end()) return std::nullopt;
    return found;
  }

  /// Returns the oldest event that waits of each service, but for those numbers, which ascend; at
  /// most so many: the services take turns from call to call. The oldest comes first.
  [[nodiscard]] std::vector<std::uint64_t> next_events(std::size_t most,
                                                       std::vector<std::uint64_t> const& except) {
    std::vector<std::uint64_t> found;
    std::optional<std::size_t> first;
    for (std::size_t service = turn_; found.size() < most; first = first.value_or(service)) {
      auto at = by_service_.lower_bound({service + 1, 0});  // behind the last one that is the first
      if (at == by_service_.end()) at = by_service_.begin();
      if (at == by_service_.end() || first == at->first) break;
      service = at->first;
      while (std::binary_search(except.begin(), except.end(), at->second)) {
        if (++at == by_service_.end() || at->first != service) break;
      }
      if (at == by_service_.end() || at->first != service) continue;
      found.push_back(at->second);
      turn_ = service;
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  /// Returns the next entry, in a circle, whose log waits.
  [[nodiscard]] std::optional<std::uint64_t> next_log(std::uint64_t behind) const {
    if (count_.logs + count_.ahead == 0) return std::nullopt;
    for (auto at = all_.upper_bound(behind); at != all_.end(); ++at) {
      if (at->second.wants_log()) return at->first;
    }
    for (auto const& [number, entry] : all_) {
      if (entry.wants_log()) return number;
    }
    return std::nullopt;
  }

  /// Returns the next entries, in a circle, whose logs wait; at most so many.
  [[nodiscard]] std::vector<std::uint64_t> next_logs(std::uint64_t behind, std::size_t most) const {
    std::vector<std::uint64_t> found;
    for (auto next = next_log(behind); next && found.size() < most; next = next_log(*next)) {
      if (!found.empty() && found.front() == *next) break;
      found.push_back(*next);
    }
    return found;
  }

  /// Returns the next entries behind that one that wait for a bundle; at most so many.
  [[nodiscard]] std::vector<std::uint64_t> next_bundle(std::uint64_t behind,
                                                       std::size_t most) const {
    return gathering_.next(behind, most);
  }

  /// Returns what to evict from the disk, or from memory, if that holds more bytes than its limit;
  /// the spared ones, which ascend, and the newest stay. If the limit would hold without the spared
  /// logs of passes, which are about to go, only logs of passes are evicted.
  [[nodiscard]] std::optional<Eviction> eviction(bool on_disk, std::uint64_t limit,
                                                 std::vector<std::uint64_t> const& spared) const {
    std::uint64_t const bytes = on_disk ? disk_bytes_ : memory_bytes_;
    if (bytes <= limit) return std::nullopt;
    auto found = (on_disk ? disk_order_ : memory_order_).next(spared, last_number());
    if (!found) return std::nullopt;
    EntryState const& entry = all_.at(found->number);
    if (rank_of(entry) != EvictionRank::log_of_pass &&
        bytes - logs_of_passes(on_disk, spared) <= limit) {
      return std::nullopt;
    }
    // If the event is delivered the log is all there is.
    if (entry.event_part == Part::done) found->log_only = false;
    return found;
  }

 private:
  static std::uint64_t log_size(EntryState const& entry) noexcept {
    return entry.held ? entry.held->report.outcome.output.size() : entry.log.size();
  }
  static EvictionRank rank_of(EntryState const& entry) noexcept {
    std::uint64_t const log = log_size(entry);
    std::uint64_t const worth_while = entry.held ? sizeof(Entry) : 1;
    return eviction_rank(entry.pass, entry.event_part == Part::done || log >= worth_while);
  }

  /// Returns how many bytes of the disk, or of memory, are logs of passes among these.
  [[nodiscard]] std::uint64_t logs_of_passes(bool on_disk,
                                             std::vector<std::uint64_t> const& numbers) const {
    std::uint64_t bytes = 0;
    for (std::uint64_t const number : numbers) {
      auto const at = all_.find(number);
      if (at == all_.end() || on_disk == (at->second.held != nullptr)) continue;
      if (rank_of(at->second) == EvictionRank::log_of_pass) bytes += log_size(at->second);
    }
    return bytes;
  }

  /// Returns whether an entry is to wait for a bundle.
  [[nodiscard]] Gathered wait_of(EntryState const& entry) const {
    if (entry.event_part != Part::waiting) return Gathered::no;
    bool const small = log_size(entry) <= BundleLimits::bytes_of_one;
    return gathering_.wait_of(entry.service,
                              entry.plain && small && entry.log_part == Part::waiting);
  }

  void tally(std::uint64_t number, EntryState const& entry, bool there) {
    auto const move = [there](auto& total, auto amount) {
      total = there ? total + amount : total - amount;
    };
    std::size_t const one = 1;
    bool const event = entry.event_part == Part::waiting;
    if (entry.gathered != Gathered::no) {
      GatheredEntry const waits{number, entry.service, entry.gathered, log_size(entry)};
      there ? gathering_.add(waits) : gathering_.remove(waits);
    } else if (event) {
      move(count_.events, one);
      there ? void(by_service_.emplace(entry.service, number))
            : void(by_service_.erase({entry.service, number}));
    }
    if (entry.wants_log()) move(event ? count_.ahead : count_.logs, one);
    if (entry.log_part == Part::refused || entry.event_part == Part::refused) {
      move(count_.refused, one);
    }
    if (entry.position) move(disk_bytes_, disk_use(entry.log.size()));
    if (entry.held) move(memory_bytes_, memory_use(*entry.held));
    EvictionOrder& order = entry.held ? memory_order_ : disk_order_;
    there ? order.add(number, rank_of(entry)) : order.remove(number, rank_of(entry));
  }

  Map all_{};
  EvictionOrder disk_order_{};
  EvictionOrder memory_order_{};
  SpoolCount count_{};
  std::uint64_t disk_bytes_ = 0;
  std::uint64_t memory_bytes_ = 0;
  std::uint64_t last_ = 0;
  std::uint64_t first_event_ = 1;  ///< no event waits before this one
  std::set<std::pair<std::size_t, std::uint64_t>> by_service_{};  ///< the events that wait
  std::size_t turn_ = 0;  ///< the service whose event was handed out last
  Gathering gathering_{};
};

}  // namespace sla::inline v1::internal
