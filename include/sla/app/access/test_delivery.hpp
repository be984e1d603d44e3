// SPDX-License-Identifier: MIT
#pragma once
// What `sla-runner preflight --send-test` delivers: a message, a log and a figure that say what
// they are. The message has the verdict skipped and the attribute counted = false, so that no
// consumer counts it; the log's key ends in _SKIPPED.
#include <chrono>
#include <string>
#include <utility>

#include "sla/app/settings/settings.hpp"
#include "sla/aws/service/cloudwatch.hpp"
#include "sla/aws/service/s3.hpp"
#include "sla/aws/service/sns.hpp"
#include "sla/core/output.hpp"
#include "sla/core/run.hpp"
#include "sla/core/run_id.hpp"
#include "sla/core/time.hpp"
#include "sla/publisher/event.hpp"
#include "sla/publisher/log_store.hpp"
#include "sla/publisher/sns.hpp"

namespace sla::inline v1::app {

inline constexpr char const* test_delivery_text =
    "a test by sla-runner preflight --send-test, not a result";

/// Returns the report of a run that was none.
[[nodiscard]] inline Report test_report(Settings const& settings, WallTime now) {
  Report report;
  report.job.service = settings.service;
  report.job.groups = settings.groups;
  report.job.tag_id = settings.tag_id;
  report.job.run_id = new_run_id(now);
  report.outcome.verdict = Verdict::skipped;
  report.outcome.message = test_delivery_text;
  report.outcome.output = Output(std::string(test_delivery_text) + '\n');
  report.started_at = now;
  report.ended_at = now;
  return report;
}

/// Returns the message to a topic.
[[nodiscard]] inline aws::PublishInput test_message(Report const& report, EventFormat format,
                                                    std::string topic_arn) {
  return {.topic_arn = std::move(topic_arn),
          .message = event_json(report, format),
          .attributes = event_attributes(report),
          .group_id = report.job.service,
          .deduplication_id = report.job.run_id};
}

/// Returns the log of it.
[[nodiscard]] inline aws::PutObjectInput test_log(Report const& report) {
  return {.key = log_key(report),
          .body = report.outcome.output,
          .content_type = "text/plain; charset=utf-8",
          .metadata = {{"run-id", report.job.run_id}, {"exit-code", "0"}},
          .existing = aws::Existing::keep};
}

/// Returns a figure of another name than those of runs.
[[nodiscard]] inline aws::PutMetricDataInput test_metric(std::string metric_namespace,
                                                         WallTime now) {
  return {.metric_namespace = std::move(metric_namespace),
          .data = {{.name = "Preflight", .time = now, .value = 1, .unit = aws::MetricUnit::count}}};
}

}  // namespace sla::inline v1::app
