// SPDX-License-Identifier: MIT
#pragma once
// The main function of ssm-starter, which is this program by another name: loads parameters from
// SSM into the environment, then becomes the command. What is wrong is said before anything is
// asked.
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/aws_settings.hpp"
#include "sla/app/become.hpp"
#include "sla/app/exit_code.hpp"
#include "sla/app/help.hpp"
#include "sla/app/load_parameters.hpp"
#include "sla/app/parse_settings.hpp"
#include "sla/app/printing.hpp"
#include "sla/app/region_variables.hpp"
#include "sla/app/starter_arguments.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/log.hpp"

namespace sla::inline v1 {

/// Whether that is the name, or the path, of ssm-starter.
[[nodiscard]] constexpr bool is_starter(std::string_view program) noexcept {
  return program.substr(program.rfind('/') + 1) == "ssm-starter";  // npos + 1 is 0
}

/// What `ssm-starter --help` prints.
[[nodiscard]] inline std::string starter_help_text() {
  return "Loads parameters from SSM into the environment and becomes the command.\n\n"
         "usage: ssm-starter --ssm-name NAME... [--abort-if-duplicates | "
         "--overwrite-if-duplicates]\n"
         "         --command WORD...\n\n"
         "  --ssm-name NAME            the parameters under /$AWS_ENV/NAME/, or an absolute path; "
         "each\n"
         "                             becomes the variable that the last part of its path names\n"
         "  --abort-if-duplicates      do not start where a variable is there already\n"
         "  --overwrite-if-duplicates  the last one wins, instead of the first\n"
         "  --command WORD...          everything that follows, unchanged\n\n"
         "The role in $SLARUNNER_ROLE is assumed first, where there is one. The command finds\n"
         "its region in both AWS_REGION and AWS_DEFAULT_REGION.\n\n"
         "exit codes: those of the command; before it is started\n"
         "   1  a duplicate, with --abort-if-duplicates\n"
         "  64  usage: the command line cannot be understood\n"
         "  75  the parameters could not be loaded\n"
         "  78  settings: something is missing or wrong\n"
         " 126  the command cannot be executed\n"
         " 127  there is no such command\n";
}

namespace detail {

/// What the environment says about how to load; its problems are added to the list.
inline LoadPlan starter_plan(StarterArguments const& arguments, Environment const& environment,
                             std::vector<std::string>& problems) {
  LoadPlan plan{.duplicates = arguments.duplicates};
  for (std::string const& name : arguments.names) {
    auto const path = parameter_path(name, environment);
    if (path) plan.paths.push_back(*path);
    if (!path) problems.push_back("--ssm-name: " + path.error().message);
  }
  plan.aws = read_aws_settings(environment, problems);
  bool const tls = uses_tls(plan.aws.endpoints, {Service::ssm, Service::sts});
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

}  // namespace detail

/// Runs ssm-starter with the arguments behind its name; returns only where the command is not
/// started, and then gives the exit code.
[[nodiscard]] inline int run_starter(std::span<char const* const> arguments,
                                     Environment environment) {
  StarterArguments const read = read_starter_arguments(arguments);
  if (read.action == Action::show_help) return print(starter_help_text());
  if (read.action == Action::show_version) return print(version_text());
  complain(read.usage_errors);
  if (!read.usage_errors.empty()) return exit_usage;
  std::vector<std::string> problems;
  LoadPlan const plan = detail::starter_plan(read, environment, problems);
  complain(problems);
  if (!problems.empty()) return exit_settings;
  auto const loaded = load_parameters(plan, environment);
  if (!loaded) {
    complain({"ssm-starter: " + loaded.error().message});
    return exit_code_of(loaded.error());
  }
  auto const warning = unify_region_variables(environment, RegionVariables::equal);
  if (warning) plan.log.warning(*warning);
  auto const words = command_of(read.words);
  Error const why = words ? become(*words) : words.error();
  complain({"ssm-starter: " + why.message});
  return exit_code_of_start(why);
}

}  // namespace sla::inline v1
