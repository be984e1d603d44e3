// SPDX-License-Identifier: MIT
#pragma once
// Attempts at one entry of a spool: its log, its event, and what becomes of it when either is
// refused. A log that cannot be delivered never holds back an event. What is refused for its
// content is set aside; what is refused again and again while others pass lets them go first.
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>

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

/// A spool, where its entries go, and what is known of both ways. with_spool() is called from any
/// thread, all else from the one that delivers.
template <class L, class P, class S, class C>
class EntryAttempts {
 public:
  /// Asks the spool: `act(S&)`, while nobody else does.
  template <class Act>
  auto with_spool(Act act) {
    std::lock_guard const lock(mutex);
    return act(spool);
  }
  [[nodiscard]] SpoolCount count() {
    return with_spool([](auto& all) { return all.count(); });
  }

  EntryAttempts(L the_store, P the_publisher, S the_spool, DeliveryStops const& the_stops,
                DeliveryOptions const& options, C the_clock, Logger the_log)
      : store(std::move(the_store)),
        publisher(std::move(the_publisher)),
        spool(std::move(the_spool)),
        stops(the_stops),
        upload(options.upload),
        clock(std::move(the_clock)),
        log(the_log),
        logs{.retry = RetrySchedule("logs", the_log, options.backoff)},
        events{.retry = RetrySchedule("events", the_log, options.backoff)} {}

  /// Returns true if the state of the log changed; if not, the report says why.
  bool send_log(Entry& entry) {
    if (entry.log != Part::waiting) return false;
    Report& report = entry.report;
    if (!wants_log(upload, report)) {
      entry.log = Part::done;
      return true;
    }
    report.log_error = hindrance(entry.number);
    if (!report.log_error.empty()) return false;
    Result<std::string> uri = Error{Errc::system, entry.unreadable};
    if (entry.unreadable.empty()) uri = store.store(report);
    if (uri) {
      log_stored(entry, *std::move(uri));
      return true;
    }
    report.log_error = uri.error().message;
    if (fault_of(uri.error().code) == Fault::content) {
      refuse(entry.log, entry, uri.error());
    } else if (!stands_back(logs.refused_again(entry.number, uri.error(), clock.now()), logs, entry,
                            entry.log, uri.error())) {
      fail(logs, entry, uri.error());
    }
    return entry.log != Part::waiting;
  }
  void log_stored(Entry& entry, std::string uri) {
    Report& report = entry.report;
    logs.delivered(entry.number);
    report.log_uri = std::move(uri);
    entry.log = Part::done;
    if (report.log_uri.empty()) return;
    log.info("log stored", {{"run", report.job.run_id}, {"log", report.log_uri}});
  }
  /// Returns why no log is sent now; empty if one is.
  [[nodiscard]] std::string hindrance(std::uint64_t number) const {
    if (stops.logs.level() != StopLevel::none) return "the runner stops; the log follows later";
    Instant const now = clock.now();
    if (logs.retry.due() > now) return logs.retry.reason();
    return logs.refused.due(number) > now ? "it was refused; it follows later" : std::string();
  }

  /// Publishes the event; one that was delivered, or never can be, got further.
  Result<void> publish(Entry& entry) {
    Report report = entry.report;
    report.dropped = with_spool([](auto& all) { return all.dropped(); });
    auto done = publish_wanted(publisher, report);
    if (!done && fault_of(done.error().code) != Fault::content) return done;
    if (!done) {
      events.retry.succeeded();  // for all others
      refuse(entry.event, entry, done.error());
      return {};
    }
    event_delivered(entry, report.dropped);
    return {};
  }

  /// Notes that an event arrived, and that it told of so many dropped ones.
  void event_delivered(Entry& entry, std::uint64_t dropped) {
    entry.event = Part::done;
    if (!entry.report.counts()) return;
    events.delivered(entry.number);
    if (dropped != 0) with_spool([&](auto& all) { all.reported(dropped); });
  }

  /// Keeps in the spool how far an entry got.
  void update(Entry& entry) {
    with_spool([&](auto& all) { update(all, entry); });
  }
  /// The same where nobody else asks the spool.
  static void update(HeldSpool<S>& all, Entry& entry) {
    if (entry.log == Part::waiting) entry.report.log_error.clear();  // it may still succeed
    if (entry.log == Part::done) entry.report.outcome.output = Output();
    all.update(entry);
  }

  /// Returns true if a message that was refused holds up no other: it waits by itself because
  /// others pass, or is set aside because that went on for hours and its content may be why.
  bool stands_back(Refusals* known, Channel& channel, Entry& entry, Part& part,
                   Error const& error) {
    if (hurried || known == nullptr || channel.passed == known->passed) return false;
    if (known->lasting() && fault_of(error.code) == Fault::unknown) {
      refuse(part, entry, error);
      channel.refused.forget(entry.number);
      return true;
    }
    bool const rested = channel.refused.rested(entry.number);
    channel.refused.rest(*known, clock.now());
    if (rested) return true;
    log.warning("refused while others pass, and tried again by itself: " + error.message,
                {{"run", entry.report.job.run_id}});
    return true;
  }

  /// Sets a part aside.
  void refuse(Part& part, Entry& entry, Error const& error) const {
    part = Part::refused;
    entry.reason = error.message;
    log.error("not delivered: refused for good: " + error.message,
              {{"run", entry.report.job.run_id}});
  }

  /// An attempt failed; one that only ended because this very delivery is stopped is no failure,
  /// and a reason for what is left only if there is no better one.
  void fail(Channel& channel, Entry const& entry, Error const& error) {
    bool const event = &channel == &events;
    bool const stopped = (event ? stops.events : stops.logs).level() != StopLevel::none;
    bool const cut = error.code == Errc::stopped && stopped;
    SpoolCount const left = count();
    std::size_t const waiting = event ? left.events : left.logs + left.ahead;
    channel.window = 1;
    if (!cut) channel.retry.failed({error, entry.report.job.run_id, waiting}, clock.now());
    if (!cut || channel.why == Channel::no_time) channel.why = error.message;
  }

  HeldLogStore<L> store;
  HeldPublisher<P> publisher;
  HeldSpool<S> spool;
  DeliveryStops const& stops;
  UploadLogs upload;
  HeldClock<C> clock;
  Logger log;
  Channel logs;
  Channel events;
  bool hurried = false;
  std::mutex mutex{};  ///< guards the spool
};

}  // namespace sla::inline v1::internal
