// SPDX-License-Identifier: MIT
#pragma once
// A spool in a folder: survives the process, and the machine as far as its disk does. While the
// disk is full, read-only or gone, reports are held in memory, and a line says so. What is kept is
// bounded: the logs of passes are dropped first and then the oldest passes, which are counted. A
// run that died with its runner becomes an INTERRUPTED report.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sla/core/log.hpp"
#include "sla/core/result.hpp"
#include "sla/core/time.hpp"
#include "sla/spool.hpp"
#include "sla/spool/index.hpp"
#include "sla/spool/last_events.hpp"
#include "sla/spool/outage.hpp"
#include "sla/spool/recovery.hpp"
#include "sla/spool/store.hpp"

namespace sla::inline v1 {

/// Keeps reports in a folder. Not thread-safe.
class DiskSpool {
 public:
  struct Options {
    std::string folder;
    std::string run_logs{};  ///< where an executor puts the output of runs, if not in logs()
    /// Of disk_use() of all, but for the newest report and the logs of passes being delivered.
    std::uint64_t limit = 256U << 20U;
    std::uint64_t memory_limit = 32U << 20U;    ///< bytes held while the disk cannot be written
    Duration retry = std::chrono::seconds{30};  ///< how often such a disk is tried again
  };

  /// Opens the folder and takes up what is in it. The only Error is Errc::in_use, if another
  /// process uses it: a folder that cannot be written is worked around.
  [[nodiscard]] static Result<DiskSpool> open(Options options, Logger log = Logger{}) {
    DiskSpool spool(std::move(options), log);
    auto attached = spool.attach();
    if (!attached && attached.error().code == Errc::in_use) return attached.error();
    if (!attached) spool.outage_.begin(attached.error());
    return spool;
  }

  /// Returns where an executor puts the output of a run, under log_file_name().
  [[nodiscard]] std::string logs() const {
    return internal::SpoolDirectory::look(options_.folder).logs();
  }
  /// Marks a run, so that it is known should this process die. Does not wait for the disk.
  void begin(Report const& report) {
    begun_.insert(report.job.run_id);
    if (store_ && !outage_) (void)store_->folder().mark(report);
  }

  std::uint64_t add(Report const& report) {
    std::string const& run = report.job.run_id;
    Entry entry{.number = index_.next_number(), .report = report};
    last_events_.complete(entry);
    put(entry, internal::Sync::now);
    if (!outage_) last_events_.keep(report.job);
    begun_.erase(run);
    if (!outage_) store_->folder().unmark(run);
    bool const unwanted = report.outcome.output.size() == 0 || index_.is_record(entry.number);
    if (unwanted && !run.empty() && store_) store_->folder().remove_log(log_file_name(run));
    make_room();
    return entry.number;
  }

  [[nodiscard]] Result<std::optional<Entry>> next_event(std::uint64_t behind = 0) {
    while (auto const number = index_.next_event(behind)) {
      if (auto entry = hand_out(*number); !entry || *entry) return entry;
    }
    return std::optional<Entry>();
  }
  [[nodiscard]] Result<std::optional<Entry>> next_log(std::uint64_t behind) {
    while (auto const number = index_.next_log(behind)) {
      if (auto entry = hand_out(*number); !entry || *entry) return entry;
    }
    return std::optional<Entry>();
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
    if (entry.complete()) return forget(entry.number);
    put(entry, internal::Sync::later);
  }

  Instant tend(Instant now) {
    if (store_ && !outage_ && store_->journal().worth_moving()) {
      if (auto const moved = store_->move_first_segment(index_, dropped_); !moved)
        outage_.begin(moved.error());
      return now;
    }
    if (outage_.take_due(now)) (void)ready();
    return outage_.due();
  }

  [[nodiscard]] Recalled recall(Job const& job) { return last_events_.recall(job); }
  [[nodiscard]] SpoolCount count() const noexcept {
    return index_.count(options_.limit, options_.memory_limit);
  }
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }
  void reported(std::uint64_t number) { set_dropped(dropped_ - number); }

  [[nodiscard]] std::vector<Entry> in_memory() const { return index_.held_entries(); }

 private:
  DiskSpool(Options options, Logger log)
      : options_(std::move(options)), log_(log), outage_(options_.folder, options_.retry, log) {}

  /// Writes an entry, or holds it in memory if that fails.
  void put(Entry const& entry, internal::Sync sync) {
    bool const writable = ready();
    index_.put(entry.number, [&](internal::EntryState& state) {
      auto const written = writable ? store_->write(entry, state, sync) : Result<void>{};
      if (!written) outage_.begin(written.error());
      if (!writable || !written) return hold(state, entry);
      state.note(entry);
      state.held.reset();
    });
  }
  void hold(internal::EntryState& state, Entry const& entry) const {
    state.hold(entry);
    bool const file_is_left = state.take_in_log() && state.log.file.empty();
    std::string const& run = entry.report.job.run_id;
    if (store_ && file_is_left) store_->folder().remove_log(log_file_name(run));
  }

