// SPDX-License-Identifier: MIT
#pragma once
// What the tests of spools share: reports that can be told apart, and short answers to what a spool
// has.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sample_report.hpp"
#include "sla/core/output.hpp"
#include "sla/core/run.hpp"
#include "sla/spool.hpp"

inline sla::Report report_of(std::string run, sla::Verdict verdict = sla::Verdict::pass,
                             std::string log = "a log\n") {
  sla::Report report = sample_report();
  report.job.run_id = std::move(run);
  report.outcome.verdict = verdict;
  report.outcome.output = sla::Output(std::move(log));
  return report;
}

/// The run of the next event, and says that it was delivered; empty where none waits.
template <class S>
std::string deliver_event(S& spool) {
  auto entry = spool.next_event(0);
  if (!entry) return entry.error().message;
  if (!*entry) return {};
  (*entry)->event = sla::Part::done;
  spool.update(**entry);
  return (*entry)->report.job.run_id;
}
/// The same with its log.
template <class S>
std::string deliver(S& spool) {
  auto entry = spool.next_event(0);
  if (!entry) return entry.error().message;
  if (!*entry) return {};
  (*entry)->event = (*entry)->log = sla::Part::done;
  spool.update(**entry);
  return (*entry)->report.job.run_id;
}
/// The runs of all events that wait, in order; delivers them.
template <class S>
std::vector<std::string> deliver_all(S& spool) {
  std::vector<std::string> runs;
  for (std::string run = deliver(spool); !run.empty(); run = deliver(spool)) runs.push_back(run);
  return runs;
}
