// SPDX-License-Identifier: MIT
#pragma once
// Judges how a program ended, by what is known: whether the runner cut it short, whether a stop
// reached it too, and what it left running. A pure function of that but for one short wait.
#include <signal.h>
#include <sys/wait.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string>

#include "sla/core/clock.hpp"
#include "sla/core/run.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/time.hpp"
#include "sla/process/start_failure.hpp"

namespace sla::inline v1::internal {

/// How a program ended, as waitid(2) tells it.
struct ProgramEnd {
  int code = CLD_EXITED;  ///< si_code
  int status = 0;         ///< si_status: its exit code, or the signal that ended it
};

namespace detail {

/// Returns true if a program that ended by this signal was reached by the stop itself. Whoever ends
/// every process (an init, systemd, a terminal) tells one after the other, so a stop may be heard
/// of a moment after the end that it caused.
inline bool stop_reached_it(int signal, Stop const& stop) {
  Instant const end = std::chrono::steady_clock::now() + std::chrono::milliseconds{300};
  while (stop.level() == StopLevel::none) {
    if (!stop.heeds(signal) || std::chrono::steady_clock::now() >= end) return false;
    await_news(end, stop);
  }
  return stop.told_by(signal);
}

inline Outcome outcome_of(ProgramEnd const& end) {
  bool const exited = end.code == CLD_EXITED;
  return {.exit_code = exited ? end.status : 128 + end.status, .signal = exited ? 0 : end.status};
}

}  // namespace detail

/// Returns the outcome of a start that failed; `failed` is its errno. One without room that a stop
/// came upon was cut short.
[[nodiscard]] inline Outcome judge_start(std::string const& name, int failed, Stop const& stop) {
  Outcome outcome{.verdict = Verdict::spawn_error};
  outcome.exit_code = failed == ENOENT ? 127 : 126;
  outcome.reason = "could not start " + start_failure(name, failed);
  bool const cut = is_shortage(failed) && stop.level() != StopLevel::none;
  if (cut) outcome.verdict = Verdict::interrupted;
  return outcome;
}

/// Returns the outcome of a start that hung and was given up: its process may stay until its file
/// system answers.
[[nodiscard]] inline Outcome judge_hanging_start(std::string const& name, Verdict cause) {
  Outcome outcome{.verdict = cause, .exit_code = 128 + SIGKILL, .signal = SIGKILL};
  outcome.reason = "the start of " + name + " hangs: its file system does not answer";
  return outcome;
}

/// Returns the outcome of a program that the runner ended, whatever it then said.
[[nodiscard]] inline Outcome judge_cut(ProgramEnd const& end, Verdict cause) {
  Outcome outcome = detail::outcome_of(end);
  outcome.verdict = cause;
  return outcome;
}

/// Returns the outcome of a program that ended by itself. One that ended by the signal of a stop,
/// or with 128 and its number, was cut short.
[[nodiscard]] inline Outcome judge(ProgramEnd const& end, Stop const& stop) {
  Outcome outcome = detail::outcome_of(end);
  if (outcome.exit_code == 0) return outcome;
  outcome.verdict = outcome.signal != 0 ? Verdict::signaled : Verdict::fail;
  bool const by_signal = outcome.exit_code > 128;
  if (by_signal && detail::stop_reached_it(outcome.exit_code - 128, stop)) {
    outcome.verdict = Verdict::interrupted;
  }
  return outcome;
}

/// What there is to say about a run beside its verdict.
struct Aftermath {
  bool went_on = false;             ///< something held its output after its exit
  bool ended = false;               ///< what went on was ended
  std::string given_up{};           ///< what could not be ended
  std::uint64_t not_passed_on = 0;  ///< bytes
};

/// Returns the remark of an outcome; empty if there is nothing to say.
[[nodiscard]] inline std::string remark_of(Aftermath const& after) {
  std::string text;
  auto const add = [&](std::string const& part) { text += (text.empty() ? "" : "; ") + part; };
  if (after.ended) {
    add("the command went on in the background and was ended");
  } else if (after.went_on) {
    add("the command went on in the background, where its exit code is not known");
  }
  if (!after.given_up.empty()) add("could not be ended and was given up: " + after.given_up);
  if (after.not_passed_on != 0) {
    add(std::to_string(after.not_passed_on) + " bytes of output were not passed on to stdout");
  }
  return text;
}

}  // namespace sla::inline v1::internal
