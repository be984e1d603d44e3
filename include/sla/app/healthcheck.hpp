// SPDX-License-Identifier: MIT
#pragma once
// The command `sla-runner healthcheck`: says in one line whether the runners here are alive. What
// it does not understand is refused, so that a health check with a mistake in it is noticed at
// once.
#include <span>
#include <string_view>

#include "sla/app/exit_code.hpp"
#include "sla/app/heartbeat.hpp"
#include "sla/app/printing.hpp"
#include "sla/app/quoted.hpp"

namespace sla::inline v1 {

/// What `sla-runner healthcheck --help` prints.
inline constexpr std::string_view healthcheck_help =
    "Says whether the runners in this container are alive. A failing test is no reason to be\n"
    "unhealthy; a loop that is stuck is.\n\n"
    "usage: sla-runner healthcheck\n\n"
    "exit codes:\n"
    "   0  every runner here is alive\n"
    "   1  one is stuck, there is none, or it cannot be told; the line says which\n"
    "  64  usage: the command line cannot be understood\n";

/// Runs the command; gives its exit code. The arguments come without the command's own name.
[[nodiscard]] inline int run_healthcheck(std::span<char const* const> arguments) {
  for (std::string_view const argument : arguments) {
    if (argument == "--help" || argument == "-h") return print(healthcheck_help);
    complain({"healthcheck: unknown argument " + quoted(argument) + "; it takes none"});
    return exit_usage;
  }
  Health const health = check_health();
  (void)print(health.reason + '\n');
  return health.alive ? exit_success : exit_test_failed;
}

}  // namespace sla::inline v1
