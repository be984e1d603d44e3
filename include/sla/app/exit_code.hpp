// SPDX-License-Identifier: MIT
#pragma once
// What the exit codes of the program mean. Those from 64 on are the ones of sysexits.h, so that a
// supervisor can tell a wrong setting, which no restart mends, from a failed test.
#include <string_view>

#include "sla/version.hpp"

namespace sla::inline v1::app {

inline constexpr int exit_success = 0;       ///< done, or stopped as asked
inline constexpr int exit_test_failed = 1;   ///< --once: the test failed; a command says no
inline constexpr int exit_usage = 64;        ///< the command line cannot be understood
inline constexpr int exit_no_input = 66;     ///< what should be read is not there
inline constexpr int exit_undelivered = 75;  ///< not delivered, or the spool is taken
inline constexpr int exit_settings = 78;     ///< a setting is missing or wrong

/// One exit code of a command and what help says about it.
struct ExitCode {
  int code = 0;
  std::string_view meaning{};
};

inline constexpr ExitCode usage_exit{exit_usage, "the command line cannot be understood"};
inline constexpr ExitCode settings_exit{exit_settings,
                                        "a setting is missing or wrong; every problem is listed"};

}  // namespace sla::inline v1::app
