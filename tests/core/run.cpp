// SPDX-License-Identifier: MIT
#include "sla/core/run.hpp"

#include <doctest/doctest.h>

#include <string_view>

using namespace sla;

TEST_CASE("a verdict has the name consumers know, succeeds if it is a pass, and may be no result") {
  struct Row {
    Verdict verdict;
    std::string_view name;
    bool succeeded, counts;
  };
  Row const rows[] = {
      {Verdict::pass, "pass", true, true},
      {Verdict::fail, "fail", false, true},
      {Verdict::timeout, "timeout", false, true},
      {Verdict::signaled, "signaled", false, true},
      {Verdict::spawn_error, "spawn_error", false, true},
      {Verdict::interrupted, "interrupted", false, false},
  };
  for (Row const& row : rows) {
    CHECK(to_string(row.verdict) == row.name);
    Report report;
    report.outcome.verdict = row.verdict;
    CHECK(report.succeeded() == row.succeeded);
    CHECK(report.counts() == row.counts);
  }
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
