// SPDX-License-Identifier: MIT
#pragma once
// What sla-runner does without the name of a command: reads the settings, puts the policies
// together, lets the Runner run, and says with its exit code how it went. Whatever is wrong with
// the settings is said before anything is started or sent.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/aws_access.hpp"
#include "sla/app/command.hpp"
#include "sla/app/exit_code.hpp"
#include "sla/app/heartbeat.hpp"
#include "sla/app/help.hpp"
#include "sla/app/load_parameters.hpp"
#include "sla/app/printing.hpp"
#include "sla/app/program_executor.hpp"
#include "sla/app/settings/aws.hpp"
#include "sla/app/settings/parse.hpp"
#include "sla/app/settings/settings.hpp"
#include "sla/app/settings/values.hpp"
#include "sla/app/sinks.hpp"
#include "sla/app/startup.hpp"
#include "sla/app/tracking.hpp"
#include "sla/app/watched.hpp"
#include "sla/core/apart.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/log.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/stop_plan.hpp"
#include "sla/executor/announced.hpp"
#include "sla/executor/process_options.hpp"
#include "sla/process/words.hpp"
#include "sla/publisher/dry_run.hpp"
#include "sla/publisher/tracked.hpp"
#include "sla/runner.hpp"
#include "sla/scheduler/fixed_delay.hpp"
#include "sla/scheduler/fixed_rate.hpp"
#include "sla/scheduler/once.hpp"
#include "sla/scheduler/one_of.hpp"

namespace sla::inline v1::app {

namespace detail {

/// The shipped program once its settings are known to be good.
class Program {
 public:
  struct Parts {
    Settings settings;
    AwsSettings aws;
    Environment environment;
    std::vector<std::string> words;  ///< of the command
    std::string body;                ///< of the request of a probe
  };

  explicit Program(Parts parts)
      : parts_(std::move(parts)), log_({.format = parts_.settings.log_format}) {}

  int run(Stop const& stop) const {
    Heartbeat const heartbeat;
    WatchedClock clock{heartbeat};
    if (parts_.settings.disabled) return rest(clock, stop);
    if (parts_.settings.dry_run) return try_out(heartbeat, stop);
    auto sinks = Sinks::open({parts_.settings, parts_.aws, parts_.environment, log_});
    if (!sinks) {
      log_.error(sinks.error().message);
      return exit_undelivered;
    }
    int const code = deliver(**sinks, heartbeat, stop);
    if ((*sinks)->hang()) (void)sinks->release();  // they would wait for what has no end
    return code;
  }

 private:
  /// How long the spool may take to write a result down.
  static constexpr Duration longest_recording = std::chrono::seconds{60};

  int deliver(Sinks& sinks, Heartbeat const& heartbeat, Stop const& stop) const {
    say_start();
    CallsApart::expect_many(runs_at_once());
    WatchedClock const clock{heartbeat};
    ProcessOptions process = this->process();
    process.log_folder = sinks.log_folder();
    process.log_folder_hangs = sinks.log_folder_hangs();
    Announced executor{this->executor(std::move(process)), SinkPolicy{sinks}};
    Runner runner{scheduler(), WatchedExecutor{std::move(executor), heartbeat, longest_run()},
                  Tracked{WatchedPublisher{SinkPolicy{sinks}, heartbeat, longest_recording},
                          tracking_of(parts_.settings, sinks.recall(job()))},
                  clock, log_};
    Tally const tally = runner.run(job(), stop);
    Instant const end = stop.deadline().value_or(clock.now() + parts_.settings.stop_timeout);
    if (stop.level() != StopLevel::none) {
      log_.info("told to stop; what is pending is delivered",
                {{"within_seconds", end - clock.now()}});
    }
    heartbeat.promise(Activity::stopping, end + heartbeat_slack);
    bool const delivered = sinks.finish(end);
    if (!parts_.settings.once) return exit_success;
    if (!delivered) return exit_undelivered;
    return tally.failed != 0 ? exit_test_failed : exit_success;
  }

