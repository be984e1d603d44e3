// SPDX-License-Identifier: MIT
#pragma once
// The command line of `sla-runner gate`: the settings of a run but for when it runs, which a gate
// says in its own way, and the limits by which it decides.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sla/app/command.hpp"
#include "sla/app/gate/decision.hpp"
#include "sla/app/quoted.hpp"
#include "sla/app/settings/checks.hpp"
#include "sla/app/settings/parse.hpp"
#include "sla/app/settings/settings.hpp"
#include "sla/app/settings/values.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::app {

namespace detail {

/// Reads how many, from 0 to a million.
inline std::optional<std::int64_t> parse_limit(std::string_view text) {
  auto const number = parse_integer(trim(text));
  return number && *number >= 0 && *number <= 1'000'000 ? number : std::nullopt;
}
inline Result<void> check_limit(std::string_view text) {
  if (parse_limit(text)) return {};
  return Error{Errc::invalid, "is no whole number from 0 to 1000000"};
}

inline Result<void> check_longest(std::string_view text) {
  auto const good = check_value<Duration>(text);
  return good ? check_period(text) : good;
}

inline constexpr auto own_gate_flags = std::to_array<Flag>({
    {.name = "count",
     .value = "N",
     .meaning = "how many runs at most",
     .variable = gate_variables[0],
     .fallback = "required",
     .check = check_value<std::int64_t>},
    {.name = "interval",
     .value = "SECONDS",
     .meaning = "wait between the end of a run and the start of the next; not needed for one run",
     .variable = gate_variables[1],
     .fallback = "required",
     .check = check_value<Duration>},
    {.name = "failure-limit",
     .value = "N",
     .meaning = "more failures than this, and the gate has failed",
     .variable = gate_variables[2],
     .fallback = "0",
     .check = check_limit},
    {.name = "inconclusive-limit",
     .value = "N",
     .meaning = "more runs than this whose verdict is unknown, and the gate is inconclusive",
     .variable = gate_variables[3],
     .fallback = "0",
     .check = check_limit},
    {.name = "consecutive-success-limit",
     .value = "N",
     .meaning = "so many passes in a row are needed, and are enough: the gate has passed",
     .variable = gate_variables[4],
     .fallback = "none",
     .check = check_value<std::int64_t>},
    {.name = "for",
     .value = "SECONDS",
     .meaning = "all runs together take no longer; what is not decided then is inconclusive",
     .fallback = "no limit",
     .check = check_longest},
    {.name = "junit",
     .value = "FILE",
     .meaning = "also writes the runs as JUnit XML, a test case each, with its log",
     .fallback = "none"},
});

/// Returns true for a setting that says when a run begins, or that there is none.
constexpr bool is_when_to_run(std::string_view flag) noexcept {
  constexpr std::string_view others[] = {"delay", "every",    "once",   "expect-every",
                                         "splay", "disabled", "dry-run"};
  return std::find(std::begin(others), std::end(others), flag) != std::end(others);
}

/// Returns a flag of a run as a gate has it: without a name where it has none.
constexpr Flag flag_of_gate(std::size_t row) {
  Flag flag = flag_of_run(row);
  if (is_when_to_run(flag.name)) return {};
  if (flag.name == "service") flag.fallback = "gate";
  if (flag.fallback == "a sink") flag.fallback = "none";
  return flag;
}

}  // namespace detail

/// The flags of a gate. Those of a run stand where they stand in its table.
inline constexpr Flags gate_flags{detail::flag_of_gate, setting_flags.size(),
                                  detail::own_gate_flags};

/// What a gate is asked for.
struct GateRequest {
  GateLimits limits{};
  Duration interval{};
  std::optional<Duration> longest{};  ///< all of it
  std::string junit{};                ///< path of a file; empty: none
};

/// Returns the arguments with what the variables say of flags that are not given, or adds to the
/// problems. The values are those of the environment, which outlives them.
[[nodiscard]] inline Arguments with_gate_variables(Arguments arguments,
                                                   Environment const& environment,
                                                   std::vector<std::string>& problems) {
  for (std::size_t row = setting_flags.size(); row < gate_flags.size(); ++row) {
    Flag const flag = gate_flags[row];
    auto const value = flag.variable.empty() ? std::nullopt : environment.get(flag.variable);
    if (!value || trim(*value).empty() || !arguments.values[row].empty()) continue;
    if (auto const good = flag.check(*value); !good) {
      problems.push_back(std::string("gate: $")
                             .append(flag.variable)
                             .append(": ")
                             .append(quoted(*value))
                             .append(" ")
                             .append(good.error().message));
      continue;
    }
    arguments.values[row].push_back(*value);
  }
  return arguments;
}

/// Returns what the flags ask for, or adds to the problems. What the test can say is not among it.
/// `count` is how many runs there are where that is not said; 0 if it has to be.
[[nodiscard]] inline GateRequest parse_gate(Arguments const& arguments,
                                            std::vector<std::string>& problems,
                                            std::int64_t count = 0) {
  auto const limit = [&](std::string_view flag) {
    return detail::parse_limit(arguments.value(flag)).value_or(0);
  };
  auto const interval = value_of<Duration>(arguments, "--interval");
  GateRequest request{
      .limits = {.count = value_of<std::int64_t>(arguments, "--count").value_or(count),
                 .failures = limit("--failure-limit"),
                 .inconclusive = limit("--inconclusive-limit"),
                 .consecutive_successes = limit("--consecutive-success-limit")},
      .interval = interval.value_or(Duration::zero()),
      .longest = value_of<Duration>(arguments, "--for"),
      .junit = std::string(arguments.value("--junit"))};
  GateLimits const& limits = request.limits;
  if (limits.count == 0) {
    problems.emplace_back("gate: --count is required: how many runs at most");
    return request;
  }
  if (!interval && limits.count > 1) {
    problems.emplace_back("gate: --interval is required: the seconds between two runs");
  }
  auto const fits = [&](std::string_view flag, std::int64_t value, std::string_view why) {
    problems.push_back(std::string("gate: ")
                           .append(flag)
                           .append(" ")
                           .append(std::to_string(value))
                           .append(" of ")
                           .append(std::to_string(limits.count))
                           .append(" runs: ")
                           .append(why));
  };
  if (limits.failures >= limits.count) {
    fits("--failure-limit", limits.failures, "the gate could never fail");
  }
  if (limits.consecutive_successes > limits.count) {
    fits("--consecutive-success-limit", limits.consecutive_successes, "the gate could never pass");
  }
  return request;
}

/// Completes the limits by what the settings let a test say.
inline void add_possible_results(GateLimits& limits, Settings const& settings) {
  bool const nagios = settings.exit_codes == ExitCodes::nagios;
  limits.may_be_unknown = nagios || !settings.witness.empty();
  limits.may_be_skipped = !settings.skip_code.empty();
}

}  // namespace sla::inline v1::app
