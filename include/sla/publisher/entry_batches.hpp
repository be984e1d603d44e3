// SPDX-License-Identifier: MIT
#pragma once
// Delivers several entries of a spool at once: of each service the oldest event, so that the events
// of a service keep their order, after all of their logs. How many go together grows while all of
// them succeed and is one after a failure, so that nothing which is down gets more than a request
// at a time. What fails here is judged by an attempt of its own.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "sla/core/result.hpp"
#include "sla/core/time.hpp"
#include "sla/publisher.hpp"
#include "sla/publisher/entry_attempts.hpp"
#include "sla/publisher/log_first.hpp"
#include "sla/publisher/log_store.hpp"
#include "sla/publisher/publish_all.hpp"
#include "sla/publisher/refusals.hpp"
#include "sla/spool.hpp"

namespace sla::inline v1::internal {

/// Delivers several at once by attempts that outlive it; for the thread that makes them.
template <class L, class P, class S, class C>
class EntryBatches {
 public:
  explicit EntryBatches(EntryAttempts<L, P, S, C>& attempts) : attempts_(attempts) {}

  /// True if all that a delivery is made of can do several at once.
  static constexpr bool possible = BatchSpool<HeldSpool<S>> && BatchLogStore<HeldLogStore<L>> &&
                                   BatchPublisher<HeldPublisher<P>>;

  /// Delivers the events of several services, at most so many. Returns how many it tried; 0 if
  /// there are not several, or this is no time for that.
  std::size_t deliver_several_events(Instant now, std::size_t most) {
    bool const with_logs = attempts_.logs.retry.due() <= now;
    std::size_t const most_logs = with_logs ? attempts_.logs.window : Channel::widest;
    most = std::min(most, attempts_.events.window);
    if (attempts_.upload == UploadLogs::always) most = std::min(most, most_logs);
    if (most < 2 || !alone_.empty()) return 0;
    auto tried = take_several(
        [&](auto& spool) { return spool.next_events(most, attempts_.events.refused.resting(now)); },
        most_logs);
    if (tried.size() < 2) return 0;
    send_logs(tried);
    publish_events(tried);
    keep(tried);
    return tried.size();
  }
  /// Stores several logs, whose events are another matter.
  bool deliver_several_logs(Instant now) {
    if (attempts_.logs.window < 2) return false;
    auto tried = take_several(
        [&](auto& spool) { return spool.next_logs(attempts_.logs.last, attempts_.logs.window); });
    auto const rests = [&](Tried const& one) {
      return attempts_.logs.refused.due(one.entry.number) > now || !one.entry.unreadable.empty();
    };
    tried.erase(std::remove_if(tried.begin(), tried.end(), rests), tried.end());
    if (tried.size() < 2) return false;
    for (Tried& one : tried) one.changed = one.entry.log != Part::waiting;
    send_logs(tried);
    auto const failed = [](Tried const& one) { return one.failed; };
    auto const first = std::find_if(tried.begin(), tried.end(), failed);
    attempts_.logs.last =
        first == tried.end() ? tried.back().entry.number : first->entry.number - 1;
    update(tried);
    return true;
  }

  /// The events to be tried next, one by one.
  [[nodiscard]] std::deque<std::uint64_t>& alone() noexcept { return alone_; }

 private:
  /// One entry of a batch.
  struct Tried {
    Entry entry;
    bool changed = false;  ///< a part of it got further
    bool failed = false;   ///< a part of it was tried, and did not
  };

  /// Returns no more than have this much output together, and so many logs to store.
  template <class Take>
  std::vector<Tried> take_several(Take take, std::size_t logs = Channel::widest) {
    constexpr std::uint64_t most_bytes = 8U << 20U;
    std::vector<Tried> tried;
    auto entries = attempts_.with_spool(take);
    if (!entries) return tried;  // an attempt at one of them tells
    std::uint64_t bytes = 0;
    for (Entry& entry : *entries) {
      bytes += entry.report.outcome.output.size();
      bool const stores = entry.log == Part::waiting && wants_log(attempts_.upload, entry.report);
      if (bytes > most_bytes || (stores && logs-- == 0)) break;
      tried.push_back({std::move(entry)});
    }
    return tried;
  }

  void send_logs(std::vector<Tried>& tried) {
    std::vector<Report> reports;
    std::vector<Tried*> sent;
    for (Tried& one : tried) {
      Entry& entry = one.entry;
      if (entry.log != Part::waiting) continue;
      if (!wants_log(attempts_.upload, entry.report)) {
        entry.log = Part::done;
        one.changed = true;
        continue;
      }
      entry.report.log_error = attempts_.hindrance(entry.number);
      if (!entry.report.log_error.empty()) continue;
      one.failed = !entry.unreadable.empty();
      if (one.failed) continue;
      reports.push_back(entry.report);
      sent.push_back(&one);
    }
    if (sent.empty()) return;
    auto uris = attempts_.store.store_all(reports);
    for (std::size_t i = 0; i < sent.size(); ++i) {
      if (uris[i]) {
        attempts_.log_stored(sent[i]->entry, *std::move(uris[i]));
        sent[i]->changed = true;
      } else {
        attempts_.logs.window = 1;
        sent[i]->failed = true;
      }
    }
  }

  void publish_events(std::vector<Tried>& tried) {
    std::vector<Report> reports;
    std::vector<Tried*> sent;
    std::uint64_t dropped = attempts_.with_spool([](auto& spool) { return spool.dropped(); });
    for (Tried& one : tried) {
      if (one.failed) continue;
      reports.push_back(one.entry.report);
      if (reports.back().counts()) reports.back().dropped = std::exchange(dropped, 0);
      sent.push_back(&one);
    }
    if (sent.empty()) return;
    auto const results = publish_all_wanted(attempts_.publisher, reports);
    for (std::size_t i = 0; i < sent.size(); ++i) {
      if (results[i]) {
        attempts_.event_delivered(sent[i]->entry, reports[i].dropped);
        sent[i]->changed = true;
      } else {
        attempts_.events.window = 1;
        sent[i]->failed = true;
      }
    }
  }

  /// Keeps in the spool how far they got. What failed is tried alone, each one if others passed.
  void keep(std::vector<Tried>& tried) {
    bool passed = false;
    for (Tried const& one : tried) passed = passed || one.entry.event != Part::waiting;
    update(tried);
    for (Tried const& one : tried) {
      if (one.failed && (passed || alone_.empty())) alone_.push_back(one.entry.number);
    }
  }

  /// Keeps all that changed at once: who adds a result may hold the spool for as long as a disk
  /// takes.
  void update(std::vector<Tried>& tried) {
    attempts_.with_spool([&](auto& spool) {
      for (Tried& one : tried) {
        if (one.changed) attempts_.update(spool, one.entry);
      }
    });
  }

  EntryAttempts<L, P, S, C>& attempts_;
  std::deque<std::uint64_t> alone_{};
};

}  // namespace sla::inline v1::internal
