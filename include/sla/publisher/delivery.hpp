// SPDX-License-Identifier: MIT
#pragma once
// Delivers what is in a spool, step by step: the oldest report first, its log before its event. A
// log that cannot be delivered never holds back an event, and follows later; an event that cannot
// be delivered holds back those behind it, while their logs go ahead. One that is refused again and
// again while others pass lets them go first; only what is refused for its content is set aside.
// Where much waits, several services' events go together, and a few may wait a moment for more. It
// starts no thread and waits for nothing but its publishers; publisher/spooled.hpp does the rest.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sla/core/clock.hpp"
#include "sla/core/log.hpp"
#include "sla/core/output.hpp"
#include "sla/core/result.hpp"
#include "sla/core/stop.hpp"
#include "sla/publisher/delivery_options.hpp"
#include "sla/publisher/entry_attempts.hpp"
#include "sla/publisher/entry_batches.hpp"
#include "sla/publisher/entry_bundles.hpp"
#include "sla/publisher/lingering.hpp"
#include "sla/publisher/log_first.hpp"
#include "sla/publisher/refusals.hpp"
#include "sla/publisher/retry_schedule.hpp"
#include "sla/spool.hpp"

namespace sla::inline v1::internal {

/// The two ends of a spool: add() and begin() are called from any thread, step() and hurry() from
/// the one that delivers.
template <class L, class P, class S, class C = SteadyClock>
class Delivery {
 public:
  Delivery(L store, P publisher, S spool, DeliveryStops const& stops, DeliveryOptions options = {},
           C clock = C{}, Logger log = Logger{})
      : attempts_(std::move(store), std::move(publisher), std::move(spool), stops, options,
                  std::move(clock), log),
        bundles_(attempts_, options.log_bundle),
        lingering_(batches_.possible ? options.linger : Duration::zero()) {}

  /// Asks the spool: `act(S&)`, while nobody else does.
  template <class Act>
  auto with_spool(Act act) {
    return attempts_.with_spool(act);
  }
  [[nodiscard]] SpoolCount count() { return attempts_.count(); }
  void begin(Report const& report) {
    with_spool([&](auto& spool) { spool.begin(report); });
  }
  /// Keeps the report, and its log if that is to be delivered.
  void add(Report const& report) {
    Report kept = report;
    if (!wants_log(attempts_.upload, report)) kept.outcome.output = Output();
    with_spool([&](auto& spool) {
      spool.add(kept);
      news_ = true;
      lingering_.added(kept.succeeded());
    });
  }
  /// Returns what would be lost with this process.
  [[nodiscard]] std::vector<Entry> in_memory() {
    return with_spool([](auto& spool) { return spool.in_memory(); });
  }

  /// Delivers one entry, or several, if any is due. Returns when to call it again: a past instant
  /// is at once, the last instant of all when something is added.
  Instant step() {
    Instant const now = attempts_.clock.now();
    Instant next = with_spool([&](auto& spool) { return spool.tend(now); });
    if (attempts_.hurried) next = Instant::max();  // nothing waits for the housekeeping
    if (with_spool([this](auto&) { return std::exchange(news_, false); })) {
      attempts_.logs.retry.nudge();
      attempts_.events.retry.nudge();
    }
    if (attempts_.stops.events.level() != StopLevel::none) return Instant::max();
    SpoolCount const count = with_spool([this](auto& spool) {
      lingering_.look();
      return spool.count();
    });
    if (Instant const due = bundles_.due(now, count); due <= now) {
      bundles_.deliver(now);
      return now;
    } else {
      next = std::min(next, due);
    }
    Instant const full_by = lingers_until(count);
    bool const lingers = full_by > now;
    if (lingers) next = std::min(next, full_by);
    if (count.events != 0 && !lingers) {
      if (attempts_.events.retry.due() <= now && deliver_events(now, count)) return now;
      next = std::min(next, attempts_.events.due(now));
    }
    std::size_t const logs = lingers ? count.logs : count.logs + count.ahead;
    if (logs != 0 && attempts_.stops.logs.level() == StopLevel::none) {
      if (attempts_.logs.retry.due() <= now && deliver_logs(now, count)) return now;
      next = std::min(next, attempts_.logs.due(now));
    }
    return next;
  }

  /// Returns why an entry was not delivered; for the thread that delivers, or once it has ended.
  [[nodiscard]] std::string reason(Entry const& entry) const {
    std::string text = entry.reason;
    auto const add = [&](Part part, std::string const& why) {
      if (part == Part::waiting) text.append(text.empty() ? "" : "; ").append(why);
    };
    add(entry.log, attempts_.logs.why);
    add(entry.event, attempts_.events.why);
    return text;
  }

  /// Tries everything again as soon as it makes sense, because there is little time left.
  void hurry() {
    attempts_.hurried = true;
    for (Channel* const channel : {&attempts_.logs, &attempts_.events}) {
      channel->refused.clear();
      channel->retry.hurry(attempts_.clock.now());
    }
  }

 private:
  /// Returns until when the events that wait do so for more.
  [[nodiscard]] Instant lingers_until(SpoolCount const& count) const noexcept {
    if (attempts_.hurried || attempts_.events.window < 2) return Instant::min();
    return lingering_.until(count.events);
  }

