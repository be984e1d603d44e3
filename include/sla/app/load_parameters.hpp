// SPDX-License-Identifier: MIT
#pragma once
// Loads parameters from SSM into the environment, of this process too, as the very first thing that
// a program does. Until it is done a stop signal ends it at once; afterwards the signals are as
// they were before.
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "sla/app/aws_access.hpp"
#include "sla/app/exit_code.hpp"
#include "sla/app/loaded_variables.hpp"
#include "sla/app/parameters.hpp"
#include "sla/app/settings/aws.hpp"
#include "sla/aws/config/endpoint.hpp"
#include "sla/aws/service/ssm.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/log.hpp"
#include "sla/core/result.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::app {

/// What to load, and as whom.
struct LoadPlan {
  std::vector<std::string> paths{};  ///< in order
  Duplicates duplicates = Duplicates::skip;
  AwsSettings aws{};
  std::string role{};  ///< its ARN; empty is none
  Logger log{};
  Duration limit = std::chrono::seconds{30};  ///< for all paths, without what credentials take
};

/// Returns what a program exits with when its parameters could not be loaded. What an answer or a
/// connection says is not about the settings.
[[nodiscard]] constexpr int exit_code_of(Error const& error) noexcept {
  switch (error.code) {
    case Errc::stopped:
      return exit_success;
    case Errc::exists:
      return exit_test_failed;
    case Errc::invalid:
      return error.http_status() + error.curl_code() == 0 ? exit_settings : exit_undelivered;
    default:
      return exit_undelivered;
  }
}

namespace detail {

inline Result<std::vector<aws::Parameter>> read_parameters(LoadPlan const& plan,
                                                           Environment const& environment,
                                                           Stop const& stop) {
  AwsSettings aws = plan.aws;
  if (auto known = complete_region(aws, environment, stop); !known) return known.error();
  AwsAccess const access{
      {.aws = aws, .environment = environment, .role = plan.role, .stop = stop, .log = plan.log}};
  ProgramClient client = access.client(stop);
  Instant const deadline = std::chrono::steady_clock::now() + plan.limit;
  std::vector<aws::Parameter> all;
  for (std::string const& path : plan.paths) {
    auto found = aws::get_parameters_by_path(
        client, aws.endpoints.in(aws.region, aws::Service::ssm), path, deadline);
    if (!found) return found;
    if (found->empty()) plan.log.warning("there are no parameters", {{"path", path}});
    for (aws::Parameter& parameter : *found) all.push_back(std::move(parameter));
  }
  return all;
}

}  // namespace detail

/// Loads the parameters into the environment and that of the process. Errc::stopped if a signal
/// asked to stop meanwhile, Errc::exists if a duplicate is a reason to stop.
[[nodiscard]] inline Result<LoadedVariables> load_parameters(LoadPlan const& plan,
                                                             Environment& environment) {
  Environment filled = environment;
  Result<LoadedVariables> loaded{LoadedVariables{}};
  {
    auto const stop = Stop::on_signals({.budget = Duration::zero()});
    if (!stop) return stop.error();
    auto const parameters = detail::read_parameters(plan, environment, *stop);
    if (stop->level() != StopLevel::none) {
      return Error{Errc::stopped, "stopped while the parameters were loaded"};
    }
    if (!parameters) return parameters.error();
    loaded = fill_environment(*parameters, plan.duplicates, filled, plan.log);
  }
  if (!loaded) return loaded;
  export_variables(*loaded, filled);
  environment = std::move(filled);
  return loaded;
}

}  // namespace sla::inline v1::app
