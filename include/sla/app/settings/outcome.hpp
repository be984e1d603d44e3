// SPDX-License-Identifier: MIT
#pragma once
// The rows of the table of settings that say what the end of a run means, whether it gets another
// attempt, and if its output is shown.
#include <array>

#include "sla/app/settings/checks.hpp"
#include "sla/app/settings/field.hpp"
#include "sla/app/settings/setting.hpp"
#include "sla/app/settings/settings.hpp"

namespace sla::inline v1::app {

inline constexpr auto outcome_settings = std::to_array<Setting>({
    {.flag = "exit-codes",
     .variable = "SLARUNNER_EXITCODES",
     .title = "Exit Codes",
     .value = "WHICH",
     .fallback = "plain",
     .meaning =
         "plain/nagios: what those of a command mean. With nagios 0 is a pass, 1 a pass with "
         "verdict warn, 2 a failure, anything else unknown, which counts as no result; the "
         "first line of output is in the event (message, perf)",
     .field = &Settings::exit_codes},
    {.flag = "skip-code",
     .variable = "SLARUNNER_SKIPCODE",
     .title = "Skip Code",
     .value = "N",
     .fallback = "none",
     .meaning =
         "what the command exits with if it chose not to look: verdict skipped, which counts "
         "as no result",
     .field = &Settings::skip_code,
     .check = check_exit_code},
    {.flag = "retries",
     .variable = "SLARUNNER_RETRIES",
     .title = "Retries",
     .value = "N",
     .fallback = "0",
     .meaning =
         "up to N more attempts within one run (10 at most) while it does not pass, each with "
         "a timeout of its own. The last one decides; events tell all (attempts, "
         "attemptVerdicts, flaky). The command has its number in SLARUNNER_ATTEMPT",
     .field = &Settings::retries,
     .check = check_retries},
    {.flag = "retry-delay",
     .variable = "SLARUNNER_RETRYDELAY",
     .title = "Retry Delay",
     .value = "SECONDS",
     .fallback = "1",
     .meaning = "between two attempts",
     .field = &Settings::retry_delay},
    {.flag = "slow",
     .variable = "SLARUNNER_SLOW",
     .title = "Slow",
     .value = "SECONDS",
     .fallback = "none",
     .meaning = "a pass that took longer is degraded, in its event and in a report",
     .field = &Settings::slow,
     .check = check_period},
    {.flag = "pass-through",
     .variable = "SLARUNNER_PASSTHROUGH",
     .title = "Pass Through",
     .value = "WHICH",
     .fallback = "all",
     .meaning = "all/failures/none: which runs have their output on stdout: that of a command as "
                "it comes, or the log that is kept (log-limit) of a run that did not pass, at its "
                "end",
     .field = &Settings::pass_through},
});

}  // namespace sla::inline v1::app
