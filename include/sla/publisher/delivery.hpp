// SPDX-License-Identifier: MIT
#pragma once
// Delivers what is in a spool, step by step: the oldest report first, its log before its event. A
// log that cannot be delivered never holds back an event, and follows later; an event that cannot
// be delivered holds back those behind it, while their logs go ahead, unless it never can: one that
// is refused while the next one passes is set aside. It starts no thread and waits for nothing but
// its publishers; publisher/spooled.hpp does the rest.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/core/backoff.hpp"
#include "sla/core/clock.hpp"
#include "sla/core/log.hpp"
#include "sla/core/result.hpp"
#include "sla/core/stop.hpp"
#include "sla/publisher.hpp"
#include "sla/publisher/lane.hpp"
#include "sla/publisher/log_first.hpp"
#include "sla/publisher/log_store.hpp"
#include "sla/publisher/spool.hpp"

namespace sla::inline v1 {

/// What cuts a delivery short at the end of a program. The transports inside a log store watch
/// `logs`, those inside a publisher `events`; both outlive them. They are not the Stop of the
/// program: that one is waited on by its main thread, these by the thread that delivers, and a
/// delivery goes on for a while after the program was told to stop.
struct DeliveryStops {
  Stop logs{Stop::Options{.budget = Duration::zero()}};
  Stop events{Stop::Options{.budget = Duration::zero()}};
};

/// How delivery goes about it.
struct DeliveryOptions {
  UploadLogs upload = UploadLogs::always;  ///< which logs are delivered at all
  Backoff::Options backoff{};              ///< after a failed attempt at either part
};

/// The two ends of a spool: add() and begin() are called from any thread, step() and hurry() from
/// the one that delivers.
template <LogStore L, Publisher P, Spool S, Clock C = SteadyClock>
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
        logs_("logs", log, options.backoff),
        events_("events", log, options.backoff) {}

  void begin(Report const& report) {
    std::lock_guard const lock(mutex_);
    spool_.begin(report);
  }
  /// Keeps the report, and its log where that is to be delivered.
  void add(Report const& report) {
    Report kept = report;
    if (!wanted(report)) kept.outcome.output = Output();
    std::lock_guard const lock(mutex_);
    spool_.add(kept);
  }
  [[nodiscard]] SpoolCount count() {
    std::lock_guard const lock(mutex_);
    return spool_.count();
  }
  /// What would be lost with this process.
  [[nodiscard]] std::vector<Parcel> in_memory() {
    std::lock_guard const lock(mutex_);
    return spool_.in_memory();
  }

