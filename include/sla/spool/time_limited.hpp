// SPDX-License-Identifier: MIT
#pragma once
// A spool on a disk that may hang, such as a network mount: nobody waits for it longer than a
// limit, and once only. What it does is done by a thread of its own, in calls apart. While one of
// them takes too long reports are kept in memory and delivered from there; those that wait go to
// the disk as soon as it answers again.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sla/core/log.hpp"
#include "sla/core/result.hpp"
#include "sla/core/time.hpp"
#include "sla/core/time_limited.hpp"
#include "sla/spool.hpp"
#include "sla/spool/memory.hpp"

namespace sla::inline v1 {

/// Keeps reports in an S. Not thread-safe; the numbers of what is in memory are the higher ones.
template <class S>
class TimeLimitedSpool {
  using Disk = internal::HeldSpool<S>;

 public:
  struct Options {
    std::string name{};                          ///< of the folder, for the log
    Duration limit = std::chrono::seconds{2};    ///< for one call
    std::shared_ptr<std::atomic<bool>> hangs{};  ///< is told; may be nothing
  };

  /// Calls `make() -> Result<S>`, and goes on without if that takes too long. The Error is that
  /// of the call. `make` owns what it touches.
  template <class Make>
  [[nodiscard]] static Result<TimeLimitedSpool> open(Make make, Options options, Logger log = {}) {
    TimeLimitedSpool spool(std::move(options), log);
    auto const why = std::make_shared<std::string>();
    auto const opened = spool.disk_.insist(
        [make = std::move(make), why, figures = spool.figures_](std::optional<Disk>& disk) {
          auto made = make();
          if (!made) *why = made.error().message;
          if (!made) return Result<void>(made.error());
          disk.emplace(*std::move(made));
          *figures = Figures{disk->count(), disk->dropped()};
          return Result<void>();
        },
        [why, log](std::optional<Disk>&) {
          if (!why->empty()) log.error("results are kept in memory only: spool: " + *why);
        });
    if (opened && !*opened) return opened->error();
    if (!opened) spool.note_hang();
    return spool;
  }

  void begin(Report const& report) {
    (void)ask([report](Disk& disk) {
      disk.begin(report);
      return true;
    });
  }
  /// The only event that waits is handed out with it, for the call that comes next.
  void add(Report const& report) {
    added_ = true;
    auto const keep = [report](Disk& disk) {
      disk.add(report);
      return disk.count().events == 1 ? disk.next_event(0) : std::optional<Entry>();
    };
    auto const take_back = [run = report.job.run_id](Disk& disk) { retract(disk, run); };
    auto const kept = ask(keep, take_back);
    if (!kept) return memory_.add(report);
    ahead_ = kept->value_or(std::nullopt);
  }

  [[nodiscard]] Recalled recall(Job const& job) {
    return ask([job](Disk& disk) { return disk.recall(job); }).value_or(Recalled{});
  }

