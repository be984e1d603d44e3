// SPDX-License-Identifier: MIT
#pragma once
// `sla-runner preflight`: whether a run with exactly these settings would get what it needs, found
// out without a run. It changes nothing, unless it is told to deliver a test.
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "sla/app/access/findings.hpp"
#include "sla/app/access/iam.hpp"
#include "sla/app/access/local.hpp"
#include "sla/app/access/questions.hpp"
#include "sla/app/command.hpp"
#include "sla/app/exit_code.hpp"
#include "sla/app/parameters.hpp"
#include "sla/app/printing.hpp"
#include "sla/app/program.hpp"
#include "sla/app/settings/parse.hpp"
#include "sla/app/startup.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/result.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::app {

namespace detail {

/// How long all of it may take.
inline constexpr std::chrono::seconds preflight_limit{30};

inline constexpr Flag preflight_flags[] = {
    {.name = "send-test",
     .meaning =
         "deliver something, too: a message with verdict skipped and the attribute counted = "
         "false, a log whose key ends in _SKIPPED, a metric named Preflight",
     .takes = Takes::nothing},
};

/// Looks for the program that settings run.
inline void look_for_program(Settings const& settings, Findings& findings) {
  if (settings.command.empty() && settings.words.empty()) return;
  auto const words = words_of(settings);
  if (words && !words->empty()) tell_program(words->front(), findings);
  if (!words) findings.add(Finding::wrong, "command: " + words.error().message);
}

/// What the machine itself has to have.
inline void look_at_machine(Startup const& startup, Findings& findings) {
  Settings const& settings = startup.parsed.settings;
  look_for_program(settings, findings);
  for (Check const& check : startup.checks) look_for_program(check.settings, findings);
  if (!settings.store.empty()) tell_folder("store", settings.store, findings);
  if (!settings.spool.empty()) tell_folder("spool", settings.spool, findings);
}

/// Fills the settings with the parameters; false if a run could not begin with them.
inline bool fill_settings(Arguments const& arguments, Startup& startup,
                          std::vector<aws::Parameter> const& parameters, Findings& findings) {
  auto const loaded =
      fill_environment(parameters, Duplicates::skip, startup.environment, Logger{{}});
  if (!loaded) findings.add(Finding::wrong, "parameters: " + loaded.error().message);
  if (!loaded) return false;
  std::string const region = startup.aws.region;
  startup = read_startup(arguments, std::move(startup.environment), {.loaded = &*loaded});
  if (startup.aws.region.empty()) startup.aws.region = region;
  for (std::string const& problem : startup.parsed.problems) {
    findings.add(Finding::wrong, "setting " + problem);
  }
  return startup.good();
}

/// Takes the checks that AWS keeps; false if a run could not begin with them.
inline bool take_checks(Arguments const& arguments, Startup& startup, FetchedChecks const& fetched,
                        Findings& findings) {
  LoadedVariables const loaded = startup.parsed.loaded;
  std::string const region = startup.aws.region;
  startup = read_startup(arguments, std::move(startup.environment), {.loaded = &loaded}, &fetched);
  if (startup.aws.region.empty()) startup.aws.region = region;
  for (std::string const& problem : startup.parsed.problems) {
    findings.add(Finding::wrong, "setting " + problem);
  }
  return startup.good();
}

/// Asks AWS for all that is in use.
inline void ask_aws(Arguments const& arguments, Startup& startup, Stop const& stop,
                    Findings& findings) {
  SendTest const send = arguments.has("--send-test") ? SendTest::yes : SendTest::no;
  auto const questions = [&] {
    return AwsQuestions{{.settings = startup.parsed.settings,
                         .checks = startup.checks,
                         .aws = startup.aws,
                         .environment = startup.environment,
                         .stop = stop,
                         .findings = findings,
                         .send = send}};
  };
  AwsQuestions first = questions();
  bool known = first.ask_who();
  if (!startup.parsed.settings.ssm_names.empty()) {
    std::string const role = startup.parsed.settings.role;
    auto const parameters = known ? first.read_parameters() : std::nullopt;
    if (!parameters) {
      findings.add(Finding::not_tested,
                   "the rest: settings come from parameters that are not read");
      return first.tell_clock();
    }
    if (!fill_settings(arguments, startup, *parameters, findings)) return first.tell_clock();
    if (startup.parsed.settings.role != role) known = first.ask_who();
  }
  if (is_at_aws(startup.parsed.settings.checks)) {
    auto const fetched = known ? first.read_checks() : std::nullopt;
    if (!fetched) {
      findings.add(Finding::not_tested, "the rest: the checks are not read");
      return first.tell_clock();
    }
    if (!take_checks(arguments, startup, *fetched, findings)) return first.tell_clock();
  }
  if (known) first.ask_rights();
  if (!known) findings.add(Finding::not_tested, "the rights: there is nobody to have them");
  first.tell_clock();
}

inline int run_preflight(Arguments const& arguments, Environment const& environment) {
  Startup startup = read_startup(arguments, environment, {});
  (void)parameter_paths(startup);  // what is wrong with them is a problem of the settings
  complain(startup.parsed.warnings);
  if (complain(startup.parsed.problems)) return exit_settings;
  auto const stop = Stop::on_signals({.budget = Duration::zero()});
  if (!stop) {
    complain({stop.error().message});
    return exit_undelivered;
  }
  Instant const end = std::chrono::steady_clock::now() + preflight_limit;
  stop->request_at(end);
  Findings findings;
  if (names_aws(startup.parsed)) ask_aws(arguments, startup, *stop, findings);
  look_at_machine(startup, findings);
  bool const stopped = stop->level() != StopLevel::none;
  if (!stopped) return findings.exit_code();
  if (std::chrono::steady_clock::now() >= end) {
    findings.add(Finding::unreachable, "all of it within 30 s");
  }
  return findings.exit_code() == exit_test_failed ? exit_test_failed : exit_undelivered;
}

}  // namespace detail

inline constexpr Command preflight_command{
    .name = "preflight",
    .purpose =
        "Says if a run with these settings would get what it needs: the way to AWS, credentials, "
        "each right, the program, its folders.",
    .usage = "sla-runner preflight [SETTING]... [--send-test]",
    .about =
        "It takes the settings of a run and starts no run. It changes nothing and publishes "
        "nothing, "
        "unless it is told --send-test. Each line begins with ok, not tested, warning, denied, "
        "wrong "
        "or unreachable; all of it takes 30 s at most. `sla-runner iam` prints the policy that "
        "allows what it asks for.",
    .examples =
        "sla-runner preflight --service shop --delay 60 --s3-bucket-name shop-logs \\\n"
        "  --sns-topic-arn arn:aws:sns:eu-west-1:123456789012:sla --command 'make -C tests smoke'",
    .flags = settings_and(detail::preflight_flags),
    .asks_aws = true,
    .exit_codes = {{{exit_success, "nothing is wrong as far as it can be asked"},
                    {exit_test_failed, "a right is missing, or something is wrong"},
                    usage_exit,
                    {exit_undelivered, "something was not reached, so it is not known"},
                    settings_exit}},
    .run = detail::run_preflight,
    .more_problems = startup_problems<ParseOptions::Missing::is_a_problem>,
};

}  // namespace sla::inline v1::app
