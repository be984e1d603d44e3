// SPDX-License-Identifier: MIT
#pragma once
// Many checks in one process: a Fleet of the policies that a single check has, with sinks, a
// heartbeat and a budget for the stop that are shared.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "sla/app/checks/on_grid.hpp"
#include "sla/app/checks/shared_heartbeat.hpp"
#include "sla/app/heartbeat.hpp"
#include "sla/app/program.hpp"
#include "sla/app/program_executor.hpp"
#include "sla/app/settings/settings.hpp"
#include "sla/app/sinks.hpp"
#include "sla/app/tracking.hpp"
#include "sla/app/watched.hpp"
#include "sla/core/clock.hpp"
#include "sla/core/log.hpp"
#include "sla/core/run.hpp"
#include "sla/core/stop.hpp"
#include "sla/executor/announced.hpp"
#include "sla/executor/process_options.hpp"
#include "sla/fleet.hpp"
#include "sla/publisher.hpp"
#include "sla/publisher/dry_run.hpp"
#include "sla/publisher/tracked.hpp"
#include "sla/scheduler/fixed_delay.hpp"
#include "sla/scheduler/fixed_rate.hpp"
#include "sla/scheduler/once.hpp"
#include "sla/scheduler/one_of.hpp"

namespace sla::inline v1::app {

namespace detail {

/// The longest that a check with a delay waits for its first run.
inline constexpr Duration longest_first_wait = std::chrono::seconds{60};

using CheckScheduler = OnGrid<OneOf<FixedDelay, FixedRate, Once>>;

/// Returns when a check runs. `wall_ahead` is one for all: it places their grids.
inline CheckScheduler scheduler_of(Settings const& settings, Duration wall_ahead) {
  std::string const& service = settings.service;
  if (settings.once || settings.dry_run) return {Once{}, {.service = service}};
  if (settings.every) {
    return {FixedRate{*settings.every},
            {.service = service, .period = *settings.every, .wall_ahead = wall_ahead}};
  }
  Duration const delay = settings.delay.value_or(Duration::zero());
  return {FixedDelay{delay},
          {.service = service,
           .period = std::min(delay, longest_first_wait),
           .wall_ahead = wall_ahead}};
}

inline Duration wall_ahead() {
  SteadyClock const clock;
  return Duration{clock.wall().time_since_epoch()} - clock.now().time_since_epoch();
}

/// Prints one result after the other, whichever thread has it.
class DryRunInTurn {
 public:
  static constexpr bool wants_uncounted = DryRun::wants_uncounted;

  DryRunInTurn(DryRun publisher, std::shared_ptr<std::mutex> turn)
      : publisher_(std::move(publisher)), turn_(std::move(turn)) {}

  Result<void> publish(Report const& report) {
    std::lock_guard const lock(*turn_);
    return publisher_.publish(report);
  }

 private:
  DryRun publisher_;
  std::shared_ptr<std::mutex> turn_;
};

inline FleetOptions fleet_options(ProgramParts const& parts) {
  return {.workers = static_cast<std::size_t>(parts.settings.workers)};
}

}  // namespace detail

/// Runs all checks until a stop, or once each, and hands their results to the sinks.
[[nodiscard]] inline Tally run_checks(ProgramParts const& parts, Sinks& sinks,
                                      Heartbeat const& heartbeat, Stop const& stop, Logger log) {
  using Run = WatchedExecutor<Announced<ProgramRun, SinkPolicy>, SharedHeartbeat>;
  using Results = Tracked<WatchedPublisher<SinkPolicy, SharedHeartbeat>>;
  SharedHeartbeat const all(heartbeat);
  Duration const ahead = detail::wall_ahead();
  Fleet<detail::CheckScheduler, Run, Results> fleet(detail::fleet_options(parts), log);
  for (CheckParts const& each : parts.checks) {
    ProgramParts const check = parts_of(parts, each);
    if (check.settings.disabled) {
      log.info("disabled: it is not run", {{"service", check.settings.service}});
      continue;
    }
    ProcessOptions process = process_of(check, log);
    process.log_folder = sinks.log_folder();
    process.log_folder_hangs = sinks.log_folder_hangs();
    SharedHeartbeat const own = all.another();
    Job job = job_of(check);
    Tracking tracking = tracking_of(check.settings, sinks.recall(job));
    fleet.add(std::move(job), detail::scheduler_of(check.settings, ahead),
              Run{{executor_of(check, std::move(process)), SinkPolicy{sinks}},
                  own,
                  longest_run_of(check)},
              Results{{SinkPolicy{sinks}, own, longest_recording}, tracking});
  }
  return fleet.run(stop);
}

/// Runs each check once and prints what would be sent where the options say.
[[nodiscard]] inline Tally try_checks(ProgramParts const& parts, DryRun::Options const& options,
                                      Heartbeat const& heartbeat, Stop const& stop, Logger log) {
  using Run = WatchedExecutor<ProgramRun, SharedHeartbeat>;
  SharedHeartbeat const all(heartbeat);
  auto const turn = std::make_shared<std::mutex>();
  Fleet<detail::CheckScheduler, Run, detail::DryRunInTurn> fleet(detail::fleet_options(parts), log);
  for (CheckParts const& each : parts.checks) {
    ProgramParts const check = parts_of(parts, each);
    if (check.settings.disabled) continue;
    fleet.add(job_of(check), detail::scheduler_of(check.settings, {}),
              Run{executor_of(check, process_of(check, log)), all.another(), longest_run_of(check)},
              {DryRun{options}, turn});
  }
  return fleet.run(stop);
}

}  // namespace sla::inline v1::app
