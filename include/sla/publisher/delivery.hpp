// SPDX-License-Identifier: MIT
#pragma once
// Delivers what is in a spool, step by step: the oldest report first, its log before its event. A
// log that cannot be delivered never holds back an event, and follows later; an event that cannot
// be delivered holds back those behind it, unless it never can. It starts no thread and waits for
// nothing but its publishers; publisher/spooled.hpp does the rest.
#include <algorithm>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
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
  void add(Report const& report) {
    std::lock_guard const lock(mutex_);
    spool_.add(report);
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
    SpoolCount const count = this->count();
    if (stops_.events.level() != StopLevel::none) return Instant::max();
    if (count.events != 0) {
      if (events_.due() <= now) return deliver_event(now);
      next = std::min(next, events_.due());
    }
    if (count.logs != 0 && stops_.logs.level() == StopLevel::none) {
      if (logs_.due() <= now) return deliver_log(now);
      next = std::min(next, logs_.due());
    }
    return next;
  }

  /// Why a parcel was not delivered, as far as is known; only for the thread that delivers, or once
  /// it has ended.
  [[nodiscard]] std::string const& reason(Parcel const& parcel) const noexcept {
    if (!parcel.waiting()) return parcel.reason;
    return parcel.event == Part::waiting ? no_event_ : no_log_;
  }

  /// Tries everything again as soon as it makes sense, because there is little time left.
  void hurry() {
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
    auto parcel = with_spool([](S& spool) { return spool.next_event(); });
    if (!parcel) events_.failed(parcel.error(), {}, clock_.now());
    if (!parcel || !*parcel) return now;
    bool const log_moved = send_log(**parcel);
    bool const event_moved = send_event(**parcel);
    if (log_moved || event_moved) update(**parcel);
    return now;
  }

  Instant deliver_log(Instant now) {
    auto parcel = with_spool([this](S& spool) { return spool.next_log(last_log_); });
    if (!parcel) logs_.failed(parcel.error(), {}, clock_.now());
    if (!parcel || !*parcel) return now;
    last_log_ = (*parcel)->number;
    if (send_log(**parcel)) update(**parcel);
    return now;
  }

  void update(Parcel& parcel) {
    if (parcel.log == Part::waiting) parcel.report.log_error.clear();  // it may still succeed
    with_spool([&](S& spool) { spool.update(parcel); });
  }

  [[nodiscard]] bool wanted(Report const& report) const noexcept {
    return upload_ == UploadLogs::always ||
           (upload_ == UploadLogs::failures && !report.succeeded());
  }

  /// Whether the log got further. Where it did not, the report says why.
  bool send_log(Parcel& parcel) {
    if (parcel.log != Part::waiting) return parcel.event != Part::waiting;
    Report& report = parcel.report;
    if (!wanted(report)) {
      parcel.log = Part::done;
      return true;
    }
    report.log_error = hindrance();
    if (!report.log_error.empty()) return false;
    auto uri = store_.store(report);
    if (uri) {
      logs_.succeeded();
      report.log_uri = *std::move(uri);
      parcel.log = Part::done;
      return true;
    }
    report.log_error = no_log_ = uri.error().message;
    if (never_succeeds(uri.error())) {
      refuse(parcel, parcel.log, uri.error());
      return true;
    }
    if (!cut_short(uri.error(), stops_.logs)) {
      logs_.failed(uri.error(), report.job.run_id, clock_.now());
    }
    return false;
  }
  /// Why no log is sent now; empty where nothing is in the way.
  [[nodiscard]] std::string hindrance() const {
    if (stops_.logs.level() != StopLevel::none) return "the runner stops; the log follows later";
    return logs_.due() > clock_.now() ? logs_.reason() : std::string();
  }

  /// Whether an attempt ended because this very delivery is stopped.
  static bool cut_short(Error const& error, Stop const& stop) noexcept {
    return error.code == Errc::stopped && stop.level() != StopLevel::none;
  }

  /// Whether the event got further.
  bool send_event(Parcel& parcel) {
    Report report = parcel.report;
    std::uint64_t const dropped = with_spool([](S& spool) { return spool.dropped(); });
    note_dropped(report, dropped);
    auto const done = publisher_.publish(report);
    if (done) {
      events_.succeeded();
      parcel.event = Part::done;
      if (dropped != 0 && report.counts()) {
        with_spool([&](S& spool) { spool.reported(dropped); });
      }
      return true;
    }
    if (never_succeeds(done.error())) {
      refuse(parcel, parcel.event, done.error());
      return true;
    }
    no_event_ = done.error().message;
    if (!cut_short(done.error(), stops_.events)) {
      events_.failed(done.error(), report.job.run_id, clock_.now());
    }
    return false;
  }

  void refuse(Parcel& parcel, Part& part, Error const& error) const {
    part = Part::refused;
    parcel.reason = error.message;
    log_.error("not delivered: refused for good: " + error.message,
               {{"run", parcel.report.job.run_id}});
  }

  template <class R>
  static void note_dropped(R& report, std::uint64_t dropped) {
    if constexpr (requires { report.dropped; }) report.dropped = dropped;
  }

  L store_;
  P publisher_;
  S spool_;
  DeliveryStops const& stops_;
  UploadLogs upload_;
  C clock_;
  Logger log_;
  Lane logs_;
  Lane events_;
  std::string no_log_ = "there was no time";
  std::string no_event_ = "there was no time";
  std::uint64_t last_log_ = 0;
  std::mutex mutex_{};  ///< guards the spool
};

}  // namespace sla::inline v1
