// SPDX-License-Identifier: MIT
#include "sla/core/sequence.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

using namespace sla;
using namespace std::chrono_literals;

namespace {

/// A run of so many seconds, which began at that second.
Report run(internal::Sequence& sequence, std::string service, int second, Verdict verdict,
           std::string location = "") {
  Report report{.job = {.service = std::move(service), .location = std::move(location)},
                .started_at = WallTime{std::chrono::seconds{second}}};
  sequence.number(report.job, report.started_at);
  report.outcome.verdict = verdict;
  report.duration = 2s;
  sequence.complete(report);
  return report;
}

}  // namespace

TEST_CASE("events count from 1 within the boot, and each knows when the one before it ended") {
  internal::Sequence sequence;
  Report const first = run(sequence, "a", 10, Verdict::pass);
  CHECK(first.job.seq == 1);
  CHECK(first.job.boot_id.size() == 36);
  CHECK_FALSE(first.previous_end);
  Report const second = run(sequence, "a", 20, Verdict::fail);
  CHECK(second.job.seq == 2);
  CHECK(second.job.boot_id == first.job.boot_id);
  CHECK(second.previous_end == WallTime{12s});
}

TEST_CASE("a run that is no result takes no number, one that says nothing does") {
  internal::Sequence sequence;
  (void)run(sequence, "a", 10, Verdict::pass);
  CHECK(run(sequence, "a", 20, Verdict::interrupted).job.seq == 2);
  Report const unknown = run(sequence, "a", 30, Verdict::unknown);
  CHECK(unknown.job.seq == 2);
  CHECK(unknown.previous_end == WallTime{12s});
  CHECK(run(sequence, "a", 40, Verdict::pass).previous_end == WallTime{32s});
}

TEST_CASE("another service or location is another boot, so that nothing seems lost") {
  internal::Sequence sequence;
  Report const first = run(sequence, "a", 10, Verdict::pass);
  Report const other = run(sequence, "b", 20, Verdict::pass);
  Report const there = run(sequence, "b", 30, Verdict::pass, "there");
  for (Report const* const report : {&other, &there}) {
    CHECK(report->job.seq == 1);
    CHECK_FALSE(report->previous_end);
  }
  CHECK(other.job.boot_id != first.job.boot_id);
  CHECK(there.job.boot_id != other.job.boot_id);
}

TEST_CASE("the boot may be that of others") {
  internal::Sequence sequence;
  sequence.boot_as("ours");
  CHECK(run(sequence, "a", 10, Verdict::pass).job.boot_id == "ours");
}

TEST_CASE("a time in another century is none") {
  WallTime const now{std::chrono::seconds{1'700'000'000}};
  CHECK(internal::later_by(now, 10s, 3s) == now + 13s);
  CHECK(internal::later_by(now, 24h * 36'000, 24h * 36'000));
  CHECK_FALSE(internal::later_by(now, Duration::max(), 1s));
  CHECK_FALSE(internal::later_by(now, 1s, Duration::max()));
}
