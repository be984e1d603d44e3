// SPDX-License-Identifier: MIT
#pragma once
// How the delivery from a spool goes about it, and what cuts it short.
#include "sla/core/backoff.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/time.hpp"
#include "sla/publisher/log_first.hpp"

namespace sla::inline v1 {

/// What cuts a delivery short at the end of a program. The transports inside a log store watch
/// `logs`, those inside a publisher `events`, and what renews credentials beside them
/// `credentials`; all outlive them. They are not the Stop of the program: that one is waited on by
/// its main thread, these by the threads that deliver and renew, and a delivery goes on for a while
/// after the program was told to stop.
struct DeliveryStops {
  Stop logs{Stop::Options{.budget = Duration::zero()}};
  Stop events{Stop::Options{.budget = Duration::zero()}};
  Stop credentials{Stop::Options{.budget = Duration::zero()}};
};

/// How delivery goes about it.
struct DeliveryOptions {
  UploadLogs upload = UploadLogs::always;  ///< which logs are delivered at all
  Backoff::Options backoff{};              ///< after a failed attempt at either part
};

}  // namespace sla::inline v1
