// SPDX-License-Identifier: MIT
#pragma once
// The main function of iam-starter, which is this program by another name: gets the credentials of
// a profile, or of a role on top of them, and becomes the command with them in its environment, or
// prints them as lines to be sourced. What is wrong is said before anything is asked.
#include <stdlib.h>

#include <array>
#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/aws_access.hpp"
#include "sla/app/become.hpp"
#include "sla/app/command.hpp"
#include "sla/app/exit_code.hpp"
#include "sla/app/load_parameters.hpp"
#include "sla/app/printing.hpp"
#include "sla/app/quoted.hpp"
#include "sla/app/settings/aws.hpp"
#include "sla/app/settings/checks.hpp"
#include "sla/app/settings/values.hpp"
#include "sla/aws/call/client.hpp"
#include "sla/aws/config/endpoint.hpp"
#include "sla/aws/config/profile.hpp"
#include "sla/aws/config/region.hpp"
#include "sla/aws/credential/role_caller.hpp"
#include "sla/aws/service/iam.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/result.hpp"
#include "sla/core/stop.hpp"

namespace sla::inline v1::app {

/// How the variables are printed.
enum class VariableFormat {
  shell,  ///< lines that a shell reads: `export NAME='value'`
  env,    ///< the lines of a file of variables: `NAME=value`
};

template <>
inline constexpr std::array choices<VariableFormat>{
    Choice<VariableFormat>{"shell", VariableFormat::shell},
    Choice<VariableFormat>{"env", VariableFormat::env}};

namespace detail {

/// The variables that hold credentials or say something about them.
inline constexpr std::array<char const*, 5> credential_variables{
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION",
    "AWS_ACCOUNT_ID"};

/// What to ask for, and as whom.
struct IamPlan {
  Environment environment{};  ///< with what the flags say
  AwsSettings aws{};
  std::string role{};
};

/// The flags go before the environment: a profile that is named goes before keys in it.
inline void apply_flags(Arguments const& arguments, Environment& environment,
                        std::vector<std::string>& problems) {
  if (arguments.has("--profile")) {
    for (char const* const name : credential_variables) environment.set(name, "");
    environment.set("AWS_DEFAULT_PROFILE", std::string(arguments.value("--profile")));
    auto const profiles = aws::Profiles::load(environment, {});
    auto const found = profiles ? profiles->find(aws::choose_profile(environment)) : aws::Profile{};
    if (!found) problems.push_back("--profile: " + found.error().message);
    if (!found) environment.set("AWS_DEFAULT_PROFILE", "");
    if (!found) environment.set("AWS_PROFILE", "");
  }
  if (!arguments.has("--region")) return;
  std::string const name(arguments.value("--region"));
  auto const region = aws::parse_region(name);
  if (!region) problems.push_back("--region: " + region.error().message);
  if (region) environment.set("AWS_REGION", name);
}

inline IamPlan iam_plan(Arguments const& arguments, Environment const& environment,
                        std::vector<std::string>& problems) {
  IamPlan plan{.environment = environment, .role = std::string(arguments.value("--role"))};
  apply_flags(arguments, plan.environment, problems);
  plan.aws = read_aws_settings(plan.environment, problems);
  if (plan.role.empty()) return plan;
  bool const arn = plan.role.starts_with("arn:");
  auto const good = arn ? check_role_arn(plan.role) : aws::check_role_name(plan.role);
  if (!good)
    problems.push_back("--role: " + sla::app::quoted(plan.role) + ": " + good.error().message);
  return plan;
}

/// Asks for the keys, and for the role with them.
inline Result<aws::Credentials> ask_for_keys(IamPlan const& plan, AwsAccess const& access,
                                             Stop const& stop) {
  HurriedClock const clock = access.clock();
  auto keys = access.source().credentials(clock.wall());
  if (!keys || plan.role.empty()) return keys;
  aws::Role role{.arn = plan.role, .session_name = program_session_name()};
  if (!role.arn.starts_with("arn:")) {
    aws::Client<ProgramTransport, aws::GivenCredentials, HurriedClock> client{
        ProgramTransport(access.services(stop)),
        {*keys},
        {.max_attempts = plan.aws.max_attempts},
        clock,
        {},
        access.skew()};
    auto arn = aws::get_role_arn(client, plan.aws.endpoints.in(plan.aws.region, aws::Service::iam),
                                 plan.role, clock.now() + std::chrono::seconds{30});
    if (!arn) return arn.error();
    role.arn = *std::move(arn);
  }
  aws::RoleCaller<ProgramTransport, HurriedClock> caller{ProgramTransport(access.services(stop)),
                                                         clock, access.sts()};
  auto assumed = caller.assume(role, *keys);
  if (!assumed) return std::move(assumed).error().within("role " + role.arn);
  return assumed;
}

/// The keys; the region is completed. Errc::stopped if a signal asked to stop meanwhile.
inline Result<aws::Credentials> find_keys(IamPlan& plan) {
  auto const stop = Stop::on_signals({.budget = Duration::zero()});
  if (!stop) return stop.error();
  auto const known = complete_region(plan.aws, plan.environment, *stop);
  if (!known) return known.error();
  AwsAccess const access{{.aws = plan.aws, .environment = plan.environment, .stop = *stop}};
  auto keys = ask_for_keys(plan, access, *stop);
  if (stop->level() == StopLevel::none) return keys;
  return Error{Errc::stopped, "stopped while the credentials were asked for"};
}

/// A variable and its value; without one it is to be removed.
struct ExportedVariable {
  std::string_view name;
  std::string_view value;
};

inline std::array<ExportedVariable, 5> exported_variables(aws::Credentials const& keys,
                                                          std::string_view region) {
  return {{{"AWS_ACCESS_KEY_ID", keys.access_key_id},
           {"AWS_SECRET_ACCESS_KEY", keys.secret_access_key.reveal()},
           {"AWS_SESSION_TOKEN", keys.session_token.reveal()},
           {"AWS_REGION", region},
           {"AWS_DEFAULT_REGION", region}}};
}

/// The lines; no value holds a quote or a character that is not visible.
inline std::string variable_lines(std::span<ExportedVariable const> variables,
                                  VariableFormat format) {
  std::string text;
  for (auto const& [name, value] : variables) {
    bool const shell = format == VariableFormat::shell;
    if (shell && value.empty()) {
      text.append("unset ").append(name).append("\n");
      continue;
    }
    if (shell) text += "export ";
    text.append(name).append(shell ? "='" : "=");
    for (char const c : value)
      text += shell && c == '\'' ? std::string("'\\''") : std::string(1, c);
    text += shell ? "'\n" : "\n";
  }
  return text;
}

/// Returns if no command is started, and then gives the exit code.
inline int run_iam_starter(Arguments const& arguments, Environment const& environment) {
  bool const run = arguments.has("--command");
  if (run && arguments.has("--format")) {
    complain({"iam-starter: --format and --command exclude each other"});
    return exit_usage;
  }
  std::vector<std::string> problems;
  IamPlan plan = iam_plan(arguments, environment, problems);
  if (complain(problems)) return exit_settings;
  auto const keys = find_keys(plan);
  if (!keys) {
    complain({"iam-starter: " + keys.error().message});
    return exit_code_of(keys.error());
  }
  auto const variables = exported_variables(*keys, plan.aws.region);
  if (!run) {
    auto const format =
        value_of<VariableFormat>(arguments, "--format").value_or(VariableFormat::shell);
    std::string lines = variable_lines(variables, format);
    // What the shell has of other credentials would be taken for a word about these.
    for (std::string_view const name : {"AWS_CREDENTIAL_EXPIRATION", "AWS_ACCOUNT_ID"}) {
      bool const stale = environment.get(name) && format == VariableFormat::shell;
      if (stale) lines.append("unset ").append(name).append("\n");
    }
    return print(lines);
  }
  for (char const* const name : credential_variables) ::unsetenv(name);
  for (auto const& [name, value] : variables) {
    if (value.empty()) continue;
    ::setenv(std::string(name).c_str(), std::string(value).c_str(), 1);
  }
  return become_command("iam-starter", arguments.all("--command"));
}

inline constexpr Flag iam_starter_flags[] = {
    {"profile", "NAME", "whose credentials, instead of those that the environment says"},
    {"role", "NAME|ARN",
     "the role to assume with them; a name is looked up with iam:GetRole in the account that they "
     "are of"},
    {"region", "REGION", "instead of that of the environment or the profile"},
    {"command", "WORD...",
     "everything that follows, unchanged; one text alone is read by the shell", Takes::rest},
    {.name = "format",
     .value = "shell|env",
     .meaning = "without a command: what to print, lines for a shell to source (the default) or "
                "those of a file of variables",
     .check = check_value<VariableFormat>},
};

}  // namespace detail

inline constexpr Command iam_starter_command{
    .name = "iam-starter",
    .own_program = true,
    .purpose = "Gets the credentials of a profile or a role and becomes a command with them.",
    .usage =
        "iam-starter [--profile NAME] [--role NAME|ARN] [--region REGION] --command WORD...\n"
        "iam-starter [--profile NAME] [--role NAME|ARN] [--region REGION] [--format shell|env]",
    .about =
        "It is a link to sla-runner. It sets AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, "
        "AWS_SESSION_TOKEN, AWS_REGION and AWS_DEFAULT_REGION. Once the command is started "
        "the exit code is that of the command.",
    .flags = detail::iam_starter_flags,
    .exit_codes = {{{exit_success, "the variables are printed"},
                    usage_exit,
                    {exit_undelivered, "AWS did not give the credentials"},
                    settings_exit,
                    no_execution_exit,
                    no_command_exit}},
    .run = detail::run_iam_starter,
};

}  // namespace sla::inline v1::app
