// SPDX-License-Identifier: MIT
#pragma once
// The command `sla-runner healthcheck`: says in one line whether the runners here are alive.
#include "sla/app/command.hpp"
#include "sla/app/exit_code.hpp"
#include "sla/app/heartbeat.hpp"
#include "sla/app/printing.hpp"
#include "sla/core/environment.hpp"

namespace sla::inline v1::app {

namespace detail {

inline int run_healthcheck(Arguments const&, Environment const&) {
  Health const health = check_health();
  (void)print(health.reason + '\n');
  return health.alive ? exit_success : exit_test_failed;
}

}  // namespace detail

inline constexpr Command healthcheck_command{
    .name = "healthcheck",
    .purpose = "Says whether the runners in this container are alive.",
    .about = "A failing test is no reason to be unhealthy; a loop that is stuck is.",
    .exit_codes = {{{exit_success, "every runner here is alive"},
                    {exit_test_failed, "one is stuck, there is none, or it cannot be told"},
                    usage_exit}},
    .run = detail::run_healthcheck,
};

}  // namespace sla::inline v1::app
