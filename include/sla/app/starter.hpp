// SPDX-License-Identifier: MIT
#pragma once
// The main function of ssm-starter, which is this program by another name: loads parameters from
// SSM into the environment, then becomes the command. What is wrong is said before anything is
// asked.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/become.hpp"
#include "sla/app/command.hpp"
#include "sla/app/exit_code.hpp"
#include "sla/app/load_parameters.hpp"
#include "sla/app/printing.hpp"
#include "sla/app/region_variables.hpp"
#include "sla/app/settings/aws.hpp"
#include "sla/app/settings/checks.hpp"
#include "sla/app/settings/parse.hpp"
#include "sla/app/settings/values.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/log.hpp"

namespace sla::inline v1::app {

namespace detail {

/// Returns the names of the parameters, in order.
inline std::vector<std::string> parameter_names(Arguments const& arguments) {
  std::vector<std::string> names;
  for (std::string_view const text : arguments.all("--ssm-name")) (void)read_value(text, names);
  return names;
}

/// Finds what of the flags does not go together.
inline std::vector<std::string> starter_usage_errors(Arguments const& arguments) {
  std::vector<std::string> errors;
  auto const complain = [&](std::string const& line) { errors.push_back("ssm-starter: " + line); };
  if (parameter_names(arguments).empty()) complain("--ssm-name NAME is missing");
  if (arguments.has("--abort-if-duplicates") && arguments.has("--overwrite-if-duplicates")) {
    complain("--abort-if-duplicates and --overwrite-if-duplicates exclude each other");
  }
  if (!arguments.has("--command")) {
    complain("--command WORD... is missing, as the last of the arguments");
  }
  return errors;
}

/// Makes the plan of what to load and how; adds what is wrong with it to the problems.
inline LoadPlan starter_plan(Arguments const& arguments, Environment const& environment,
                             std::vector<std::string>& problems) {
  LoadPlan plan;
  if (arguments.has("--abort-if-duplicates")) plan.duplicates = Duplicates::abort;
  if (arguments.has("--overwrite-if-duplicates")) plan.duplicates = Duplicates::overwrite;
  for (std::string const& name : parameter_names(arguments)) {
    auto const path = parameter_path(name, environment);
    if (path) plan.paths.push_back(*path);
    if (!path) problems.push_back("--ssm-name: " + path.error().message);
  }
  plan.aws = read_aws_settings(environment, problems);
  bool const tls = uses_tls(plan.aws.endpoints, {aws::Service::ssm, aws::Service::sts});
  if (tls && !plan.aws.trust_problem.empty()) problems.push_back(plan.aws.trust_problem);
  // Of the settings of sla-runner, which may not even be the command, only these two matter here.
  Parsed const parsed =
      parse_settings({}, environment, {.missing = ParseOptions::Missing::is_fine});
  plan.role = parsed.settings.role;
  if (auto const role = environment.get("SLARUNNER_ROLE"); role && plan.role.empty()) {
    problems.push_back("SLARUNNER_ROLE: " + quoted(*role) + " is no ARN of a role");
  }
  plan.log = Logger{{.format = parsed.settings.log_format}};
  return plan;
}

/// Returns if the command is not started, and then gives the exit code.
inline int run_starter(Arguments const& arguments, Environment const& before) {
  Environment environment = before;
  if (complain(starter_usage_errors(arguments))) return exit_usage;
  std::vector<std::string> problems;
  LoadPlan const plan = starter_plan(arguments, environment, problems);
  if (complain(problems)) return exit_settings;
  auto const loaded = load_parameters(plan, environment);
  if (!loaded) {
    complain({"ssm-starter: " + loaded.error().message});
    return exit_code_of(loaded.error());
  }
  auto const warning = unify_region_variables(environment, RegionVariables::equal);
  if (warning) plan.log.warning(*warning);
  return become_command("ssm-starter", arguments.all("--command"));
}

inline constexpr Flag starter_flags[] = {
    {.name = "ssm-name",
     .value = "NAME",
     .meaning = "the parameters under /$AWS_ENV/NAME/, or an absolute path; each becomes the "
                "variable that the last part of its path names; repeatable, and comma-separated",
     .times = Times::any,
     .check = check_parameter_names},
    {"abort-if-duplicates", {}, "do not start if a variable is there already", Takes::nothing},
    {"overwrite-if-duplicates", {}, "the last one wins, instead of the first", Takes::nothing},
    {"command", "WORD...", "everything that follows, unchanged", Takes::rest},
};

}  // namespace detail

inline constexpr Command starter_command{
    .name = "ssm-starter",
    .own_program = true,
    .purpose = "Loads parameters from SSM into the environment and becomes a command.",
    .usage =
        "ssm-starter --ssm-name NAME... [--abort-if-duplicates | --overwrite-if-duplicates]\n"
        "  --command WORD...",
    .about =
        "It is a link to sla-runner. The role in $SLARUNNER_ROLE is assumed first, if there "
        "is one. The command finds its region in both AWS_REGION and AWS_DEFAULT_REGION. Once "
        "it is started the exit code is that of the command.",
    .flags = detail::starter_flags,
    .asks_aws = true,
    .exit_codes = {{{exit_test_failed, "a duplicate, with --abort-if-duplicates"},
                    usage_exit,
                    {exit_undelivered, "the parameters could not be loaded"},
                    settings_exit,
                    no_execution_exit,
                    no_command_exit}},
    .run = detail::run_starter,
};

}  // namespace sla::inline v1::app