  /// Returns true if there were any to deliver. Logs whose events are gone go along with others.
  bool deliver_events(Instant now, SpoolCount const& count) {
    std::size_t const turn = lingering_.begin(count.events);
    std::size_t sent = 0;
    if constexpr (decltype(batches_)::possible) {
      std::size_t const most = attempts_.hurried ? count.events : turn;
      if (most > 1) sent = batches_.deliver_several_events(now, most);
      if (sent > 0 && count.logs > 1 && attempts_.logs.retry.due() <= now)
        batches_.deliver_several_logs(now);
    }
    if (sent == 0) {
      if (!deliver_event(now)) return false;
      sent = 1;
    }
    lingering_.sent(sent, count.events, now);
    return true;
  }
  bool deliver_logs(Instant now, SpoolCount const& count) {
    if constexpr (decltype(batches_)::possible) {
      if (count.logs + count.ahead > 1 && batches_.deliver_several_logs(now)) return true;
    }
    return deliver_log(now);
  }

  /// Returns true if there was one to deliver. The oldest goes first; in a hurry those that are
  /// refused take turns.
  bool deliver_event(Instant now) {
    auto const behind = [](auto& spool, std::uint64_t number) { return spool.next_event(number); };
    auto entry = next_alone(now);
    if (!entry) entry = pick(attempts_.events, now, behind);
    if (!entry && std::exchange(attempts_.events.last, 0) != 0)
      entry = pick(attempts_.events, now, behind);
    if (!entry) return false;
    bool const moved = attempts_.send_log(*entry);
    auto const done = attempts_.publish(*entry);
    if (!done && !event_stands_back(*entry, done.error())) {
      attempts_.fail(attempts_.events, *entry, done.error());
      if (attempts_.hurried && !mends_itself(done.error().code))
        attempts_.events.last = entry->number;
    }
    if (moved || entry->event != Part::waiting) attempts_.update(*entry);
    return true;
  }
  /// Returns the next of those that failed among others.
  std::optional<Entry> next_alone(Instant now) {
    while (!batches_.alone().empty()) {
      std::uint64_t const number = batches_.alone().front();
      batches_.alone().pop_front();
      if (attempts_.events.refused.due(number) > now) continue;
      auto entry =
          take(attempts_.events.retry, [=](auto& spool) { return spool.next_event(number - 1); });
      if (!entry) batches_.alone().clear();
      if (entry && entry->number == number) return entry;
    }
    return std::nullopt;
  }
  bool deliver_log(Instant now) {
    auto entry = pick(attempts_.logs, now,
                      [](auto& spool, std::uint64_t number) { return spool.next_log(number); });
    if (!entry) return false;
    attempts_.logs.last = entry->number;
    bool const lost = entry->log != Part::waiting;
    if (attempts_.send_log(*entry) || lost) attempts_.update(*entry);
    return true;
  }

  /// Returns the first behind the last one that does not wait by itself: `next(spool, number)`.
  template <class Next>
  std::optional<Entry> pick(Channel& channel, Instant now, Next next) {
    std::optional<std::uint64_t> first;
    for (std::uint64_t behind = channel.last;;) {
      auto entry = take(channel.retry, [&](auto& spool) { return next(spool, behind); });
      if (!entry || channel.refused.due(entry->number) <= now) return entry;
      if (first == entry->number) return std::nullopt;  // once around
      behind = entry->number;
      if (!first) first = behind;
    }
  }

  bool event_stands_back(Entry& entry, Error const& error) {
    Refusals* const known =
        attempts_.events.refused_again(entry.number, error, attempts_.clock.now());
    if (known && !attempts_.hurried && attempts_.events.passed == known->passed)
      try_another(entry.number);
    return attempts_.stands_back(known, attempts_.events, entry, entry.event, error);
  }
  /// Tries the event behind one that was refused; a run that is no result has none.
  void try_another(std::uint64_t refused) {
    for (std::uint64_t behind = refused;;) {
      auto entry =
          take(attempts_.events.retry, [=](auto& spool) { return spool.next_event(behind); });
      if (!entry) return;
      behind = entry->number;
      if (attempts_.events.refused.due(behind) > attempts_.clock.now()) continue;
      bool const moved = attempts_.send_log(*entry);
      if (attempts_.publish(*entry) || moved) attempts_.update(*entry);
      if (entry->report.counts()) return;
    }
  }

  /// An entry of the spool; if it could not be read its channel has failed.
  template <class Next>
  std::optional<Entry> take(RetrySchedule& retry, Next next) {
    auto entry = with_spool(next);
    if (entry) return *std::move(entry);
    retry.failed({.error = entry.error()}, attempts_.clock.now());
    return std::nullopt;
  }

  EntryAttempts<L, P, S, C> attempts_;
  EntryBatches<L, P, S, C> batches_{attempts_};
  EntryBundles<L, P, S, C> bundles_;
  Lingering lingering_;
  bool news_ = false;  ///< something was added since the last step; guarded as the spool is
  [[no_unique_address]] DeliveryPolicies<L, P, S, C> checked_{};
};

}  // namespace sla::inline v1::internal
