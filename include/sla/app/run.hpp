// SPDX-License-Identifier: MIT
#pragma once
// What sla-runner does without the name of a command: reads the settings, puts the policies
// together, lets the Runner run, and says with its exit code how it went. Whatever is wrong with
// the settings is said before anything is started or sent.
#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "sla/app/aws_access.hpp"
#include "sla/app/checks/run_checks.hpp"
#include "sla/app/command.hpp"
#include "sla/app/exit_code.hpp"
#include "sla/app/heartbeat.hpp"
#include "sla/app/help.hpp"
#include "sla/app/program.hpp"
#include "sla/app/program_executor.hpp"
#include "sla/app/settings/parse.hpp"
#include "sla/app/settings/settings.hpp"
#include "sla/app/settings/values.hpp"
#include "sla/app/sinks.hpp"
#include "sla/app/splayed.hpp"
#include "sla/app/startup.hpp"
#include "sla/app/tracking.hpp"
#include "sla/app/watched.hpp"
#include "sla/core/apart.hpp"
#include "sla/core/clock.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/log.hpp"
#include "sla/core/shared.hpp"
#include "sla/core/stop.hpp"
#include "sla/executor/announced.hpp"
#include "sla/executor/process_options.hpp"
#include "sla/process/start_failure.hpp"
#include "sla/publisher/dry_run.hpp"
#include "sla/publisher/topic.hpp"
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
  explicit Program(ProgramParts parts)
      : parts_(std::move(parts)), log_({.format = parts_.settings.log_format}) {}

  [[nodiscard]] int run(Stop const& stop) const {
    Heartbeat const heartbeat;
    WatchedClock clock{heartbeat};
    if (parts_.settings.disabled) return rest("disabled: nothing is run", clock, stop);
    foresee();
    if (parts_.settings.dry_run) return exit_code_of_try(try_out(heartbeat, stop));
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
  /// Says before the first run what each would say, where a look at the file shows it. What a shell
  /// makes of a text is not guessed.
  void foresee() const {
    struct Look {
      std::map<std::string, std::string> why{};  ///< each program cannot be started
      void operator()() {
        for (auto& [name, text] : why) text = internal::foreseen_failure(name);
      }
    };
    auto const look = internal::Shared<Look>::make();
    each_command([&](Settings const& settings) { look->why.try_emplace(settings.words.front()); });
    if (!internal::CallsApart::make_within(look, std::chrono::seconds{1})) return;  // a disk hangs
    each_command([&](Settings const& settings) {
      std::string const& why = look->why[settings.words.front()];
      if (why.empty()) return;
      std::string const line = "the command cannot be started: " + why;
      if (!has_many()) return log_.warning(line);
      log_.warning(line, {{"service", settings.service}});
    });
  }
  /// Calls `use(Settings const&)` for each command by words that is run.
  template <class Use>
  void each_command(Use use) const {
    if (!parts_.settings.words.empty()) use(parts_.settings);
    for (CheckParts const& check : parts_.checks) {
      if (!check.settings.disabled && !check.settings.words.empty()) use(check.settings);
    }
  }

  [[nodiscard]] bool has_many() const noexcept { return !parts_.settings.checks.empty(); }

  Tally run_one(Sinks& sinks, Heartbeat const& heartbeat, Stop const& stop) const {
    WatchedClock const clock{heartbeat};
    ProcessOptions process = process_of(parts_, log_);
    process.log_folder = sinks.log_folder();
    process.log_folder_hangs = sinks.log_folder_hangs();
    Announced executor{executor_of(parts_, std::move(process)), SinkPolicy{sinks}};
    Runner runner{Splayed{scheduler(), splay()},
                  WatchedExecutor{std::move(executor), heartbeat, longest_run_of(parts_)},
                  Tracked{WatchedPublisher{SinkPolicy{sinks}, heartbeat, longest_recording},
                          tracking_of(parts_.settings, sinks.recall(job_of(parts_)))},
                  clock, log_};
    return runner.run(job_of(parts_), stop);
  }

  Tally run_many(Sinks& sinks, Heartbeat const& heartbeat, Stop const& stop) const {
    auto const& all = parts_.checks;
    auto const runs = [](CheckParts const& check) { return !check.settings.disabled; };
    bool const any = std::any_of(all.begin(), all.end(), runs);
    if (any || parts_.settings.once) return run_checks(parts_, sinks, heartbeat, stop, log_);
    (void)rest("there is no check to run here", WatchedClock{heartbeat}, stop);
    return {};
  }

  int deliver(Sinks& sinks, Heartbeat const& heartbeat, Stop const& stop) const {
    say_start();
    internal::CallsApart::expect_many(runs_at_once());
    Tally const tally =
        has_many() ? run_many(sinks, heartbeat, stop) : run_one(sinks, heartbeat, stop);
    SteadyClock const clock;
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
    if (has_many()) return say_start_of_many();
    std::string schedule = settings.once ? "once" : settings.every ? "every " : "delay ";
    if (!settings.once) schedule += value_text(settings.every ? settings.every : settings.delay);
    log_.info("started", {{"version", version_number()},
                          {"service", settings.service},
                          {"schedule", schedule},
                          {"sinks", sinks()},
                          {"spool", settings.spool.empty() ? "in memory" : settings.spool}});
    if (settings.splay > Duration::zero()) {
      log_.info("the first run waits", {{"seconds", splay()}});
    }
  }

  void say_start_of_many() const {
    Settings const& settings = parts_.settings;
    log_.info("started", {{"version", version_number()},
                          {"checks", parts_.checks.size()},
                          {"shard", settings.shard.empty() ? "all" : settings.shard},
                          {"workers", settings.workers},
                          {"sinks", sinks()},
                          {"spool", settings.spool.empty() ? "in memory" : settings.spool}});
  }

  [[nodiscard]] std::string sinks() const {
    Settings const& settings = parts_.settings;
    bool const by_name = settings.sns_topic_arn.empty();
    std::string all;
    auto const add = [&](std::string_view kind, std::string const& name) {
      if (!name.empty()) all.append(all.empty() ? "" : " ").append(kind).append(name);
    };
    add("", by_name ? settings.sns_topic_name : settings.sns_topic_arn);
    add("s3://", settings.s3_bucket_name);
    add("", settings.store);
    add("cloudwatch:", settings.metrics_namespace);
    return all;
  }

  /// One run of which nothing is sent.
  Tally try_out(Heartbeat const& heartbeat, Stop const& stop) const {
    DryRun::Options options = dry_run_options(parts_.settings, stop);
    if (parts_.settings.sns_topic_arn.empty()) options.topic = topic_by_name(stop);
    if (has_many()) return try_checks(parts_, options, heartbeat, stop, log_);
    Runner runner{Once{},
                  WatchedExecutor{executor_of(parts_, process_of(parts_, log_)), heartbeat,
                                  longest_run_of(parts_)},
                  DryRun{std::move(options)}, WatchedClock{heartbeat}, log_};
    return runner.run(job_of(parts_), stop);
  }
  /// Returns the ARN of the topic of that name if the account can be asked, else the name and why
  /// not.
  [[nodiscard]] std::string topic_by_name(Stop const& stop) const {
    Settings const& settings = parts_.settings;
    if (settings.sns_topic_name.empty()) return {};
    std::string why = "no region is set";
    if (!parts_.aws.region.empty()) {
      AwsAccess const access{{.aws = parts_.aws,
                              .environment = parts_.environment,
                              .role = settings.role,
                              .stop = stop}};
      NamedTopic<ProgramClient> topic{access.client(stop),
                                      {.name = settings.sns_topic_name,
                                       .region = parts_.aws.region,
                                       .endpoints = parts_.aws.endpoints,
                                       .limit = std::chrono::seconds{5}}};
      auto arn = topic.arn();
      if (arn) return *std::move(arn);
      why = arn.error().message;
    }
    return settings.sns_topic_name + " (its ARN is not known: " + why + ')';
  }
  static int exit_code_of_try(Tally const& tally) {
    if (tally.undelivered != 0) return exit_undelivered;
    return tally.failed != 0 ? exit_test_failed : exit_success;
  }

  int rest(std::string_view why, WatchedClock const& clock, Stop const& stop) const {
    log_.info(why);
    while (clock.wait_until(Instant::max(), stop) != Wake::stopped) continue;
    return exit_success;
  }

  /// Returns true if one run follows another at once.
  [[nodiscard]] bool runs_at_once() const {
    if (has_many()) return true;
    Settings const& settings = parts_.settings;
    Duration const pause = settings.every.value_or(settings.delay.value_or(Duration::max()));
    return !settings.once && pause < std::chrono::milliseconds{100};
  }

  /// Returns how long the first run waits.
  [[nodiscard]] Duration splay() const {
    return splay_wait(parts_.settings.service, host_name(), parts_.settings.splay);
  }

  [[nodiscard]] OneOf<FixedDelay, FixedRate, Once> scheduler() const {
    Settings const& settings = parts_.settings;
    if (settings.once) return Once{};
    if (settings.every) return FixedRate{*settings.every};
    return FixedDelay{settings.delay.value_or(Duration::zero())};
  }

  ProgramParts parts_;
  Logger log_;
};

/// Runs sla-runner itself.
inline int run_runner(Arguments const& arguments, Environment const& environment) {
  return run_with_settings(
      arguments, environment, ParseOptions::Missing::is_a_problem,
      [](ProgramParts parts, Stop const& stop) { return Program(std::move(parts)).run(stop); });
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
        "2h30m, 1d.\n"
        "SIGTERM, SIGINT, SIGQUIT and SIGRTMIN+3 stop it: no new run, the one in flight may end "
        "within the stop timeout, and a second signal ends it. SIGUSR1: run now. SIGHUP is "
        "ignored.\n"
        "What AWS's own variables mean to the SDKs they mean here: AWS_REGION, AWS_PROFILE, "
        "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_ROLE_ARN, "
        "AWS_WEB_IDENTITY_TOKEN_FILE, AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE, "
        "AWS_ENDPOINT_URL (and AWS_ENDPOINT_URL_SNS, ...), AWS_CA_BUNDLE, AWS_MAX_ATTEMPTS, ...",
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
