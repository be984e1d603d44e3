// SPDX-License-Identifier: MIT
#pragma once
// A spool on a disk that may hang, such as a network mount: nobody waits for it longer than a
// limit, and once only. What it does is done by a thread of its own, in calls apart. While one of
// them takes too long reports are kept in memory and delivered from there; those that wait go to
// the disk as soon as it answers again.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sla/core/atomic.hpp"
#include "sla/core/log.hpp"
#include "sla/core/result.hpp"
#include "sla/core/shared.hpp"
#include "sla/core/time.hpp"
#include "sla/spool.hpp"
#include "sla/spool/disk_calls.hpp"
#include "sla/spool/memory.hpp"

namespace sla::inline v1 {

/// Keeps reports in an S. Not thread-safe; the numbers of what is in memory are the higher ones.
template <class S>
class TimeLimitedSpool {
  using Disk = internal::HeldSpool<S>;
  using Number = internal::Shared<std::uint64_t>;  // what a call leaves

 public:
  struct Options {
    std::string name{};                                ///< of the folder, for the log
    Duration limit = std::chrono::seconds{2};          ///< for one call
    internal::Shared<internal::Atomic<bool>> hangs{};  ///< is told; may be nothing
  };

  /// Calls `make() -> Result<S>`, and goes on without if that takes too long. The Error is that
  /// of the call. `make` owns what it touches.
  template <class Make>
  [[nodiscard]] static Result<TimeLimitedSpool> open(Make make, Options options, Logger log = {}) {
    TimeLimitedSpool spool(std::move(options), log);
    auto const opened = spool.disk_.open(std::move(make));
    if (!opened) return opened.error();
    return spool;
  }

  void begin(Report const& report) {
    (void)disk_.ask([report](Disk& disk) {
      disk.begin(report);
      return true;
    });
  }
  /// The only event that waits is handed out with it, for the call that comes next. What follows
  /// one in memory stays behind it, there too, until tend() moves them.
  std::uint64_t add(Report const& report) {
    added_ = true;
    if (waits_in_memory()) return in_memory_from + memory_.add(report);
    auto const number = Number::make();
    auto const keep = [report, number](Disk& disk) {
      *number = disk.add(report);
      return disk.count().events == 1 ? disk.next_event(0) : std::optional<Entry>();
    };
    auto const kept = disk_.ask(keep, take_back(number));
    if (!kept) return in_memory_from + memory_.add(report);
    ahead_ = kept->value_or(std::nullopt);
    return *number;
  }

  [[nodiscard]] Recalled recall(Job const& job) {
    return disk_.ask([job](Disk& disk) { return disk.recall(job); }).value_or(Recalled{});
  }

  [[nodiscard]] Result<std::optional<Entry>> next_event(std::uint64_t behind = 0) {
    auto const ahead = std::exchange(ahead_, std::nullopt);
    if (ahead && behind < ahead->number) return ahead;
    if (behind < in_memory_from) {
      auto found = disk_.ask([behind](Disk& disk) { return disk.next_event(behind); });
      if (found && (!*found || **found)) return *std::move(found);
    }
    return of_memory(memory_.next_event(in_memory(behind)));
  }
  /// The two take turns.
  [[nodiscard]] Result<std::optional<Entry>> next_log(std::uint64_t behind) {
    ahead_.reset();
    auto const of_disk = [&]() -> Result<std::optional<Entry>> {
      std::uint64_t const from = behind < in_memory_from ? behind : 0;
      auto found = disk_.ask([from](Disk& disk) { return disk.next_log(from); });
      return found ? *std::move(found) : std::optional<Entry>();
    };
    memory_turn_ = !memory_turn_;
    if (!memory_turn_) {
      auto found = of_disk();
      if (!found || *found) return found;
    }
    auto found = of_memory(memory_.next_log(in_memory(behind)));
    return *found || !memory_turn_ ? found : of_disk();
  }

  /// Those on the disk, which are older; those in memory if there are none or it does not answer.
  [[nodiscard]] Result<std::vector<Entry>> next_events(
      std::size_t most, std::vector<std::uint64_t> const& except) requires BatchSpool<Disk> {
    ahead_.reset();
    auto of_disk = disk_.ask([=](Disk& disk) { return disk.next_events(most, except); });
    if (of_disk && (!*of_disk || !(**of_disk).empty())) return *std::move(of_disk);
    std::vector<std::uint64_t> here;
    for (std::uint64_t const number : except) {
      if (number >= in_memory_from) here.push_back(in_memory(number));
    }
    return of_memory(memory_.next_events(most, here));
  }
  /// The two take turns.
  [[nodiscard]] Result<std::vector<Entry>> next_logs(std::uint64_t behind,
                                                     std::size_t most) requires BatchSpool<Disk> {
    ahead_.reset();
    memory_turn_ = !memory_turn_;
    if (!memory_turn_ || memory_.count().logs + memory_.count().ahead == 0) {
      std::uint64_t const from = behind < in_memory_from ? behind : 0;
      auto found = disk_.ask([=](Disk& disk) { return disk.next_logs(from, most); });
      if (found && (!*found || !(**found).empty())) return *std::move(found);
    }
    return of_memory(memory_.next_logs(in_memory(behind), most));
  }

