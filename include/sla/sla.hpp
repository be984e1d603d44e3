// SPDX-License-Identifier: MIT
#pragma once
// sla: a toolkit for continuous test runners. This header includes all of it, bottom-up, and is
// the map of the house. A program that wants less includes the headers that it names.
//
//   core/        std and POSIX only: results, time, text, JSON, what passes between the policies
//   aws/         HTTP, SigV4, credentials, endpoints, and one operation per header
//   scheduler/   says when the next run begins
//   executor/    runs the test
//   publisher/   delivers what happened, or combines publishers
//   runner.hpp   the loop that a scheduler, an executor and a publisher make
//   app/         settings and the main function of the shipped program
//
// The order is from the bottom up, not by the alphabet.
// clang-format off
#include "sla/version.hpp"

#include "sla/core/backoff.hpp"
#include "sla/core/clock.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/error.hpp"
#include "sla/core/json.hpp"
#include "sla/core/log.hpp"
#include "sla/core/output.hpp"
#include "sla/core/pipe_signal.hpp"
#include "sla/core/result.hpp"
#include "sla/core/run.hpp"
#include "sla/core/run_id.hpp"
#include "sla/core/run_log.hpp"
#include "sla/core/secret.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"

#include "sla/aws/arn.hpp"
#include "sla/aws/attempts.hpp"
#include "sla/aws/bucket.hpp"
#include "sla/aws/ca_file.hpp"
#include "sla/aws/canonical.hpp"
#include "sla/aws/client.hpp"
#include "sla/aws/credential/environment.hpp"
#include "sla/aws/credentials.hpp"
#include "sla/aws/curl.hpp"
#include "sla/aws/curl_headers.hpp"
#include "sla/aws/digest.hpp"
#include "sla/aws/endpoint.hpp"
#include "sla/aws/endpoint_settings.hpp"
#include "sla/aws/http.hpp"
#include "sla/aws/query.hpp"
#include "sla/aws/refusal.hpp"
#include "sla/aws/region.hpp"
#include "sla/aws/response_builder.hpp"
#include "sla/aws/retry.hpp"
#include "sla/aws/s3.hpp"
#include "sla/aws/service_error.hpp"
#include "sla/aws/sigv4.hpp"
#include "sla/aws/skew.hpp"
#include "sla/aws/sns.hpp"
#include "sla/aws/sts.hpp"
#include "sla/aws/url.hpp"
#include "sla/aws/xml.hpp"

#include "sla/scheduler.hpp"
#include "sla/scheduler/fixed_delay.hpp"
#include "sla/scheduler/fixed_rate.hpp"
#include "sla/scheduler/once.hpp"
#include "sla/scheduler/one_of.hpp"

#include "sla/executor.hpp"
#include "sla/executor/capture.hpp"
#include "sla/executor/descendants.hpp"
#include "sla/executor/direct.hpp"
#include "sla/executor/pass_through.hpp"
#include "sla/executor/process.hpp"
#include "sla/executor/shell.hpp"
#include "sla/executor/spawn.hpp"
#include "sla/executor/words.hpp"

#include "sla/publisher.hpp"
#include "sla/publisher/all.hpp"
#include "sla/publisher/console.hpp"
#include "sla/publisher/directory.hpp"
#include "sla/publisher/dry_run.hpp"
#include "sla/publisher/event.hpp"
#include "sla/publisher/lane.hpp"
#include "sla/publisher/log_first.hpp"
#include "sla/publisher/log_store.hpp"
#include "sla/publisher/optional.hpp"
#include "sla/publisher/s3_log.hpp"
#include "sla/publisher/sns.hpp"
#include "sla/publisher/topic.hpp"

#include "sla/runner.hpp"

#include "sla/app/arguments.hpp"
#include "sla/app/aws_settings.hpp"
#include "sla/app/exit_code.hpp"
#include "sla/app/heartbeat.hpp"
#include "sla/app/help.hpp"
#include "sla/app/main.hpp"
#include "sla/app/nearest.hpp"
#include "sla/app/parse_settings.hpp"
#include "sla/app/quoted.hpp"
#include "sla/app/setting_checks.hpp"
#include "sla/app/setting_field.hpp"
#include "sla/app/setting_table.hpp"
#include "sla/app/setting_values.hpp"
#include "sla/app/settings.hpp"
#include "sla/app/sinks.hpp"
#include "sla/app/watched.hpp"
