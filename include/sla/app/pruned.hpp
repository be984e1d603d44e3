// SPDX-License-Identifier: MIT
#pragma once
// The events of a store of which days that are long over are dropped, once a day.
#include <chrono>
#include <string>
#include <utility>

#include "sla/core/apart.hpp"
#include "sla/core/log.hpp"
#include "sla/core/result.hpp"
#include "sla/core/time.hpp"
#include "sla/publisher.hpp"
#include "sla/publisher/by_calls_apart.hpp"
#include "sla/publisher/event_file.hpp"
#include "sla/publisher/retention.hpp"

namespace sla::inline v1::app {

/// Adds events to a file, and drops what is too old behind the first of a process and of each day.
class PrunedEvents {
 public:
  PrunedEvents(ByCallsApart<EventFile> events, internal::Retention retention, Logger log)
      : events_(std::move(events)), retention_(std::move(retention)), log_(log) {}

  Result<void> publish(Report const& report) {
    auto done = events_.publish(report);
    WallTime const now = std::chrono::system_clock::now();
    if (retention_.due(now)) tend(now);
    return done;
  }

 private:
  /// Says why not once, not with each event.
  void tend(WallTime now) {
    std::string why;
    auto body = [&] {
      auto const tended = retention_.tend(now);
      if (!tended) why = tended.error().message;
    };
    internal::CallsApart::make(body);
    if (why != said_ && !why.empty()) log_.warning("what is old stays in the store: " + why);
    said_ = why;
  }

  ByCallsApart<EventFile> events_;
  internal::Retention retention_;
  Logger log_;
  std::string said_{};
};
static_assert(Publisher<PrunedEvents>);

}  // namespace sla::inline v1::app
