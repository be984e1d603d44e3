// SPDX-License-Identifier: MIT
#pragma once
// What passes between the policies: the Job that is run, the Outcome of one run, and the Report
// that is published. Plain values; the output they carry is shared, not copied.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sla/core/output.hpp"
#include "sla/core/shared.hpp"
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
  std::string location{};    ///< where it is run from; in the event when not empty
  /// Where each process makes one run: from the start of one to that of the next, if that is known.
  std::optional<Duration> expect_every{};
  std::string run_id{};   ///< unique to each run; the Runner sets it
  std::string boot_id{};  ///< of the process, as events tell it; the Runner sets it
  /// Number of its event within the boot: 1, 2, 3, ... Only what becomes an event takes one. The
  /// Runner sets it.
  std::uint64_t seq = 0;
  int attempt = 0;  ///< within the run: 1, 2, 3, ..., or 0 if there is but one; Retrying sets it
};

/// How a run ended.
enum class Verdict {
  pass,         ///< exit code 0
  fail,         ///< any other exit code
  timeout,      ///< stopped because it took too long
  signaled,     ///< ended by a signal that the runner did not send
  spawn_error,  ///< could not be started
  interrupted,  ///< cut short because the runner was told to stop: no result
  unknown,      ///< a result that says nothing about the service
  skipped,      ///< the test chose not to look: a result that says nothing either
  warn,         ///< a pass that is not as good as it should be
};

/// Returns the name of a verdict in events and lines; consumers rely on it.
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
    case Verdict::unknown:
      return "unknown";
    case Verdict::skipped:
      return "skipped";
    case Verdict::warn:
      return "warn";
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
  /// What kind of failure it was, where an executor can tell, such as `dns` or `timeout`; else
  /// empty.
  std::string cause{};
  bool degraded = false;            ///< whether it passed, but not as well as it should
  std::string probe{};              ///< what a probe measured, a JSON object; else empty
  std::string message{};            ///< what a test says of itself in one line, if that is known
  std::string perf{};               ///< what a test measured, a JSON array of objects; else empty
  std::vector<Verdict> attempts{};  ///< of each attempt, if there were several
  /// When it ended, if that was before execute() returned.
  std::optional<Instant> ended{};
};

/// How a service stands after a run, if somebody keeps track of it.
struct Standing {
  std::string state{};       ///< UP, DOWN or UNKNOWN
  std::string transition{};  ///< DOWN with the event that begins an outage, UP with the end
  std::string alert{};       ///< none, ticket or page, if there is a target
  std::string json{};        ///< the members of the event that say all of it
};

/// What a Publisher delivers: one run, from its job to its outcome.
struct Report {
  Job job{};
  Outcome outcome{};
  WallTime started_at{};
  WallTime ended_at{};
  Duration duration{};  ///< monotonic, so a stepped wall clock does not show in it
  /// End of the event before this one, also of an earlier process where a spool knows it.
  std::optional<WallTime> previous_end{};
  std::optional<WallTime> next_expected_by{};  ///< by when the next event must have ended
  std::string log_uri{};                       ///< where the log was put; empty while it is nowhere
  std::string log_error{};                     ///< why the log could not be put anywhere
  /// How many results before this one had to be given up undelivered, for want of room.
  std::uint64_t dropped = 0;
  Standing standing{};
  /// What the next process wants to know of this check; a spool keeps that of the last event.
  internal::Shared<std::string const> memory{};

  [[nodiscard]] bool succeeded() const noexcept {
    return outcome.verdict == Verdict::pass || outcome.verdict == Verdict::warn;
  }
  /// Returns true if this run is a result at all; one that the runner cut short is none.
  [[nodiscard]] bool counts() const noexcept { return outcome.verdict != Verdict::interrupted; }
  /// Returns true if it says anything about the service, be it good or bad.
  [[nodiscard]] bool conclusive() const noexcept {
    return counts() && outcome.verdict != Verdict::unknown && outcome.verdict != Verdict::skipped;
  }
  /// Returns the end as readers of its event know it: the start and the duration, in whole
  /// milliseconds.
  [[nodiscard]] WallTime event_end() const noexcept {
    using std::chrono::milliseconds;
    return WallTime{
        milliseconds{epoch_milliseconds(started_at) + internal::whole_milliseconds(duration)}};
  }
};

/// What a Runner did, counted.
struct Tally {
  std::uint64_t passed = 0;
  std::uint64_t failed = 0;       ///< every other verdict that says something about the service
  std::uint64_t unknown = 0;      ///< results that say nothing about it
  std::uint64_t interrupted = 0;  ///< cut short by a stop: no result
  std::uint64_t missed = 0;       ///< slots of the schedule that a longer run took
  std::uint64_t undelivered = 0;  ///< reports for which the publisher returned an error
};

}  // namespace sla::inline v1
