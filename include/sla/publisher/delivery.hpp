// SPDX-License-Identifier: MIT
#pragma once
// Delivers what is in a spool, step by step: the oldest report first, its log before its event. A
// log that cannot be delivered never holds back an event, and follows later; an event that cannot
// be delivered holds back those behind it, while their logs go ahead. One that is refused again and
// again while others pass lets them go first; only what is refused for its content is set aside. It
// starts no thread and waits for nothing but its publishers; publisher/spooled.hpp does the rest.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/core/clock.hpp"
#include "sla/core/log.hpp"
#include "sla/core/result.hpp"
#include "sla/core/stop.hpp"
#include "sla/publisher.hpp"
#include "sla/publisher/delivery_options.hpp"
#include "sla/publisher/log_first.hpp"
#include "sla/publisher/log_store.hpp"
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
      : store_(std::move(store)),
        publisher_(std::move(publisher)),
        spool_(std::move(spool)),
        stops_(stops),
        upload_(options.upload),
        clock_(std::move(clock)),
        log_(log),
        logs_{.retry = RetrySchedule("logs", log, options.backoff)},
        events_{.retry = RetrySchedule("events", log, options.backoff)} {}

  void begin(Report const& report) {
    std::lock_guard const lock(mutex_);
    spool_.begin(report);
  }
  /// Keeps the report, and its log if that is to be delivered.
  void add(Report const& report) {
    Report kept = report;
    if (!wants_log(upload_, report)) kept.outcome.output = Output();
    std::lock_guard const lock(mutex_);
    spool_.add(kept);
    news_ = true;
  }
  /// Asks the spool: `act(S&)`, while nobody else does.
  template <class Act>
  auto with_spool(Act act) {
    std::lock_guard const lock(mutex_);
    return act(spool_);
  }
  [[nodiscard]] SpoolCount count() {
    std::lock_guard const lock(mutex_);
    return spool_.count();
  }
  /// Returns what would be lost with this process.
  [[nodiscard]] std::vector<Entry> in_memory() {
    std::lock_guard const lock(mutex_);
    return spool_.in_memory();
  }

  /// Delivers one entry, if one is due. Returns when to call it again: a past instant is at once,
  /// the last instant of all when something is added.
  Instant step() {
    Instant const now = clock_.now();
    Instant next = with_spool([&](auto& spool) { return spool.tend(now); });
    if (hurried_) next = Instant::max();  // nothing waits for the housekeeping
    if (with_spool([this](auto&) { return std::exchange(news_, false); })) {
      logs_.retry.nudge();
      events_.retry.nudge();
    }
    if (stops_.events.level() != StopLevel::none) return Instant::max();
    SpoolCount const count = this->count();
    if (count.events != 0) {
      if (events_.retry.due() <= now && deliver_event(now)) return now;
      next = std::min(next, events_.due(now));
    }
    if (count.logs + count.ahead != 0 && stops_.logs.level() == StopLevel::none) {
      if (logs_.retry.due() <= now && deliver_log(now)) return now;
      next = std::min(next, logs_.due(now));
    }
    return next;
  }

  /// Returns why an entry was not delivered; for the thread that delivers, or once it has ended.
  [[nodiscard]] std::string reason(Entry const& entry) const {
    std::string text = entry.reason;
    auto const add = [&](Part part, std::string const& why) {
      if (part == Part::waiting) text.append(text.empty() ? "" : "; ").append(why);
    };
    add(entry.log, logs_.why);
    add(entry.event, events_.why);
    return text;
  }

  /// Tries everything again as soon as it makes sense, because there is little time left.
  void hurry() {
    hurried_ = true;
    for (Channel* const channel : {&logs_, &events_}) {
      channel->refused.clear();
      channel->retry.hurry(clock_.now());
    }
  }

 private:
  /// Returns true if there was one to deliver. The oldest goes first; in a hurry those that are
  /// refused take turns.
  bool deliver_event(Instant now) {
    auto const behind = [](auto& spool, std::uint64_t number) { return spool.next_event(number); };
    auto entry = pick(events_, now, behind);
    if (!entry && std::exchange(events_.last, 0) != 0) entry = pick(events_, now, behind);
    if (!entry) return false;
    bool const moved = send_log(*entry);
    auto const done = publish(*entry);
    if (!done && !event_stands_back(*entry, done.error())) {
      fail(events_, *entry, done.error());
      if (hurried_ && !mends_itself(done.error().code)) events_.last = entry->number;
    }
    if (moved || entry->event != Part::waiting) update(*entry);
    return true;
  }
  bool deliver_log(Instant now) {
    auto entry =
        pick(logs_, now, [](auto& spool, std::uint64_t number) { return spool.next_log(number); });
    if (!entry) return false;
    logs_.last = entry->number;
    bool const lost = entry->log != Part::waiting;
    if (send_log(*entry) || lost) update(*entry);
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
    Refusals* const known = events_.refused_again(entry.number, error, clock_.now());
    if (known && !hurried_ && events_.passed == known->passed) try_another(entry.number);
    return stands_back(known, events_, entry, entry.event, error);
  }
  /// Returns true if a message that was refused holds up no other: it waits by itself because
  /// others pass, or is set aside because that went on for hours and its content may be why.
  bool stands_back(Refusals* known, Channel& channel, Entry& entry, Part& part,
                   Error const& error) {
    if (hurried_ || known == nullptr || channel.passed == known->passed) return false;
    if (known->lasting() && fault_of(error.code) == Fault::unknown) {
      refuse(part, entry, error);
      channel.refused.forget(entry.number);
      return true;
    }
    bool const rested = channel.refused.rested(entry.number);
    channel.refused.rest(*known, clock_.now());
    if (rested) return true;
    log_.warning("refused while others pass, and tried again by itself: " + error.message,
                 {{"run", entry.report.job.run_id}});
    return true;
  }

  /// Tries the event behind one that was refused; a run that is no result has none.
  void try_another(std::uint64_t refused) {
    for (std::uint64_t behind = refused;;) {
      auto entry = take(events_.retry, [=](auto& spool) { return spool.next_event(behind); });
      if (!entry) return;
      behind = entry->number;
      if (events_.refused.due(behind) > clock_.now()) continue;
      bool const moved = send_log(*entry);
      if (publish(*entry) || moved) update(*entry);
      if (entry->report.counts()) return;
    }
  }

  /// An entry of the spool; if it could not be read its channel has failed.
  template <class Next>
  std::optional<Entry> take(RetrySchedule& retry, Next next) {
    auto entry = with_spool(next);
    if (entry) return *std::move(entry);
    retry.failed({.error = entry.error()}, clock_.now());
    return std::nullopt;
  }

  void update(Entry& entry) {
    if (entry.log == Part::waiting) entry.report.log_error.clear();  // it may still succeed
    if (entry.log == Part::done) entry.report.outcome.output = Output();
    with_spool([&](auto& spool) { spool.update(entry); });
  }

  /// Returns true if the state of the log changed; if not, the report says why.
  bool send_log(Entry& entry) {
    if (entry.log != Part::waiting) return false;
    Report& report = entry.report;
    if (!wants_log(upload_, report)) {
      entry.log = Part::done;
      return true;
    }
    report.log_error = hindrance(entry.number);
    if (!report.log_error.empty()) return false;
    Result<std::string> uri = Error{Errc::system, entry.unreadable};
    if (entry.unreadable.empty()) uri = store_.store(report);
    if (uri) {
      logs_.delivered(entry.number);
      report.log_uri = *std::move(uri);
      entry.log = Part::done;
      log_.info("log stored", {{"run", report.job.run_id}, {"log", report.log_uri}});
      return true;
    }
    report.log_error = uri.error().message;
    if (fault_of(uri.error().code) == Fault::content) {
      refuse(entry.log, entry, uri.error());
    } else if (!stands_back(logs_.refused_again(entry.number, uri.error(), clock_.now()), logs_,
                            entry, entry.log, uri.error())) {
      fail(logs_, entry, uri.error());
    }
    return entry.log != Part::waiting;
  }
  /// Returns why no log is sent now; empty if one is.
  [[nodiscard]] std::string hindrance(std::uint64_t number) const {
    if (stops_.logs.level() != StopLevel::none) return "the runner stops; the log follows later";
    Instant const now = clock_.now();
    if (logs_.retry.due() > now) return logs_.retry.reason();
    return logs_.refused.due(number) > now ? "it was refused; it follows later" : std::string();
  }

  /// Publishes the event; one that was delivered, or never can be, got further.
  Result<void> publish(Entry& entry) {
    Report report = entry.report;
    report.dropped = with_spool([](auto& spool) { return spool.dropped(); });
    auto done = publish_wanted(publisher_, report);
    if (!done && fault_of(done.error().code) != Fault::content) return done;
    if (!done) {
      events_.retry.succeeded();  // for all others
      refuse(entry.event, entry, done.error());
      return {};
    }
    entry.event = Part::done;
    if (!report.counts()) return {};
    events_.delivered(entry.number);
    if (report.dropped != 0) with_spool([&](auto& spool) { spool.reported(report.dropped); });
    return {};
  }

  /// Sets a part aside.
  void refuse(Part& part, Entry& entry, Error const& error) const {
    part = Part::refused;
    entry.reason = error.message;
    log_.error("not delivered: refused for good: " + error.message,
               {{"run", entry.report.job.run_id}});
  }

  /// An attempt failed; one that only ended because this very delivery is stopped is no failure,
  /// and a reason for what is left only if there is no better one.
  void fail(Channel& channel, Entry const& entry, Error const& error) {
    bool const event = &channel == &events_;
    bool const stopped = (event ? stops_.events : stops_.logs).level() != StopLevel::none;
    bool const cut = error.code == Errc::stopped && stopped;
    SpoolCount const left = count();
    std::size_t const waiting = event ? left.events : left.logs + left.ahead;
    if (!cut) channel.retry.failed({error, entry.report.job.run_id, waiting}, clock_.now());
    if (!cut || channel.why == Channel::no_time) channel.why = error.message;
  }

  HeldLogStore<L> store_;
  HeldPublisher<P> publisher_;
  HeldSpool<S> spool_;
  DeliveryStops const& stops_;
  UploadLogs upload_;
  HeldClock<C> clock_;
  Logger log_;
  Channel logs_;
  Channel events_;
  bool hurried_ = false;
  bool news_ = false;   ///< something was added since the last step
  std::mutex mutex_{};  ///< guards the spool, and the news
  [[no_unique_address]] DeliveryPolicies<L, P, S, C> checked_{};
};

}  // namespace sla::inline v1::internal