  /// Says what begins: when runs do, where results go, and where they wait.
  void say_start() const {
    Settings const& settings = parts_.settings;
    std::string schedule = settings.once ? "once" : settings.every ? "every " : "delay ";
    if (!settings.once) schedule += value_text(settings.every ? settings.every : settings.delay);
    bool const by_name = settings.sns_topic_arn.empty();
    std::string sinks;
    auto const add = [&](std::string_view kind, std::string const& name) {
      if (!name.empty()) sinks.append(sinks.empty() ? "" : " ").append(kind).append(name);
    };
    add("", by_name ? settings.sns_topic_name : settings.sns_topic_arn);
    add("s3://", settings.s3_bucket_name);
    add("", settings.store);
    add("cloudwatch:", settings.metrics_namespace);
    log_.info("started", {{"version", version_number()},
                          {"service", settings.service},
                          {"schedule", schedule},
                          {"sinks", sinks},
                          {"spool", settings.spool.empty() ? "in memory" : settings.spool}});
  }

  /// One run of which nothing is sent.
  int try_out(Heartbeat const& heartbeat, Stop const& stop) const {
    Settings const& settings = parts_.settings;
    DryRun publisher{
        {.topic = settings.sns_topic_arn.empty() ? settings.sns_topic_name : settings.sns_topic_arn,
         .bucket = settings.s3_bucket_name,
         .format = settings.event_format,
         .stop = &stop}};
    Runner runner{Once{}, WatchedExecutor{executor(process()), heartbeat, longest_run()},
                  std::move(publisher), WatchedClock{heartbeat}, log_};
    Tally const tally = runner.run(job(), stop);
    if (tally.undelivered != 0) return exit_undelivered;
    return tally.failed != 0 ? exit_test_failed : exit_success;
  }

  [[nodiscard]] Job job() const {
    return {
        .service = parts_.settings.service,
        .groups = parts_.settings.groups,
        .command = parts_.words,
        .tag_id = parts_.settings.tag_id,
        .sla_target = parts_.settings.sla_target,
        .location = parts_.settings.location.empty() ? parts_.aws.region : parts_.settings.location,
        .expect_every = parts_.settings.expect_every};
  }

  int rest(WatchedClock const& clock, Stop const& stop) const {
    log_.info("disabled: nothing is run");
    while (clock.wait_until(Instant::max(), stop) != Wake::stopped) continue;
    return exit_success;
  }

  /// Returns true if one run follows another at once.
  [[nodiscard]] bool runs_at_once() const {
    Settings const& settings = parts_.settings;
    Duration const pause = settings.every.value_or(settings.delay.value_or(Duration::max()));
    return !settings.once && pause < std::chrono::milliseconds{100};
  }

  [[nodiscard]] OneOf<FixedDelay, FixedRate, Once> scheduler() const {
    Settings const& settings = parts_.settings;
    if (settings.once) return Once{};
    if (settings.every) return FixedRate{*settings.every};
    return FixedDelay{settings.delay.value_or(Duration::zero())};
  }

  [[nodiscard]] ProcessOptions process() const {
    Settings const& settings = parts_.settings;
    return {.timeout = settings.timeout,
            .grace = settings.grace,
            .delivery = usual_delivery(settings.stop_timeout),
            .log_limit = settings.log_limit,
            .pass_through = settings.dry_run ? -1 : STDOUT_FILENO,
            .log = log_};
  }

  [[nodiscard]] ProgramRun executor(ProcessOptions process) const {
    return program_run(parts_.settings, std::move(process),
                       probe_options(parts_.settings, parts_.body, parts_.aws.trust),
                       witnesses_of(parts_.settings, parts_.aws));
  }

  /// Returns how long a run may take with all its limits; zero is no limit.
  [[nodiscard]] Duration longest_run() const {
    ProcessOptions const limits = process();
    if (limits.timeout == Duration::zero()) return Duration::zero();
    auto const retries = static_cast<std::int64_t>(retries_of(parts_.settings));
    return (limits.timeout + limits.grace + 2 * limits.drain) * (retries + 1) +
           parts_.settings.retry_delay * retries + WitnessOptions{}.limit;
  }

