// SPDX-License-Identifier: MIT
#pragma once
// What passes between the policies: the Job that is run, the Outcome of one run, and the Report
// that is published. Plain values; the output they carry is shared, not copied.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sla/core/output.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1 {

/// What is run, and on whose behalf.
struct Job {
  std::string service{};              ///< the component under test
  std::vector<std::string> groups{};  ///< who cares about it
  /// The words of the command; for a shell executor one word, the command text.
  std::vector<std::string> command{};
  std::string tag_id{};      ///< passed through to the event when not empty
  std::string sla_target{};  ///< passed through to the event when not empty
  std::string run_id{};      ///< unique to each run; the Runner sets it
};

/// How a run ended.
enum class Verdict {
  pass,         ///< exit code 0
  fail,         ///< any other exit code
  timeout,      ///< stopped because it took too long
  signaled,     ///< ended by a signal that the runner did not send
  spawn_error,  ///< could not be started
  interrupted,  ///< cut short because the runner was told to stop: no result
};

/// The name of a verdict in events and lines; consumers rely on it.
[[nodiscard]] constexpr std::string_view to_string(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::pass:
      return "pass";
    case Verdict::fail:
      return "fail";
    case Verdict::timeout:
      return "timeout";
    case Verdict::signaled:
      return "signaled";
    case Verdict::spawn_error:
      return "spawn_error";
    case Verdict::interrupted:
      return "interrupted";
  }
  return "fail";
}

/// What an Executor found out about one run.
struct Outcome {
  Verdict verdict = Verdict::pass;
  int exit_code = 0;     ///< as a shell gives it: 126, 127 and 128+n included
  int signal = 0;        ///< the signal that ended it; 0 is none
  Output output{};       ///< what it wrote to stdout and stderr, in order
  std::string remark{};  ///< a sentence for the runner's own log, when there is something to say
  /// Why a run that failed without a word of its own failed, in one line; else empty.
  std::string reason{};
  /// When it ended, if that was before execute() returned.
  std::optional<Instant> ended{};
};

/// What a Publisher delivers: one run, from its job to its outcome.
struct Report {
  Job job{};
  Outcome outcome{};
  WallTime started_at{};
  WallTime ended_at{};
  Duration duration{};      ///< monotonic, so a stepped wall clock does not show in it
  std::string log_uri{};    ///< where the log was put; empty while it is nowhere
  std::string log_error{};  ///< why the log could not be put anywhere
  /// How many results before this one had to be given up undelivered, for want of room.
  std::uint64_t dropped = 0;

  [[nodiscard]] bool succeeded() const noexcept { return outcome.verdict == Verdict::pass; }
  /// Whether this run is a result at all; one that the runner cut short is none.
  [[nodiscard]] bool counts() const noexcept { return outcome.verdict != Verdict::interrupted; }
};

/// What a Runner did, counted.
struct Tally {
  std::uint64_t passed = 0;
  std::uint64_t failed = 0;       ///< every other verdict that is a result
  std::uint64_t interrupted = 0;  ///< cut short by a stop: no result
  std::uint64_t missed = 0;       ///< slots of the schedule that a longer run took
  std::uint64_t undelivered = 0;  ///< reports for which the publisher returned an error
};

}  // namespace sla::inline v1
