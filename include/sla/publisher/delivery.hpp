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
#include "sla/publisher/lane.hpp"
#include "sla/publisher/log_first.hpp"
#include "sla/publisher/log_store.hpp"
#include "sla/publisher/refusals.hpp"
#include "sla/spool.hpp"

namespace sla::inline v1 {

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
        logs_{.lane = Lane("logs", log, options.backoff)},
        events_{.lane = Lane("events", log, options.backoff)} {}

  void begin(Report const& report) {
    std::lock_guard const lock(mutex_);
    spool_.begin(report);
  }
  /// Keeps the report, and its log where that is to be delivered.
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
  [[nodiscard]] std::vector<Parcel> in_memory() {
    std::lock_guard const lock(mutex_);
    return spool_.in_memory();
  }

  /// Delivers one parcel, if one is due. When to call it again: a past instant is at once, the last
  /// instant of all when something is added.
  Instant step() {
    Instant const now = clock_.now();
    Instant next = with_spool([&](auto& spool) { return spool.tend(now); });
    if (hurried_) next = Instant::max();  // nothing waits for the housekeeping
    if (with_spool([this](auto&) { return std::exchange(news_, false); })) {
      logs_.lane.nudge();
      events_.lane.nudge();
    }
    if (stops_.events.level() != StopLevel::none) return Instant::max();
    SpoolCount const count = this->count();
    if (count.events != 0) {
      if (events_.lane.due() <= now && deliver_event(now)) return now;
      next = std::min(next, events_.due(now));
    }
    if (count.logs + count.ahead != 0 && stops_.logs.level() == StopLevel::none) {
      if (logs_.lane.due() <= now && deliver_log(now)) return now;
      next = std::min(next, logs_.due(now));
    }
    return next;
  }

  /// Why a parcel was not delivered, as far as is known; only for the thread that delivers, or once
  /// it has ended.
  [[nodiscard]] std::string reason(Parcel const& parcel) const {
    std::string text = parcel.reason;
    auto const add = [&](Part part, std::string const& why) {
      if (part == Part::waiting) text.append(text.empty() ? "" : "; ").append(why);
    };
    add(parcel.log, logs_.why);
    add(parcel.event, events_.why);
    return text;
  }

  /// Tries everything again as soon as it makes sense, because there is little time left.
  void hurry() {
    hurried_ = true;
    for (Way* const way : {&logs_, &events_}) {
      way->refused.clear();
      way->lane.hurry(clock_.now());
    }
  }

 private:
  /// Returns true if there was one to deliver. The oldest goes first; in a hurry those that are
  /// refused take turns.
  bool deliver_event(Instant now) {
    auto const behind = [](auto& spool, std::uint64_t number) { return spool.next_event(number); };
    auto parcel = pick(events_, now, behind);
    if (!parcel && std::exchange(events_.last, 0) != 0) parcel = pick(events_, now, behind);
    if (!parcel) return false;
    bool const moved = send_log(*parcel);
    auto const done = publish(*parcel);
    if (!done && !event_stands_back(*parcel, done.error())) {
      fail(events_, *parcel, done.error());
      if (hurried_ && !mends_itself(done.error().code)) events_.last = parcel->number;
    }
    if (moved || parcel->event != Part::waiting) update(*parcel);
    return true;
  }
  bool deliver_log(Instant now) {
    auto parcel =
        pick(logs_, now, [](auto& spool, std::uint64_t number) { return spool.next_log(number); });
    if (!parcel) return false;
    logs_.last = parcel->number;
    bool const lost = parcel->log != Part::waiting;
    if (send_log(*parcel) || lost) update(*parcel);
    return true;
  }

  /// The first behind the last one that does not wait by itself: `next(spool, number)`.
  template <class Next>
  std::optional<Parcel> pick(Way& way, Instant now, Next next) {
    std::optional<std::uint64_t> first;
    for (std::uint64_t behind = way.last;;) {
      auto parcel = take(way.lane, [&](auto& spool) { return next(spool, behind); });
      if (!parcel || way.refused.due(parcel->number) <= now) return parcel;
      if (first == parcel->number) return std::nullopt;  // once around
      behind = parcel->number;
      if (!first) first = behind;
    }
  }

  bool event_stands_back(Parcel& parcel, Error const& error) {
    Refusals* const known = events_.refused_again(parcel.number, error, clock_.now());
    if (known && !hurried_ && events_.passed == known->passed) try_another(parcel.number);
    return stands_back(known, events_, parcel, parcel.event, error);
  }
  /// Returns true if a message that was refused holds up no other: it waits by itself because
  /// others pass, or is set aside because that went on for hours and its content may be why.
  bool stands_back(Refusals* known, Way& way, Parcel& parcel, Part& part, Error const& error) {
    if (hurried_ || known == nullptr || way.passed == known->passed) return false;
    if (known->lasting() && fault_of(error.code) == Fault::unknown) {
      refuse(part, parcel, error);
      way.refused.forget(parcel.number);
      return true;
    }
    bool const rested = way.refused.rested(parcel.number);
    way.refused.rest(*known, clock_.now());
    if (rested) return true;
    log_.warning("refused while others pass, and tried again by itself: " + error.message,
                 {{"run", parcel.report.job.run_id}});
    return true;
  }