  Parts parts_;
  Logger log_;
};

/// Returns true if a sink or a witness has to know the region, and nothing but the instance may be
/// left to say it.
inline bool needs_region(Settings const& settings) {
  if (settings.disabled || settings.dry_run) return false;
  return !settings.sns_topic_name.empty() || !settings.s3_bucket_name.empty() ||
         !settings.metrics_namespace.empty() ||
         std::count(settings.witness.begin(), settings.witness.end(), "aws") != 0;
}

/// The words that run the command.
inline Result<std::vector<std::string>> words_of(Settings const& settings) {
  bool const probe = !settings.url.empty() || !settings.tcp.empty();
  if (probe || !settings.words.empty()) return settings.words;
  return shell_words(settings.command);
}

/// Runs sla-runner itself.
inline int run_runner(Arguments const& arguments, Environment const& environment) {
  auto startup = start_up(arguments, environment);
  if (!startup) {
    complain({startup.error().message});
    return exit_code_of(startup.error());
  }
  Parsed& parsed = startup->parsed;
  auto words = words_of(parsed.settings);
  if (!words && !parsed.settings.command.empty()) {
    parsed.problems.push_back("Command: " + words.error().message);
  }
  auto body = probe_body(parsed.settings);
  if (!body) parsed.problems.push_back("Body: " + body.error().message);
  Logger const log{{.format = parsed.settings.log_format}};
  for (std::string const& warning : parsed.warnings) log.warning(warning);
  bool const wrong = complain(parsed.problems);
  bool const shown = arguments.has("--print-settings");
  if (shown) (void)print(settings_text(parsed));
  if (wrong || shown) return wrong ? exit_settings : exit_success;

  auto const stop = Stop::on_signals({.budget = parsed.settings.stop_timeout});
  if (!stop) {
    log.error(stop.error().message);
    return exit_undelivered;
  }
  if (needs_region(parsed.settings)) {
    auto const known = complete_region(startup->aws, startup->environment, *stop);
    if (!known) complain({known.error().message});
    if (!known) return exit_code_of(known.error());
  }
  Program const program{{.settings = std::move(parsed.settings),
                         .aws = std::move(startup->aws),
                         .environment = std::move(startup->environment),
                         .words = *std::move(words),
                         .body = *std::move(body)}};
  return program.run(*stop);
}

}  // namespace detail

inline constexpr Command run_command{
    .purpose = "Runs a test again and again, publishes each result and keeps its log.",
    .usage =
        "sla-runner [SETTING]... --command TEXT\n"
        "sla-runner [SETTING]... -- WORD...\n"
        "sla-runner [SETTING]... --url URL\n"
        "sla-runner COMMAND ...",
    .about =
        "A flag beats its environment variable, which beats a value loaded from SSM, which "
        "beats the default. A value follows its flag as the next argument or after =; an "
        "empty one takes back what the environment says. SECONDS may have units: 90, 0.5, 5m, "
        "2h30m, 1d.",
    .examples =
        "sla-runner --service shop --every 30 --store results --url https://shop.example/health\n"
        "sla-runner --service shop --once --store results -- make -C tests smoke\n"
        "sla-runner --service shop --groups web,critical --delay 60 --s3-bucket-name shop-logs \\\n"
        "  --sns-topic-arn arn:aws:sns:eu-west-1:123456789012:sla --command 'make -C tests smoke'",
    .flags = setting_flags,
    .asks_aws = true,
    .exit_codes = {{{exit_success, "stopped as asked; --once: the test passed and was delivered"},
                    {exit_test_failed, "--once: the test failed"},
                    usage_exit,
                    {exit_undelivered,
                     "--once: not delivered; AWS did not answer or refused; "
                     "another runner has the spool"},
                    settings_exit}},
    .run = detail::run_runner,
    .more_problems = startup_problems<ParseOptions::Missing::is_a_problem>,
};

}  // namespace sla::inline v1::app
