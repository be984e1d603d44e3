// SPDX-License-Identifier: MIT
#include "sla/core/run.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string_view>

using namespace sla;

TEST_CASE("a verdict has the name consumers know, succeeds if it is a pass, and may be no result") {
  struct Row {
    Verdict verdict;
    std::string_view name;
    bool succeeded, counts, conclusive;
  };
  Row const rows[] = {
      {Verdict::pass, "pass", true, true, true},
      {Verdict::fail, "fail", false, true, true},
      {Verdict::timeout, "timeout", false, true, true},
      {Verdict::signaled, "signaled", false, true, true},
      {Verdict::spawn_error, "spawn_error", false, true, true},
      {Verdict::interrupted, "interrupted", false, false, false},
      {Verdict::unknown, "unknown", false, true, false},
      {Verdict::skipped, "skipped", false, true, false},
  };
  for (Row const& row : rows) {
    CHECK(to_string(row.verdict) == row.name);
    Report report;
    report.outcome.verdict = row.verdict;
    CHECK(report.succeeded() == row.succeeded);
    CHECK(report.counts() == row.counts);
    CHECK(report.conclusive() == row.conclusive);
  }
}

TEST_CASE("the end that an event tells is its start and its duration in whole milliseconds") {
  using namespace std::chrono_literals;
  Report report;
  report.started_at = WallTime{1'999'999us};
  report.duration = 2'000'999ns;
  report.ended_at = WallTime{1h};  // the clock was set
  CHECK(report.event_end() == WallTime{2001ms});
}

TEST_CASE("what nobody filled in is empty") {
  Report const report;
  CHECK(report.job.run_id.empty());
  CHECK(report.outcome.exit_code == 0);
  CHECK(report.outcome.signal == 0);
  CHECK(report.outcome.output.size() == 0);
  CHECK_FALSE(report.outcome.ended.has_value());
  CHECK(report.duration == Duration::zero());
  Tally const tally;
  CHECK(tally.passed + tally.failed + tally.interrupted + tally.undelivered == 0);
}
