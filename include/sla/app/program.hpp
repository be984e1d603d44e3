// SPDX-License-Identifier: MIT
#pragma once
// What a run is made of once the settings are known to be good, and how those are read before
// anything is started or sent. Every command that runs a test shares it.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "sla/app/aws_access.hpp"
#include "sla/app/checks/checks_file.hpp"
#include "sla/app/command.hpp"
#include "sla/app/exit_code.hpp"
#include "sla/app/help.hpp"
#include "sla/app/load_parameters.hpp"
#include "sla/app/masking.hpp"
#include "sla/app/printing.hpp"
#include "sla/app/program_executor.hpp"
#include "sla/app/settings/aws.hpp"
#include "sla/app/settings/parse.hpp"
#include "sla/app/settings/settings.hpp"
#include "sla/app/startup.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/log.hpp"
#include "sla/core/masks.hpp"
#include "sla/core/run.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/stop_plan.hpp"
#include "sla/executor/http_probe.hpp"
#include "sla/executor/process_options.hpp"
#include "sla/executor/witnessed.hpp"
#include "sla/process/words.hpp"
#include "sla/publisher/dry_run.hpp"

namespace sla::inline v1::app {

/// How long the spool may take to write a result down.
inline constexpr Duration longest_recording = std::chrono::seconds{60};

/// One of many checks.
struct CheckParts {
  Settings settings{};
  std::vector<std::string> words{};  ///< of the command
  std::string body{};                ///< of the request of a probe
};

/// What the settings come to.
struct ProgramParts {
  Settings settings{};
  AwsSettings aws{};
  Environment environment{};
  std::vector<std::string> words{};  ///< of the command
  std::string body{};                ///< of the request of a probe
  Masks masks{};                     ///< of the secrets among all of these
  std::vector<CheckParts> checks{};  ///< those of this process, if settings.checks names a file
};

/// Returns what one of many checks is run with.
[[nodiscard]] inline ProgramParts parts_of(ProgramParts const& all, CheckParts const& check) {
  return {.settings = check.settings,
          .aws = all.aws,
          .words = check.words,
          .body = check.body,
          .masks = all.masks};
}

/// Returns what is run.
[[nodiscard]] inline Job job_of(ProgramParts const& parts) {
  Settings const& settings = parts.settings;
  return {.service = settings.service,
          .groups = settings.groups,
          .command = parts.words,
          .tag_id = settings.tag_id,
          .sla_target = settings.sla_target,
          .location = settings.location.empty() ? parts.aws.region : settings.location,
          .expect_every = settings.expect_every};
}

/// Returns true if so much of the output is shown; a dry run prints all of it itself.
[[nodiscard]] inline bool shows_output(Settings const& settings, OutputShown which) noexcept {
  return !settings.dry_run && settings.pass_through == which;
}

/// Returns how a command is run, and who hears of it.
[[nodiscard]] inline ProcessOptions process_of(ProgramParts const& parts, Logger log) {
  Settings const& settings = parts.settings;
  return {.timeout = settings.timeout,
          .grace = settings.grace,
          .delivery = usual_delivery(settings.stop_timeout),
          .log_limit = settings.log_limit,
          .pass_through = shows_output(settings, OutputShown::all) ? STDOUT_FILENO : -1,
          .masks = parts.masks,
          .log = log};
}

/// Returns what runs it. Failures are shown on that descriptor, if they are.
[[nodiscard]] inline ProgramRun executor_of(ProgramParts const& parts, ProcessOptions process,
                                            int descriptor = STDOUT_FILENO) {
  bool const failures = shows_output(parts.settings, OutputShown::failures);
  HttpProbeOptions probe = probe_options(parts.settings, parts.body, parts.aws.trust);
  probe.masks = parts.masks;
  return program_run(parts.settings, std::move(process), std::move(probe),
                     witnesses_of(parts.settings, parts.aws), failures ? descriptor : -1);
}

/// Returns how the result of a dry run is printed.
[[nodiscard]] inline DryRun::Options dry_run_options(Settings const& settings, Stop const& stop) {
  bool const by_name = settings.sns_topic_arn.empty();
  return {.topic = by_name ? settings.sns_topic_name : settings.sns_topic_arn,
          .bucket = settings.s3_bucket_name,
          .format = settings.event_format,
          .stop = &stop};
}

/// Returns how long a run may take with all its limits; zero is no limit.
[[nodiscard]] inline Duration longest_run_of(ProgramParts const& parts) {
  ProcessOptions const limits = process_of(parts, Logger{});
  if (limits.timeout == Duration::zero()) return Duration::zero();
  auto const retries = static_cast<std::int64_t>(retries_of(parts.settings));
  return (limits.timeout + limits.grace + 2 * limits.drain) * (retries + 1) +
         parts.settings.retry_delay * retries + WitnessOptions{}.limit;
}

namespace detail {

/// Returns true if a sink or a witness has to know the region, and nothing but the instance may be
/// left to say it.
inline bool needs_region(Settings const& settings, std::vector<CheckParts> const& checks) {
  if (settings.disabled || settings.dry_run) return false;
  auto const asks_aws = [](Settings const& one) {
    return std::count(one.witness.begin(), one.witness.end(), "aws") != 0;
  };
  for (CheckParts const& check : checks) {
    if (asks_aws(check.settings)) return true;
  }
  return !settings.sns_topic_name.empty() || !settings.s3_bucket_name.empty() ||
         !settings.metrics_namespace.empty() || asks_aws(settings);
}

/// The words that run the command.
inline Result<std::vector<std::string>> words_of(Settings const& settings) {
  bool const probe = !settings.url.empty() || !settings.tcp.empty();
  if (probe || !settings.words.empty()) return settings.words;
  return shell_words(settings.command);
}

/// What the problems of two settings begin with.
struct PartLabels {
  std::string command;
  std::string body;
};

/// Returns what is run by the settings, without the settings themselves.
inline CheckParts parts_of_settings(Settings const& settings, PartLabels const& labels,
                                    std::vector<std::string>& problems) {
  CheckParts parts;
  auto words = words_of(settings);
  if (!words && !settings.command.empty()) {
    problems.push_back(labels.command + ": " + words.error().message);
  }
  auto body = probe_body(settings);
  if (!body) problems.push_back(labels.body + ": " + body.error().message);
  if (words) parts.words = *std::move(words);
  if (body) parts.body = *std::move(body);
  return parts;
}

/// The settings are there once: there may be very many.
inline std::vector<CheckParts> parts_of_checks(std::vector<Check> checks,
                                               std::vector<std::string>& problems) {
  std::vector<CheckParts> all;
  all.reserve(checks.size());
  for (Check& check : checks) {
    PartLabels const labels{check.place + ".command", check.place + ".body"};
    all.push_back(parts_of_settings(check.settings, labels, problems));
    all.back().settings = std::move(check.settings);
  }
  return all;
}

/// Returns the masks of the secrets of the process and of all checks.
inline Masks masks_of_all(Startup const& startup, std::vector<CheckParts> const& checks,
                          Logger const& log) {
  auto values = values_to_mask(startup.parsed, startup.environment);
  for (CheckParts const& check : checks) {
    auto more = values_to_mask(check.settings);
    std::move(more.begin(), more.end(), std::back_inserter(values));
  }
  return masks_of(std::move(values), log);
}

}  // namespace detail

/// Reads the settings and calls `run(ProgramParts, Stop const&) -> int` if they are good, with a
/// Stop on signals; else says what is wrong. Returns what the program exits with.
template <class Run>
int run_with_settings(Arguments const& arguments, Environment const& environment,
                      ParseOptions::Missing missing, Run run) {
  auto startup = start_up(arguments, environment, missing);
  if (!startup) {
    complain({startup.error().message});
    return exit_code_of(startup.error());
  }
  Parsed& parsed = startup->parsed;
  CheckParts own = detail::parts_of_settings(parsed.settings, {"Command", "Body"}, parsed.problems);
  auto checks = detail::parts_of_checks(std::move(startup->checks), parsed.problems);
  Logger const log{{.format = parsed.settings.log_format}};
  for (std::string const& warning : parsed.warnings) log.warning(warning);
  bool const wrong = complain(parsed.problems);
  if (wrong) (void)complain(parsed.hints);
  bool const shown = arguments.has("--print-settings");
  if (shown) (void)print(settings_text(parsed));
  for (CheckParts const& check : checks) {
    if (shown && !wrong) (void)print(check_text(check.settings, parsed, startup->secret_checks));
  }
  if (wrong || shown) return wrong ? exit_settings : exit_success;
  Masks masks = detail::masks_of_all(*startup, checks, log);

  auto const stop = Stop::on_signals({.budget = parsed.settings.stop_timeout});
  if (!stop) {
    log.error(stop.error().message);
    return exit_undelivered;
  }
  if (detail::needs_region(parsed.settings, checks)) {
    auto const known = complete_region(startup->aws, startup->environment, *stop);
    if (!known) complain({known.error().message});
    if (!known) return exit_code_of(known.error());
  }
  return run(ProgramParts{.settings = std::move(parsed.settings),
                          .aws = std::move(startup->aws),
                          .environment = std::move(startup->environment),
                          .words = std::move(own.words),
                          .body = std::move(own.body),
                          .masks = std::move(masks),
                          .checks = std::move(checks)},
             *stop);
}

}  // namespace sla::inline v1::app
