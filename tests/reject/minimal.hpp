// SPDX-License-Identifier: MIT
#pragma once
// The smallest model of each contract; a case swaps one for its own.
#include <optional>

#include "sla/core/clock.hpp"
#include "sla/core/result.hpp"
#include "sla/core/run.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/time.hpp"

struct MinimalScheduler {
  std::optional<sla::Instant> next(sla::Instant) { return std::nullopt; }
};

struct MinimalExecutor {
  sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&) { return sla::Outcome{}; }
};

struct MinimalPublisher {
  sla::Result<void> publish(sla::Report const&) { return {}; }
};

struct MinimalClock {
  sla::Instant now() { return {}; }
  sla::WallTime wall() { return {}; }
  sla::Wake wait_until(sla::Instant, sla::Stop const&) { return sla::Wake::due; }
  void sleep_until(sla::Instant) {}
};
