// SPDX-License-Identifier: MIT
#pragma once
// What a spool on disk recovers when it opens its folder: the entries that an earlier process left,
// and the runs that it had begun and never ended. The latter become reports too, INTERRUPTED, with
// their logs as far as they got.
#include <signal.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sla/core/log.hpp"
#include "sla/core/result.hpp"
#include "sla/core/run_id.hpp"
#include "sla/core/time.hpp"
#include "sla/spool/index.hpp"
#include "sla/spool/last_events.hpp"
#include "sla/spool/store.hpp"

namespace sla::inline v1::internal {

/// Collects what a SpoolStore hands out; the later record of an entry replaces the earlier one.
class SpoolRecovery {
 public:
  /// Tells `last_events`, if given, of each entry.
  explicit SpoolRecovery(LastEvents* last_events = nullptr) : last_events_(last_events) {}

  void entry(RecordPosition position, KeptEntry kept) {
    Found& found = found_[kept.entry.number];
    found.state.position = position;
    found.state.log = std::move(kept.log);
    found.state.log.leave_in_record();
    found.state.note(kept.entry);
    if (last_events_ != nullptr) last_events_->learn(kept.entry);
    found.run = std::move(kept.entry.report.job.run_id);
  }
  void gone(std::uint64_t number) { found_.erase(number); }
  /// Notes that the event of an entry is delivered, but not its log.
  void delivered(std::uint64_t number) {
    auto const found = found_.find(number);
    if (found != found_.end()) found->second.state.event_part = Part::done;
  }
  void dropped(RecordPosition position, std::uint64_t count) {
    dropped_.reset();
    if (count != 0) dropped_ = {position, count};
  }

  /// Adds the entries to the index, unless what is held there already is newer, but gives back
  /// logs that were lost. Returns how many reports had been dropped.
  std::uint64_t add_to(SpoolStore& store, SpoolIndex& index,
                       std::set<std::uint64_t> const& lost_logs = {}) {
    while (!found_.empty()) {  // one by one, so that all of them are in memory only once
      auto const node = found_.extract(found_.begin());
      EntryState& found = node.mapped().state;
      store.folder().unmark(node.mapped().run);
      store.journal().keep(*found.position);
      index.put(node.key(), [&](EntryState& mine) {
        if (!mine.held) {
          mine = std::move(found);
        } else {
          mine.position = found.position;
          if (lost_logs.count(node.key()) != 0) give_back(store, mine, std::move(found.log));
        }
      });
    }
    if (!dropped_) return 0;
    store.keep_dropped(dropped_->first);
    return dropped_->second;
  }

 private:
  struct Found {
    EntryState state{};
    std::string run{};
  };

  static void give_back(SpoolStore const& store, EntryState& state, KeptLog log) {
    auto output = store.folder().open_log(log);
    if (!output) return;
    Entry& entry = *state.held;
    entry.log = Part::waiting;
    entry.report.log_error.clear();
    entry.report.outcome.output = *std::move(output);
    state.log = std::move(log);
    state.note(entry);
  }

  LastEvents* last_events_;
  std::map<std::uint64_t, Found> found_{};
  std::optional<std::pair<RecordPosition, std::uint64_t>> dropped_{};
};

/// Makes the report of a run that died, writes it and adds it to the index.
[[nodiscard]] inline Result<void> recover_run(SpoolStore& store, SpoolIndex& index, Report report) {
  RecoveredLog recovered = store.folder().recover_log(report.job.run_id);
  report.outcome = {.verdict = Verdict::interrupted, .exit_code = 128 + SIGKILL, .signal = SIGKILL};
  report.ended_at = std::max(report.started_at, recovered.written_at.value_or(report.started_at));
  report.duration = report.ended_at - report.started_at;
  Entry const entry{.number = index.next_number(), .report = std::move(report)};
  Result<void> written;
  index.put(entry.number, [&](EntryState& state) {
    state.note(entry);
    state.log = std::move(recovered.log);
    written = store.write(entry, state, Sync::now);
  });
  if (written) {
    store.folder().unmark(entry.report.job.run_id);
  } else {
    index.erase(entry.number);
  }
  return written;
}

/// Makes a report of each marked run that is neither in flight nor in the index, and removes the
/// logs that nobody needs.
[[nodiscard]] inline Result<void> recover_runs(SpoolStore& store, SpoolIndex& index,
                                               std::set<std::string> const& in_flight,
                                               Logger const& log) {
  std::set<std::string> runs = in_flight;
  std::set<std::string> logs;
  for (std::string const& run : in_flight) logs.insert(log_file_name(run));
  for (auto const& [number, state] : index.all()) {
    if (state.held) runs.insert(state.held->report.job.run_id);
    logs.insert(state.log.file);
  }
  for (Report const& report : store.folder().marked()) {
    if (runs.count(report.job.run_id) != 0) continue;
    logs.insert(log_file_name(report.job.run_id));
    if (auto recovered = recover_run(store, index, report); !recovered) return recovered;
    log.warning("a run died with its runner; its log is kept as INTERRUPTED",
                {{"run", report.job.run_id},
                 {"service", report.job.service},
                 {"started", iso_time(report.started_at)}});
  }
  store.folder().remove_logs_unless([&](std::string const& name) { return logs.count(name) != 0; });
  return {};
}

/// The folder is gone: holds in memory what `load(EntryState const&)` can still read, by
/// `hold(EntryState&, Entry const&)`, and forgets the rest. Adds the entries whose logs went away.
template <class Load, class Hold>
void hold_all(SpoolIndex& index, Load load, Hold hold, std::set<std::uint64_t>& lost_logs,
              Logger const& log) {
  std::vector<std::uint64_t> numbers;
  for (auto const& [number, state] : index.all()) numbers.push_back(number);
  for (std::uint64_t const number : numbers) {
    auto entry = load(index.all().at(number));
    if (!entry) log.error("a spooled result is out of reach", {{"reason", entry.error().message}});
    index.put(number, [&](internal::EntryState& state) {
      bool const had_log = state.log_part == Part::waiting && !state.log.file.empty();
      state.position.reset();
      state.log = {};
      if (!entry) return;
      if (had_log && entry->report.outcome.output.size() == 0) {
        entry->log = Part::done;
        lost_logs.insert(number);
      }
      hold(state, *entry);
    });
    internal::EntryState const& left = index.all().at(number);
    if (!left.held || left.held->complete()) index.erase(number);
  }
}

}  // namespace sla::inline v1::internal
