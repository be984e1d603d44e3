// SPDX-License-Identifier: MIT
#pragma once
// What the settings say about the service's objective: its target, and how many results in a row
// change its state.
#include <optional>
#include <string>
#include <utility>

#include "sla/app/settings/settings.hpp"
#include "sla/ledger/error_budget.hpp"
#include "sla/ledger/percentage.hpp"
#include "sla/publisher/tracked.hpp"

namespace sla::inline v1::app {

/// Puts the options of a Tracked together. `memory` is what an earlier process left. The target is
/// $SLA_TARGET if that is a number and nothing else is set.
[[nodiscard]] inline Tracking tracking_of(Settings const& settings, std::string memory) {
  std::optional<ledger::Target> target;
  auto const good =
      ledger::parse_percentage(settings.slo.empty() ? settings.sla_target : settings.slo);
  if (good) {
    target = {.good = *good,
              .window = settings.slo_window,
              .min_failures = static_cast<std::uint64_t>(settings.slo_min_failures)};
  }
  return {.thresholds = {settings.failure_threshold, settings.success_threshold},
          .target = target,
          .memory = std::move(memory)};
}

}  // namespace sla::inline v1::app
