// SPDX-License-Identifier: MIT
#pragma once
// What the exit codes of the program mean. Those from 64 on are the ones of sysexits.h, so that a
// supervisor can tell a wrong setting, which no restart mends, from a failed test.
#include <array>
#include <string_view>

#include "sla/version.hpp"

namespace sla::inline v1 {

inline constexpr int exit_success = 0;       ///< done, or stopped as asked
inline constexpr int exit_test_failed = 1;   ///< --once: the test failed; a subcommand says no
inline constexpr int exit_usage = 64;        ///< the command line cannot be understood
inline constexpr int exit_no_input = 66;     ///< what should be read is not there
inline constexpr int exit_undelivered = 75;  ///< not delivered, or the spool is taken
inline constexpr int exit_settings = 78;     ///< a setting is missing or wrong

/// One exit code and what help says about it.
struct ExitCode {
  int code;
  std::string_view meaning;
};

/// All exit codes, in the order of their numbers.
inline constexpr std::array exit_codes{
    ExitCode{exit_success, "stopped as asked; --once: the test passed and was delivered"},
    ExitCode{exit_test_failed,
             "--once: the test failed; identity: AWS knows none; healthcheck: not alive"},
    ExitCode{exit_usage, "usage: the command line cannot be understood"},
    ExitCode{exit_no_input, "report: what it should read is not there"},
    ExitCode{exit_undelivered,
             "--once: not delivered; AWS did not answer or refused; another runner has the spool"},
    ExitCode{exit_settings, "settings: something is missing or wrong; every problem is listed"},
};

}  // namespace sla::inline v1
