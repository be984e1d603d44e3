// SPDX-License-Identifier: MIT
#pragma once
// How the delivery from a spool goes about it, and what cuts it short.
#include "sla/core/backoff.hpp"
#include "sla/core/clock.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/time.hpp"
#include "sla/publisher.hpp"
#include "sla/publisher/log_first.hpp"
#include "sla/publisher/log_store.hpp"
#include "sla/spool.hpp"

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
  /// How long the log of a pass may wait for others, so that they are stored as one object, and its
  /// event with it; zero: each log is an object of its own. Only where all logs are stored, by a
  /// BundleLogStore, from a BundleSpool. What a bundle holds is bounded by BundleLimits.
  Duration log_bundle{};
  /// How long after a request events wait for more to go with them, unless ten do or a run did not
  /// pass. For many services: two events of one never go together.
  Duration linger = Duration::zero();
};

namespace internal {

/// The policies of a delivery. They are checked here, once for all that hand them on, which hold
/// one of these as their last member: clang forgets what stands behind a failed check.
template <class L, class P, class S, class C>
struct DeliveryPolicies {
  static_assert(LogStore<L>,
                "The first parameter of Spooled and Delivery must be a sla::LogStore: movable, "
                "with sla::Result<void> publish(sla::Report const&) and sla::Result<std::string> "
                "store(sla::Report const&)");
  static_assert(Publisher<P>,
                "The second parameter of Spooled and Delivery must be a sla::Publisher: movable, "
                "with sla::Result<void> publish(sla::Report const&)");
  static_assert(Spool<S>,
                "The third parameter of Spooled and Delivery must be a sla::Spool: movable, with "
                "begin(), add(), next_event(), next_log(), update(), tend(), count(), dropped(), "
                "reported() and in_memory()");
  static_assert(
      Clock<C>,
      "The fourth parameter of Spooled and Delivery must be a sla::Clock: movable, with now(), "
      "wall(), wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)");
};

}  // namespace internal

}  // namespace sla::inline v1
