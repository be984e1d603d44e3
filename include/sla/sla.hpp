// SPDX-License-Identifier: MIT
#pragma once
// sla: a toolkit for continuous test runners. This header includes all of it, bottom-up, and is
// the map of the house. A program that wants less includes the headers that it names.
//
//   core/        std and POSIX only: results, time, text, JSON, what passes between the policies
//   process/     starting programs and looking after them
//   aws/         in wings: http, wire, sign, config, call, service, credential
//   spool/       keeps reports until they are delivered, in memory or on disk
//   ledger/      what a stream of events proves about availability
//   scheduler/   says when the next run begins
//   executor/    runs the test
//   publisher/   delivers what happened, or combines publishers
//   app/         the shipped program, which this header leaves out: app/commands.hpp includes it
//
// What a program includes, in the namespace sla, and what is of aws/ in sla::aws. What these take
// and return comes with them: Job, Outcome, Verdict, Report, Result, Error, Stop, Output and the
// time types with the contracts, Spool with its models, Secret, Masks, Credentials, Transport,
// Request and Response with Client. An operation of AWS is a function in aws/service/, in the
// header of its service: sns, sns_batch, s3, s3_read, ssm, sts, cloudwatch. All else is machinery,
// and may change any time.
//
//   core/clock.hpp                        the contract Clock, and SteadyClock
//   core/log.hpp                          Logger: lines for people and machines
//   core/json.hpp                         JsonWriter
//   process/children.hpp                  OwnedChildren: those that somebody waits for
//   aws/http/curl.hpp                     Curl: a Transport over libcurl
//   aws/sign/sigv4.hpp                    Signer: Signature Version 4
//   aws/call/client.hpp                   Client: signs, sends, retries
//   aws/credential/default_chain.hpp      default_chain(): as the SDKs find them
//   aws/credential/refreshing.hpp         Refreshing: renews ahead of the expiry
//   aws/credential/assume_role.hpp        AssumeRoleCredentials: a role on top of others
//   spool/memory.hpp                      MemorySpool
//   spool/disk.hpp                        DiskSpool
//   ledger/reducer.hpp                    reduce(): what events prove
//   scheduler.hpp                         the contract Scheduler
//   scheduler/fixed_delay.hpp             FixedDelay: so long after the end of a run
//   scheduler/fixed_rate.hpp              FixedRate: a grid of starts
//   scheduler/once.hpp                    Once
//   scheduler/one_of.hpp                  OneOf: one of several, chosen at run time
//   executor.hpp                          the contract Executor
//   executor/direct.hpp                   Direct: runs words
//   executor/shell.hpp                    Shell: runs a command text
//   executor/http_probe.hpp               HttpProbe: asks a server over HTTP
//   executor/tcp_probe.hpp                TcpProbe: connects to a port
//   executor/by_exit_code.hpp             ByExitCode: reads more into exit codes
//   executor/retrying.hpp                 Retrying: more attempts within one run
//   executor/degraded_if_slow.hpp         DegradedIfSlow: a pass that took too long
//   executor/witnessed.hpp                Witnessed: tells an outage of this side
//   executor/announced.hpp                Announced: tells a spool of each run
//   publisher.hpp                         the contract Publisher
//   publisher/sns.hpp                     Sns: events to a topic
//   publisher/s3_log.hpp                  S3Log: logs to a bucket
//   publisher/cloudwatch.hpp              CloudWatch: metrics
//   publisher/directory.hpp               Directory: logs to a folder
//   publisher/event_file.hpp              EventFile: events to a file
//   publisher/console.hpp                 Console: events to stdout
//   publisher/dry_run.hpp                 DryRun: shows what would be sent
//   publisher/spooled.hpp                 Spooled: keeps results until delivered
//   publisher/tracked.hpp                 Tracked: says how the service stands
//   publisher/log_first.hpp               LogFirst: the log, then its event
//   publisher/all.hpp                     All: each of several
//   publisher/then.hpp                    Then: a second one if the first succeeds
//   publisher/optional.hpp                Optional: one or none
//   publisher/best_effort.hpp             BestEffort: never an error
//   runner.hpp                            Runner: the loop of the three
//   fleet.hpp                             Fleet: many runners on few threads
//
// The order is from the bottom up, not by the alphabet.
// clang-format off
#include "sla/version.hpp"