  /// Tries the event behind one that was refused; a run that is no result has none.
  void try_another(std::uint64_t refused) {
    for (std::uint64_t behind = refused;;) {
      auto parcel = take(events_.lane, [=](auto& spool) { return spool.next_event(behind); });
      if (!parcel) return;
      behind = parcel->number;
      if (events_.refused.due(behind) > clock_.now()) continue;
      bool const moved = send_log(*parcel);
      if (publish(*parcel) || moved) update(*parcel);
      if (parcel->report.counts()) return;
    }
  }

  /// A parcel of the spool; where it could not be read its way out has failed.
  template <class Next>
  std::optional<Parcel> take(Lane& lane, Next next) {
    auto parcel = with_spool(next);
    if (parcel) return *std::move(parcel);
    lane.failed({.error = parcel.error()}, clock_.now());
    return std::nullopt;
  }

  void update(Parcel& parcel) {
    if (parcel.log == Part::waiting) parcel.report.log_error.clear();  // it may still succeed
    if (parcel.log == Part::done) parcel.report.outcome.output = Output();
    with_spool([&](auto& spool) { spool.update(parcel); });
  }

  /// Returns true if the log got further. Where it did not, the report says why.
  bool send_log(Parcel& parcel) {
    if (parcel.log != Part::waiting) return false;
    Report& report = parcel.report;
    if (!wants_log(upload_, report)) {
      parcel.log = Part::done;
      return true;
    }
    report.log_error = hindrance(parcel.number);
    if (!report.log_error.empty()) return false;
    Result<std::string> uri = Error{Errc::system, parcel.unreadable};
    if (parcel.unreadable.empty()) uri = store_.store(report);
    if (uri) {
      logs_.delivered(parcel.number);
      report.log_uri = *std::move(uri);
      parcel.log = Part::done;
      log_.info("log stored", {{"run", report.job.run_id}, {"log", report.log_uri}});
      return true;
    }
    report.log_error = uri.error().message;
    if (fault_of(uri.error().code) == Fault::content) {
      refuse(parcel.log, parcel, uri.error());
    } else if (!stands_back(logs_.refused_again(parcel.number, uri.error(), clock_.now()), logs_,
                            parcel, parcel.log, uri.error())) {
      fail(logs_, parcel, uri.error());
    }
    return parcel.log != Part::waiting;
  }
  /// Why no log is sent now; empty where nothing is in the way.
  [[nodiscard]] std::string hindrance(std::uint64_t number) const {
    if (stops_.logs.level() != StopLevel::none) return "the runner stops; the log follows later";
    Instant const now = clock_.now();
    if (logs_.lane.due() > now) return logs_.lane.reason();
    return logs_.refused.due(number) > now ? "it was refused; it follows later" : std::string();
  }

  /// Publishes the event; one that was delivered, or never can be, got further.
  Result<void> publish(Parcel& parcel) {
    Report report = parcel.report;
    report.dropped = with_spool([](auto& spool) { return spool.dropped(); });
    auto done = publish_wanted(publisher_, report);
    if (!done && fault_of(done.error().code) != Fault::content) return done;
    if (!done) {
      events_.lane.succeeded();  // for all others
      refuse(parcel.event, parcel, done.error());
      return {};
    }
    parcel.event = Part::done;
    if (!report.counts()) return {};
    events_.delivered(parcel.number);
    if (report.dropped != 0) with_spool([&](auto& spool) { spool.reported(report.dropped); });
    return {};
  }

  /// Sets a part aside.
  void refuse(Part& part, Parcel& parcel, Error const& error) const {
    part = Part::refused;
    parcel.reason = error.message;
    log_.error("not delivered: refused for good: " + error.message,
               {{"run", parcel.report.job.run_id}});
  }

  /// An attempt failed; one that only ended because this very delivery is stopped is no failure,
  /// and a reason for what is left only where there is no better one.
  void fail(Way& way, Parcel const& parcel, Error const& error) {
    bool const event = &way == &events_;
    bool const stopped = (event ? stops_.events : stops_.logs).level() != StopLevel::none;
    bool const cut = error.code == Errc::stopped && stopped;
    SpoolCount const left = count();
    std::size_t const waiting = event ? left.events : left.logs + left.ahead;
    if (!cut) way.lane.failed({error, parcel.report.job.run_id, waiting}, clock_.now());
    if (!cut || way.why == Way::no_time) way.why = error.message;
  }

  internal::HeldLogStore<L> store_;
  internal::HeldPublisher<P> publisher_;
  internal::HeldSpool<S> spool_;
  DeliveryStops const& stops_;
  UploadLogs upload_;
  internal::HeldClock<C> clock_;
  Logger log_;
  Way logs_;
  Way events_;
  bool hurried_ = false;
  bool news_ = false;   ///< something was added since the last step
  std::mutex mutex_{};  ///< guards the spool, and the news
  [[no_unique_address]] internal::DeliveryPolicies<L, P, S, C> checked_{};
};

}  // namespace sla::inline v1
