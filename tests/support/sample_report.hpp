// SPDX-License-Identifier: MIT
#pragma once
// The run that the documentation of the event shows, with every optional value absent.
#include <chrono>

#include "sla/core/output.hpp"
#include "sla/core/run.hpp"
#include "sla/core/time.hpp"

inline sla::Report sample_report() {
  sla::Report report;
  report.job.service = "example-service";
  report.job.groups = {"dev-team", "critical"};
  report.job.run_id = "0190163d-8694-739b-aea5-966c26f8ad91";
  report.outcome.output = sla::Output{"one\ntwo\n"};
  report.started_at = sla::WallTime{std::chrono::seconds{1'574'514'286}};
  report.ended_at = sla::WallTime{std::chrono::seconds{1'574'515'200}};
  report.duration = std::chrono::seconds{914};
  return report;
}