#include "sla/core/apart.hpp"
#include "sla/core/atomic.hpp"
#include "sla/core/backoff.hpp"
#include "sla/core/clock.hpp"
#include "sla/core/clone.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/error.hpp"
#include "sla/core/file_apart.hpp"
#include "sla/core/folder.hpp"
#include "sla/core/futex.hpp"
#include "sla/core/helper.hpp"
#include "sla/core/json.hpp"
#include "sla/core/least.hpp"
#include "sla/core/log.hpp"
#include "sla/core/mutex.hpp"
#include "sla/core/open_folder.hpp"
#include "sla/core/outlet.hpp"
#include "sla/core/output.hpp"
#include "sla/core/parse_time.hpp"
#include "sla/core/pipe_signal.hpp"
#include "sla/core/random.hpp"
#include "sla/core/record.hpp"
#include "sla/core/result.hpp"
#include "sla/core/run.hpp"
#include "sla/core/run_id.hpp"
#include "sla/core/run_log.hpp"
#include "sla/core/secret.hpp"
#include "sla/core/secret_forms.hpp"
#include "sla/core/masks.hpp"
#include "sla/core/sequence.hpp"
#include "sla/core/shared.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/stop_plan.hpp"
#include "sla/core/text.hpp"
#include "sla/core/thread.hpp"
#include "sla/core/time.hpp"
#include "sla/core/time_limited.hpp"
#include "sla/core/writer.hpp"

#include "sla/process/children.hpp"
#include "sla/process/launch.hpp"
#include "sla/process/leftovers.hpp"
#include "sla/process/mark.hpp"
#include "sla/process/spawn.hpp"
#include "sla/process/start_failure.hpp"
#include "sla/process/table.hpp"
#include "sla/process/words.hpp"

#include "sla/aws/http/adaptive_limits.hpp"
#include "sla/aws/http/amazon_roots.hpp"
#include "sla/aws/http/curl.hpp"
#include "sla/aws/http/curl_headers.hpp"
#include "sla/aws/http/curl_options.hpp"
#include "sla/aws/http/curl_probe.hpp"
#include "sla/aws/http/curl_probe_watch.hpp"
#include "sla/aws/http/curl_transfer.hpp"
#include "sla/aws/http/peer_certificate.hpp"
#include "sla/aws/http/probe_facts.hpp"
#include "sla/aws/http/response_builder.hpp"
#include "sla/aws/http/transport.hpp"
#include "sla/aws/http/trust.hpp"
#include "sla/aws/http/url.hpp"
#include "sla/aws/wire/query.hpp"
#include "sla/aws/wire/reply.hpp"
#include "sla/aws/wire/service_error.hpp"
#include "sla/aws/wire/xml.hpp"
#include "sla/aws/sign/canonical.hpp"
#include "sla/aws/sign/credentials.hpp"
#include "sla/aws/sign/digest.hpp"
#include "sla/aws/sign/keys.hpp"
#include "sla/aws/sign/sigv4.hpp"
#include "sla/aws/config/bucket.hpp"
#include "sla/aws/config/configured_region.hpp"
#include "sla/aws/config/endpoint.hpp"
#include "sla/aws/config/endpoint_settings.hpp"
#include "sla/aws/config/file_reader.hpp"
#include "sla/aws/config/ini.hpp"
#include "sla/aws/config/object_options.hpp"
#include "sla/aws/config/profile.hpp"
#include "sla/aws/config/region.hpp"
#include "sla/aws/call/attempts.hpp"
#include "sla/aws/call/client.hpp"
#include "sla/aws/call/refusal.hpp"
#include "sla/aws/call/retry.hpp"
#include "sla/aws/call/skew.hpp"
#include "sla/aws/service/arn.hpp"
#include "sla/aws/service/cloudwatch.hpp"
#include "sla/aws/service/iam.hpp"
#include "sla/aws/service/imds.hpp"
#include "sla/aws/service/s3.hpp"
#include "sla/aws/service/s3_read.hpp"
#include "sla/aws/service/sns.hpp"
#include "sla/aws/service/sns_batch.hpp"
#include "sla/aws/service/ssm.hpp"
#include "sla/aws/service/sts.hpp"
#include "sla/aws/service/sts_assume_role.hpp"
#include "sla/aws/credential/assume_role.hpp"
#include "sla/aws/credential/container.hpp"
#include "sla/aws/credential/default_chain.hpp"
#include "sla/aws/credential/environment.hpp"
#include "sla/aws/credential/first_of.hpp"
#include "sla/aws/credential/imds.hpp"
#include "sla/aws/credential/process.hpp"
#include "sla/aws/credential/process_output.hpp"
#include "sla/aws/credential/profile.hpp"
#include "sla/aws/credential/profile_plan.hpp"
#include "sla/aws/credential/refresh_policy.hpp"
#include "sla/aws/credential/refreshing.hpp"
#include "sla/aws/credential/role_caller.hpp"
#include "sla/aws/credential/web_identity.hpp"