  /// Delivers one parcel, if one is due. When to call it again: a past instant is at once, the last
  /// instant of all when something is added.
  Instant step() {
    Instant const now = clock_.now();
    Instant next = with_spool([&](S& spool) { return spool.tend(now); });
    if (hurried_) next = Instant::max();  // nothing waits for the housekeeping
    SpoolCount const count = this->count();
    if (stops_.events.level() != StopLevel::none) return Instant::max();
    if (count.events != 0) {
      bool const another_came = alone_ != 0 && count.events > alone_;
      if (another_came || events_.due() <= now) return deliver_event(now);
      next = std::min(next, events_.due());
    }
    if (count.logs + count.ahead != 0 && stops_.logs.level() == StopLevel::none) {
      if (logs_.due() <= now) return deliver_log(now);
      next = std::min(next, logs_.due());
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
    add(parcel.log, no_log_);
    add(parcel.event, no_event_);
    return text;
  }

  /// Tries everything again as soon as it makes sense, because there is little time left.
  void hurry() {
    hurried_ = true;
    logs_.hurry(clock_.now());
    events_.hurry(clock_.now());
  }

 private:
  template <class Act>
  auto with_spool(Act act) {
    std::lock_guard const lock(mutex_);
    return act(spool_);
  }

  Instant deliver_event(Instant now) {
    alone_ = 0;
    auto parcel = take(events_, [](S& spool) { return spool.next_event(0); });
    if (!parcel) return now;
    bool moved = send_log(*parcel);
    auto done = publish(*parcel);
    if (!done && blame(done.error()) == Blame::perhaps && another_passes(parcel->number)) {
      done = publish(*parcel);
      if (!done && blame(done.error()) == Blame::perhaps) {
        done = refuse(parcel->event, *parcel, done.error());
      }
    }
    if (done) events_.succeeded();
    if (!done) fail(events_, stops_.events, done.error(), *parcel, no_event_);
    if (moved || done) update(*parcel);
    return now;
  }

  /// Whether the event behind one that was refused is delivered. A run that is no result has none,
  /// and shows nothing. Where no other waits, the next one that comes is tried at once.
  bool another_passes(std::uint64_t refused) {
    for (std::uint64_t behind = refused;;) {
      std::size_t const waiting = count().events;
      auto parcel = take(events_, [=](S& spool) { return spool.next_event(behind); });
      if (!parcel) {
        alone_ = waiting;
        return false;
      }
      bool const moved = send_log(*parcel);
      bool const passes = publish(*parcel).has_value();
      if (moved || passes) update(*parcel);
      if (parcel->report.counts()) return passes && parcel->event == Part::done;
      behind = parcel->number;
    }
  }

  Instant deliver_log(Instant now) {
    auto parcel = take(logs_, [this](S& spool) { return spool.next_log(last_log_); });
    if (!parcel) return now;
    last_log_ = parcel->number;
    bool const lost = parcel->log != Part::waiting;
    if (send_log(*parcel) || lost) update(*parcel);
    return now;
  }

  /// A parcel of the spool; where it could not be read its way out has failed.
  template <class Next>
  std::optional<Parcel> take(Lane& lane, Next next) {
    auto parcel = with_spool(next);
    if (parcel) return *std::move(parcel);
    lane.failed(parcel.error(), {}, clock_.now());
    return std::nullopt;
  }

  void update(Parcel& parcel) {
    if (parcel.log == Part::waiting) parcel.report.log_error.clear();  // it may still succeed
    if (parcel.log == Part::done) parcel.report.outcome.output = Output();
    with_spool([&](S& spool) { spool.update(parcel); });
  }

  [[nodiscard]] bool wanted(Report const& report) const noexcept {
    return upload_ == UploadLogs::always ||
           (upload_ == UploadLogs::failures && !report.succeeded());
  }

  /// Whether the log got further. Where it did not, the report says why.
  bool send_log(Parcel& parcel) {
    if (parcel.log != Part::waiting) return false;
    Report& report = parcel.report;
    if (!wanted(report)) {
      parcel.log = Part::done;
      return true;
    }
    report.log_error = hindrance();
    if (!report.log_error.empty()) return false;
    Result<std::string> uri = Error{Errc::system, parcel.unreadable};
    if (parcel.unreadable.empty()) uri = store_.store(report);
    if (uri) {
      logs_.succeeded();
      ++stored_;
      suspects_.erase(parcel.number);
      report.log_uri = *std::move(uri);
      parcel.log = Part::done;
      return true;
    }
    report.log_error = uri.error().message;
    if (is_refused(parcel.number, uri.error())) {
      (void)refuse(parcel.log, parcel, uri.error());
      return true;
    }
    fail(logs_, stops_.logs, uri.error(), parcel, no_log_);
    return false;
  }
  /// Why no log is sent now; empty where nothing is in the way.
  [[nodiscard]] std::string hindrance() const {
    if (stops_.logs.level() != StopLevel::none) return "the runner stops; the log follows later";
    return logs_.due() > clock_.now() ? logs_.reason() : std::string();
  }
  /// Whether a log can never be stored: it was refused before, and others were stored since.
  bool is_refused(std::uint64_t number, Error const& error) {
    Blame const whose = blame(error);
    if (whose != Blame::perhaps) return whose == Blame::message;
    if (suspects_.size() > 1000) suspects_.erase(suspects_.begin());
    auto const [at, first] = suspects_.try_emplace(number, stored_);
    if (first || at->second == stored_) return false;
    suspects_.erase(at);
    return true;
  }

  /// Publishes the event; one that was delivered, or never can be, got further.
  Result<void> publish(Parcel& parcel) {
    Report report = parcel.report;
    report.dropped = with_spool([](S& spool) { return spool.dropped(); });
    auto done = publisher_.publish(report);
    if (!done && blame(done.error()) == Blame::message) {
      return refuse(parcel.event, parcel, done.error());
    }
    if (!done) return done;
    parcel.event = Part::done;
    if (report.dropped != 0 && report.counts()) {
      with_spool([&](S& spool) { spool.reported(report.dropped); });
    }
    return {};
  }

  /// Sets a part aside.
  Result<void> refuse(Part& part, Parcel& parcel, Error const& error) const {
    part = Part::refused;
    parcel.reason = error.message;
    log_.error("not delivered: refused for good: " + error.message,
               {{"run", parcel.report.job.run_id}});
    return {};
  }

  /// An attempt failed; one that only ended because this very delivery is stopped is no failure,
  /// and a reason for what is left only where there is no better one.
  void fail(Lane& lane, Stop const& stop, Error const& error, Parcel const& parcel,
            std::string& why) {
    bool const cut = error.code == Errc::stopped && stop.level() != StopLevel::none;
    if (!cut) lane.failed(error, parcel.report.job.run_id, clock_.now());
    if (!cut || why == no_time) why = error.message;
  }

  static constexpr std::string_view no_time = "there was no time";

  L store_;
  P publisher_;
  S spool_;
  DeliveryStops const& stops_;
  UploadLogs upload_;
  C clock_;
  Logger log_;
  Lane logs_;
  Lane events_;
  std::string no_log_{no_time};    ///< why the last log was not delivered
  std::string no_event_{no_time};  ///< why the last event was not delivered
  std::size_t alone_ = 0;  ///< how many waited when one was refused and no other could be tried
  bool hurried_ = false;
  std::uint64_t last_log_ = 0;
  std::uint64_t stored_ = 0;                           ///< how many logs were stored
  std::map<std::uint64_t, std::uint64_t> suspects_{};  ///< logs refused, and how many were by then
  std::mutex mutex_{};                                 ///< guards the spool
};

}  // namespace sla::inline v1