  void gather() requires BundleSpool<Disk> {
    memory_.gather();
    (void)disk_.tell([](Disk& disk) {
      disk.gather();
      return true;
    });
  }
  void release(std::uint64_t number) requires BundleSpool<Disk> {
    if (number >= in_memory_from) return memory_.release(in_memory(number));
    (void)disk_.tell([number](Disk& disk) {
      disk.release(number);
      return true;
    });
  }
  /// Those on the disk, which are older, then those in memory.
  [[nodiscard]] Result<std::vector<Entry>> next_bundle(
      std::uint64_t behind, std::size_t most) requires BundleSpool<Disk> {
    ahead_.reset();
    if (behind < in_memory_from) {
      auto found = disk_.ask([=](Disk& disk) { return disk.next_bundle(behind, most); });
      if (found && (!*found || !(**found).empty())) return *std::move(found);
    }
    return of_memory(memory_.next_bundle(in_memory(behind), most));
  }

  void update(Entry const& entry) {
    ahead_.reset();
    if (entry.number < in_memory_from) {
      tend_at_ = disk_
                     .tell([entry, now = tended_at_](Disk& disk) {
                       disk.update(entry);
                       return disk.tend(now);
                     })
                     .value_or(Instant::min());
      return;
    }
    Entry own = entry;
    own.number = in_memory(entry.number);
    memory_.update(own);
  }

  /// What update() leaves to do is done with it; what add() does can wait a moment for that.
  Instant tend(Instant now) {
    Instant const moment = now + std::chrono::seconds{1};
    tended_at_ = now;
    if (!disk_.answers()) return moment;
    move_to_disk();
    if (std::exchange(added_, false)) tend_at_ = std::min(tend_at_, moment);
    if (now < tend_at_) return tend_at_;
    tend_at_ = disk_.ask([now](Disk& disk) { return disk.tend(now); }).value_or(Instant::min());
    return disk_.answers() ? tend_at_ : moment;
  }

  [[nodiscard]] SpoolCount count() {
    SpoolCount all = memory_.count();
    if (!disk_.answers()) return all;  // nothing else can be had now
    all.events += disk_.figures().count.events;
    all.logs += disk_.figures().count.logs;
    all.ahead += disk_.figures().count.ahead;
    all.refused += disk_.figures().count.refused;
    all.gathered += disk_.figures().count.gathered;
    all.bundle_due = all.bundle_due || disk_.figures().count.bundle_due;
    return all;
  }
  [[nodiscard]] std::uint64_t dropped() {
    return memory_.dropped() + (disk_.answers() ? disk_.figures().dropped : 0);
  }
  void reported(std::uint64_t number) {
    std::uint64_t const here = std::min(number, memory_.dropped());
    memory_.reported(here);
    if (number == here) return;
    (void)disk_.tell([left = number - here](Disk& disk) {
      disk.reported(left);
      return true;
    });
  }

  [[nodiscard]] std::vector<Entry> in_memory() {
    std::vector<Entry> all = memory_.in_memory();
    for (Entry& entry : all) entry.number += in_memory_from;
    auto const held = disk_.ask([](Disk& disk) { return disk.in_memory(); });
    if (held) all.insert(all.begin(), held->begin(), held->end());
    return all;
  }

 private:
  static constexpr std::uint64_t in_memory_from = std::uint64_t{1} << 62U;

  TimeLimitedSpool(Options options, Logger log)
      : memory_({}, log), disk_({std::move(options.name), options.limit, options.hangs}, log) {}

  /// Takes back a report that was added too late: it was kept in memory meanwhile.
  static auto take_back(Number const& number) {
    return [number](Disk& disk) {
      disk.update({.number = *number, .log = Part::done, .event = Part::done});
    };
  }

  static std::uint64_t in_memory(std::uint64_t number) noexcept {
    return number < in_memory_from ? 0 : number - in_memory_from;
  }
  static Result<std::optional<Entry>> of_memory(Result<std::optional<Entry>> found) {
    if (found && *found) (*found)->number += in_memory_from;
    return found;
  }
  static Result<std::vector<Entry>> of_memory(Result<std::vector<Entry>> found) {
    for (Entry& entry : *found) entry.number += in_memory_from;
    return found;
  }

  bool waits_in_memory() const noexcept {
    return memory_.count().events + memory_.count().gathered != 0;
  }
  /// Events that wait are as safe on the disk as if it had never hung, and keep their order.
  void move_to_disk() {
    if (!waits_in_memory()) return;
    for (Entry entry : memory_.in_memory()) {
      if (entry.event != Part::waiting) continue;
      auto const number = Number::make();
      auto const move = [entry, number](Disk& disk) {
        Entry moving = entry;
        moving.number = *number = disk.add(entry.report);
        if (entry.log != Part::waiting) disk.update(moving);
        return true;
      };
      auto const moved = disk_.ask(move, take_back(number));
      if (!moved) return;
      entry.log = entry.event = Part::done;
      memory_.update(entry);
    }
  }

  MemorySpool memory_;
  internal::DiskCalls<Disk> disk_;
  std::optional<Entry> ahead_{};  ///< the next event as the disk has it
  Instant tend_at_ = Instant::min();
  Instant tended_at_ = Instant::min();  ///< when it was last thought of
  bool added_ = false;                  ///< something was, since then
  bool memory_turn_ = false;

  static_assert(Spool<S>,
                "TimeLimitedSpool's parameter must be a sla::Spool: movable, with begin(), add(), "
                "next_event(), next_log(), update(), tend(), count(), dropped(), reported() and "
                "in_memory()");
};

}  // namespace sla::inline v1