#include "sla/spool.hpp"
#include "sla/spool/checksum.hpp"
#include "sla/spool/directory.hpp"
#include "sla/spool/disk.hpp"
#include "sla/spool/either.hpp"
#include "sla/spool/entry_field.hpp"
#include "sla/spool/entry_record.hpp"
#include "sla/spool/entry_state.hpp"
#include "sla/spool/eviction.hpp"
#include "sla/spool/gathering.hpp"
#include "sla/spool/index.hpp"
#include "sla/spool/journal.hpp"
#include "sla/spool/last_events.hpp"
#include "sla/spool/memory.hpp"
#include "sla/spool/outage.hpp"
#include "sla/spool/time_limited.hpp"
#include "sla/spool/record_file.hpp"
#include "sla/spool/record_position.hpp"
#include "sla/spool/recovery.hpp"
#include "sla/spool/store.hpp"

#include "sla/ledger/book.hpp"
#include "sla/ledger/durations.hpp"
#include "sla/ledger/error_budget.hpp"
#include "sla/ledger/event.hpp"
#include "sla/ledger/exclusion.hpp"
#include "sla/ledger/figures.hpp"
#include "sla/ledger/health.hpp"
#include "sla/ledger/hold.hpp"
#include "sla/ledger/log_key.hpp"
#include "sla/ledger/percentage.hpp"
#include "sla/ledger/quorum.hpp"
#include "sla/ledger/reducer.hpp"
#include "sla/ledger/timeline.hpp"

#include "sla/scheduler.hpp"
#include "sla/scheduler/fixed_delay.hpp"
#include "sla/scheduler/fixed_rate.hpp"
#include "sla/scheduler/once.hpp"
#include "sla/scheduler/one_of.hpp"

#include "sla/executor.hpp"
#include "sla/executor/announced.hpp"
#include "sla/executor/by_exit_code.hpp"
#include "sla/executor/capture.hpp"
#include "sla/executor/degraded_if_slow.hpp"
#include "sla/executor/direct.hpp"
#include "sla/executor/http_probe.hpp"
#include "sla/executor/judgement.hpp"
#include "sla/executor/log_file.hpp"
#include "sla/executor/name_answer.hpp"
#include "sla/executor/oom_watch.hpp"
#include "sla/executor/pass_through.hpp"
#include "sla/executor/perf_data.hpp"
#include "sla/executor/probe_judgement.hpp"
#include "sla/executor/run_output.hpp"
#include "sla/executor/process.hpp"
#include "sla/executor/process_options.hpp"
#include "sla/executor/retrying.hpp"
#include "sla/executor/shell.hpp"
#include "sla/executor/shown_if_failed.hpp"
#include "sla/executor/status_ranges.hpp"
#include "sla/executor/tcp_probe.hpp"
#include "sla/executor/witnessed.hpp"

#include "sla/publisher.hpp"
#include "sla/publisher/all.hpp"
#include "sla/publisher/best_effort.hpp"
#include "sla/publisher/cloudwatch.hpp"
#include "sla/publisher/console.hpp"
#include "sla/publisher/delivery.hpp"
#include "sla/publisher/delivery_options.hpp"
#include "sla/publisher/directory.hpp"
#include "sla/publisher/dry_run.hpp"
#include "sla/publisher/event.hpp"
#include "sla/publisher/event_file.hpp"
#include "sla/publisher/log_first.hpp"
#include "sla/publisher/log_store.hpp"
#include "sla/publisher/by_calls_apart.hpp"
#include "sla/publisher/optional.hpp"
#include "sla/publisher/publish_all.hpp"
#include "sla/publisher/refusals.hpp"
#include "sla/publisher/retry_schedule.hpp"
#include "sla/publisher/s3_log.hpp"
#include "sla/publisher/sns.hpp"
#include "sla/publisher/spooled.hpp"
#include "sla/publisher/then.hpp"
#include "sla/publisher/topic.hpp"
#include "sla/publisher/tracked.hpp"

#include "sla/runner.hpp"

#include "sla/fleet.hpp"