  [[nodiscard]] Result<std::optional<Entry>> next_event(std::uint64_t behind = 0) {
    auto const ahead = std::exchange(ahead_, std::nullopt);
    if (ahead && behind < ahead->number) return ahead;
    if (behind < in_memory_from) {
      auto found = ask([behind](Disk& disk) { return disk.next_event(behind); });
      if (found && (!*found || **found)) return *std::move(found);
    }
    return of_memory(memory_.next_event(in_memory(behind)));
  }
  /// The two take turns.
  [[nodiscard]] Result<std::optional<Entry>> next_log(std::uint64_t behind) {
    ahead_.reset();
    auto const of_disk = [&]() -> Result<std::optional<Entry>> {
      std::uint64_t const from = behind < in_memory_from ? behind : 0;
      auto found = ask([from](Disk& disk) { return disk.next_log(from); });
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

  void update(Entry const& entry) {
    ahead_.reset();
    if (entry.number < in_memory_from) {
      tend_at_ = tell([entry, now = tended_at_](Disk& disk) {
                   disk.update(entry);
                   return disk.tend(now);
                 }).value_or(Instant::min());
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
    if (!answers()) return moment;
    move_to_disk();
    if (std::exchange(added_, false)) tend_at_ = std::min(tend_at_, moment);
    if (now < tend_at_) return tend_at_;
    tend_at_ = ask([now](Disk& disk) { return disk.tend(now); }).value_or(Instant::min());
    return answers() ? tend_at_ : moment;
  }

  [[nodiscard]] SpoolCount count() {
    SpoolCount all = memory_.count();
    if (!answers()) return all;  // nothing else can be had now
    all.events += figures_->count.events;
    all.logs += figures_->count.logs;
    all.ahead += figures_->count.ahead;
    all.refused += figures_->count.refused;
    return all;
  }
  [[nodiscard]] std::uint64_t dropped() {
    return memory_.dropped() + (answers() ? figures_->dropped : 0);
  }
  void reported(std::uint64_t number) {
    std::uint64_t const here = std::min(number, memory_.dropped());
    memory_.reported(here);
    if (number == here) return;
    (void)tell([left = number - here](Disk& disk) {
      disk.reported(left);
      return true;
    });
  }

  [[nodiscard]] std::vector<Entry> in_memory() {
    std::vector<Entry> all = memory_.in_memory();
    for (Entry& entry : all) entry.number += in_memory_from;
    auto const held = ask([](Disk& disk) { return disk.in_memory(); });
    if (held) all.insert(all.begin(), held->begin(), held->end());
    return all;
  }

 private:
  static constexpr std::uint64_t in_memory_from = std::uint64_t{1} << 62U;

  /// What is known of the disk; its calls write it.
  struct Figures {
    SpoolCount count{};
    std::uint64_t dropped = 0;
  };

  TimeLimitedSpool(Options options, Logger log)
      : options_(std::move(options)), log_(log), memory_({}, log), disk_(options_.limit) {}

  /// Takes back a report that was added too late: it was kept in memory meanwhile.
  static void retract(Disk& disk, std::string const& run) {
    for (std::uint64_t behind = 0;;) {
      auto entry = disk.next_event(behind);
      if (!entry || !*entry) return;
      behind = (*entry)->number;
      if ((*entry)->report.job.run_id != run) continue;
      (*entry)->log = (*entry)->event = Part::done;
      return disk.update(**entry);
    }
  }

  struct NothingToUndo {
    void operator()(Disk&) const noexcept {}
  };

  bool answers() {
    bool const answers = disk_.answers();
    if (!answers) note_hang();
    if (answers && options_.hangs) *options_.hangs = false;
    if (answers && std::exchange(hung_, false)) {
      log_.info("the spool answers again", {{"spool", options_.name}});
    }
    return answers;
  }
  void note_hang() {
    if (options_.hangs) *options_.hangs = true;
    if (std::exchange(hung_, true)) return;
    log_.warning("the spool does not answer: results are kept in memory",
                 {{"spool", options_.name}});
  }

  /// Returns what the spool on the disk says, if there is one and it answers in time.
  template <class Question, class Undo = NothingToUndo>
  auto ask(Question question, Undo undo = {}) {
    using Answer = std::optional<decltype(question(std::declval<Disk&>()))>;
    if (!answers()) return Answer();
    auto answer = disk_.ask(on_disk(std::move(question)), [undo](std::optional<Disk>& disk) {
      if (disk) undo(*disk);
    });
    if (!answer) note_hang();
    return answer ? *std::move(answer) : Answer();
  }
  /// Has the disk do it, later if need be, and returns what ask() does.
  template <class Act>
  auto tell(Act act) {
    using Answer = std::optional<decltype(act(std::declval<Disk&>()))>;
    auto done = disk_.insist(on_disk(std::move(act)));
    if (!done) note_hang();
    return done ? *std::move(done) : Answer();
  }
  template <class Question>
  auto on_disk(Question question) const {
    return [question = std::move(question), figures = figures_](std::optional<Disk>& disk) {
      using Answer = std::optional<decltype(question(*disk))>;
      if (!disk) return Answer();
      Answer answer(question(*disk));
      *figures = Figures{disk->count(), disk->dropped()};
      return answer;
    };
  }

  static std::uint64_t in_memory(std::uint64_t number) noexcept {
    return number < in_memory_from ? 0 : number - in_memory_from;
  }
  static Result<std::optional<Entry>> of_memory(Result<std::optional<Entry>> found) {
    if (found && *found) (*found)->number += in_memory_from;
    return found;
  }

  /// What nothing happened to yet is as safe on the disk as if it had never hung.
  void move_to_disk() {
    if (memory_.count().events == 0) return;
    for (Entry entry : memory_.in_memory()) {
      if (entry.log != Part::waiting || entry.event != Part::waiting) continue;
      auto const moved = ask(
          [report = entry.report](Disk& disk) {
            disk.add(report);
            return true;
          },
          [run = entry.report.job.run_id](Disk& disk) { retract(disk, run); });
      if (!moved) return;
      entry.log = entry.event = Part::done;
      memory_.update(entry);
    }
  }

  Options options_;
  Logger log_;
  MemorySpool memory_;
  internal::TimeLimited<Disk> disk_;
  std::shared_ptr<Figures> figures_ = std::make_shared<Figures>();
  std::optional<Entry> ahead_{};  ///< the next event as the disk has it
  Instant tend_at_ = Instant::min();
  Instant tended_at_ = Instant::min();  ///< when it was last thought of
  bool added_ = false;                  ///< something was, since then
  bool hung_ = false;
  bool memory_turn_ = false;

  static_assert(Spool<S>,
                "TimeLimitedSpool's parameter must be a sla::Spool: movable, with begin(), add(), "
                "next_event(), next_log(), update(), tend(), count(), dropped(), reported() and "
                "in_memory()");
};

}  // namespace sla::inline v1
