// SPDX-License-Identifier: MIT
#pragma once
// The parcels of a spool on disk as they are known in memory: where each stands, how far it got,
// and how much room all of them take. A parcel that could not be written is held here whole.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "sla/core/journal.hpp"
#include "sla/publisher/spool.hpp"
#include "sla/publisher/spool/memory.hpp"
#include "sla/publisher/spool/parcel_record.hpp"
#include "sla/publisher/spool/room.hpp"

namespace sla::inline v1 {

/// What is known of one parcel.
struct Shelved {
  std::optional<Place> place{};    ///< its latest record
  KeptLog log{};                   ///< its log on the disk
  std::unique_ptr<Parcel> held{};  ///< the parcel itself, where the record is missing or too old
  Part log_part = Part::waiting;
  Part event_part = Part::waiting;
  bool pass = false;
  bool counts = true;

  /// Takes over how far a parcel got.
  void note(Parcel const& parcel) noexcept {
    log_part = parcel.log;
    event_part = parcel.event;
    pass = parcel.report.succeeded();
    counts = parcel.report.counts();
  }
};

/// All parcels of one spool, by number. Not thread-safe.
class Shelf {
 public:
  using Map = std::map<std::uint64_t, Shelved>;

  [[nodiscard]] Map const& all() const noexcept { return all_; }
  [[nodiscard]] SpoolCount const& count() const noexcept { return count_; }
  [[nodiscard]] std::uint64_t disk_bytes() const noexcept { return disk_bytes_; }
  [[nodiscard]] std::uint64_t memory_bytes() const noexcept { return memory_bytes_; }
  [[nodiscard]] std::uint64_t last_number() const noexcept {
    return all_.empty() ? 0 : all_.rbegin()->first;
  }

  /// The number of the next parcel. Numbers follow the clock, so that what was held in memory while
  /// a disk could not even be read sorts behind what is found there later.
  [[nodiscard]] std::uint64_t next_number() {
    auto const now = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    last_ = std::max({last_ + 1, static_cast<std::uint64_t>(now.count()), last_number() + 1});
    return last_;
  }

  /// Adds a parcel, or changes one: `change(Shelved&)`.
  template <class Change>
  void put(std::uint64_t number, Change change) {
    auto const [at, added] = all_.try_emplace(number);
    if (!added) tally(at->second, false);
    change(at->second);
    tally(at->second, true);
    if (at->second.event_part == Part::waiting && number < first_event_) first_event_ = number;
  }
  void erase(std::uint64_t number) {
    auto const at = all_.find(number);
    if (at == all_.end()) return;
    tally(at->second, false);
    all_.erase(at);
  }

  /// The oldest behind that number whose event waits.
  [[nodiscard]] std::optional<std::uint64_t> next_event(std::uint64_t behind) {
    bool const of_all = behind < first_event_;
    auto at = of_all ? all_.lower_bound(first_event_) : all_.upper_bound(behind);
    while (at != all_.end() && at->second.event_part != Part::waiting) ++at;
    std::uint64_t const found = at != all_.end() ? at->first : last_number() + 1;
    if (of_all) first_event_ = found;
    if (at == all_.end()) return std::nullopt;
    return found;
  }

  /// The next, in a circle, of which only the log waits.
  [[nodiscard]] std::optional<std::uint64_t> next_log(std::uint64_t behind) const {
    if (count_.logs == 0) return std::nullopt;
    for (auto at = all_.upper_bound(behind); at != all_.end(); ++at) {
      if (only_log(at->second)) return at->first;
    }
    for (auto const& [number, parcel] : all_) {
      if (only_log(parcel)) return number;
    }
    return std::nullopt;
  }

  /// What has to go from the disk, or from memory; `spared` and the newest stay.
  [[nodiscard]] std::optional<Eviction> eviction(bool on_disk, std::uint64_t spared) const {
    std::uint64_t const newest = last_number();
    return choose_eviction(
        all_, [&](std::uint64_t number, Shelved const& parcel) -> std::optional<RoomUse> {
          if (number == spared || number == newest) return std::nullopt;
          if (on_disk == (parcel.held != nullptr)) return std::nullopt;
          if (parcel.held) return room_use(*parcel.held, parcel.held->report.outcome.output.size());
          bool const only_event = parcel.event_part == Part::done;
          return RoomUse{parcel.pass, only_event ? 0 : parcel.log.size()};
        });
  }

 private:
  static bool only_log(Shelved const& parcel) noexcept {
    return parcel.log_part == Part::waiting && parcel.event_part != Part::waiting;
  }

  void tally(Shelved const& parcel, bool there) noexcept {
    auto const move = [there](auto& total, auto amount) {
      total = there ? total + amount : total - amount;
    };
    std::size_t const one = 1;
    if (parcel.event_part == Part::waiting) move(count_.events, one);
    if (only_log(parcel)) move(count_.logs, one);
    if (parcel.log_part == Part::refused || parcel.event_part == Part::refused) {
      move(count_.refused, one);
    }
    move(disk_bytes_, parcel.log.size() + (parcel.place ? parcel.place->size : 0));
    if (parcel.held) move(memory_bytes_, parcel_bytes(*parcel.held));
  }

  Map all_{};
  SpoolCount count_{};
  std::uint64_t disk_bytes_ = 0;
  std::uint64_t memory_bytes_ = 0;
  std::uint64_t last_ = 0;
  std::uint64_t first_event_ = 1;  ///< no event waits before this one
};

}  // namespace sla::inline v1