  /// Reads an entry; nothing if its record is damaged, and it is given up.
  Result<std::optional<Entry>> hand_out(std::uint64_t number) {
    handed_out_.assign(1, number);
    return look_up(number);
  }
  /// Reads several, whose logs take a descriptor each, up to one that cannot be read.
  Result<std::vector<Entry>> hand_out(std::vector<std::uint64_t> const& numbers) {
    std::vector<Entry> entries;
    handed_out_ = numbers;
    std::sort(handed_out_.begin(), handed_out_.end());
    for (std::uint64_t const number : numbers) {
      auto entry = look_up(number);
      if (!entry) return entries.empty() ? Result<std::vector<Entry>>(entry.error()) : entries;
      if (*entry) entries.push_back(**std::move(entry));
    }
    return entries;
  }
  Result<std::optional<Entry>> look_up(std::uint64_t number) {
    auto entry = load(index_.all().at(number));
    if (entry) return std::optional<Entry>(*std::move(entry));
    if (entry.error().code != Errc::malformed) return entry.error().within("spool");
    log_.error("a spooled result is lost", {{"reason", entry.error().message}});
    set_dropped(dropped_ + 1);
    forget(number);
    return std::optional<Entry>();
  }
  Result<Entry> load(internal::EntryState const& state) const {
    if (state.held) return *state.held;
    if (!store_) return Error{Errc::malformed, "it is nowhere"};
    return store_->read(state);
  }

  void forget(std::uint64_t number) {
    if (store_) {
      internal::EntryState const& state = index_.all().at(number);
      if (state.held) store_->folder().unmark(state.held->report.job.run_id);
      if (!store_->forget(number, state)) gone_.insert(number);
    } else if (number <= left_behind_) {
      gone_.insert(number);
    }
    index_.erase(number);
  }

  void set_dropped(std::uint64_t count) {
    dropped_ = count;
    if (store_ && !outage_) (void)store_->write_dropped(count);
  }

  void make_room() {
    while (auto const next = index_.eviction(true, options_.limit, handed_out_)) evict(*next);
    while (auto const next = index_.eviction(false, options_.memory_limit, handed_out_)) {
      evict(*next);
    }
  }
  void evict(internal::Eviction const& eviction) {
    auto entry = load(index_.all().at(eviction.number));
    log_.warning(internal::eviction_line(eviction),
                 {{"run", entry ? entry->report.job.run_id : std::string()}});
    if (eviction.log_only && entry) {
      internal::drop_log(*entry);
      return put(*entry, internal::Sync::later);
    }
    internal::EntryState const& state = index_.all().at(eviction.number);
    if (state.event_part == Part::waiting && state.counts) set_dropped(dropped_ + 1);
    forget(eviction.number);
  }

  /// Returns true if the disk can be written, as far as is known; tries it if it could not.
  bool ready() {
    if (store_ && !store_->journal().in_place()) leave();
    if (!outage_) return true;
    auto written = store_ ? Result<void>{} : attach();
    if (written) written = write_held();
    if (written) outage_.end();
    return written.has_value();
  }

  /// The folder is gone: what can be read is held in memory, the rest found should it come back.
  void leave() {
    outage_.begin({Errc::system, "the folder is gone"});
    internal::hold_all(
        index_, [this](auto const& state) { return load(state); },
        [this](auto& state, Entry const& entry) { hold(state, entry); }, lost_logs_, log_);
    left_behind_ = index_.last_number();
    store_.reset();
  }

  Result<void> write_held() {
    std::vector<std::uint64_t> const held = index_.held();
    Result<void> written;
    for (std::uint64_t const number : held) {
      index_.put(number, [&](internal::EntryState& state) {
        written = store_->write(*state.held, state, internal::Sync::later);
      });
      if (!written) return written;
    }
    for (std::uint64_t const number : gone_) {
      if (written = store_->write_gone(number); !written) return written;
    }
    if (written = store_->write_dropped(dropped_); written) written = store_->journal().sync();
    if (!written) return written;
    for (std::uint64_t const number : held) {
      index_.put(number, [&](internal::EntryState& state) {
        store_->folder().unmark(state.held->report.job.run_id);
        state.held.reset();
      });
    }
    gone_.clear();
    return {};
  }

  Result<void> attach() {
    internal::SpoolRecovery recovery(&last_events_);
    auto store = internal::SpoolStore::open(options_.folder, recovery, options_.run_logs);
    if (!store) return store.error();
    store_ = std::make_unique<internal::SpoolStore>(*std::move(store));
    for (std::uint64_t const number : lost_logs_) {
      if (gone_.erase(number) != 0) recovery.delivered(number);
    }
    for (std::uint64_t const number : gone_) recovery.gone(number);
    dropped_ = std::max(dropped_, recovery.add_to(*store_, index_, lost_logs_));
    lost_logs_.clear();
    if (std::uint64_t const damaged = store_->journal().damaged(); damaged != 0) {
      log_.error("the spool is damaged",
                 {{"spool", options_.folder}, {"unreadable_bytes", damaged}});
    }
    last_events_.keep_all();
    auto recovered = internal::recover_runs(*store_, index_, begun_, log_);
    store_->journal().tidy();
    return recovered;
  }

  Options options_;
  Logger log_;
  internal::Outage outage_;
  internal::SpoolIndex index_{};
  internal::LastEvents last_events_{internal::SpoolDirectory::look(options_.folder).last_events()};
  std::unique_ptr<internal::SpoolStore> store_{};
  std::set<std::string> begun_{};        ///< the runs in flight
  std::set<std::uint64_t> gone_{};       ///< done with, and not noted on the disk yet
  std::set<std::uint64_t> lost_logs_{};  ///< entries whose logs went away with the folder
  std::uint64_t left_behind_ = 0;        ///< a folder that went away may have entries up to here
  std::uint64_t dropped_ = 0;
  std::vector<std::uint64_t> handed_out_{};
};
static_assert(BundleSpool<DiskSpool>);

}  // namespace sla::inline v1
