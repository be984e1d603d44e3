// SPDX-License-Identifier: MIT
#pragma once
// Everything that the program knows before it starts anything: its settings and AWS's, after the
// parameters were loaded that they ask for. What is wrong with them as far as they are known is
// found before anything is asked.
#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/aws_access.hpp"
#include "sla/app/checks/checks_file.hpp"
#include "sla/app/checks/fetch_checks.hpp"
#include "sla/app/command.hpp"
#include "sla/app/load_parameters.hpp"
#include "sla/app/loaded_variables.hpp"
#include "sla/app/log_bucket.hpp"
#include "sla/app/parameters.hpp"
#include "sla/app/program_executor.hpp"
#include "sla/app/quoted.hpp"
#include "sla/app/region_variables.hpp"
#include "sla/app/settings/aws.hpp"
#include "sla/app/settings/checks_address.hpp"
#include "sla/app/settings/parse.hpp"
#include "sla/app/settings/table.hpp"
#include "sla/app/shard.hpp"
#include "sla/aws/http/url.hpp"
#include "sla/aws/service/arn.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/log.hpp"
#include "sla/core/result.hpp"

namespace sla::inline v1::app {

/// What was found out; the problems of both kinds of settings are those of `parsed`.
struct Startup {
  Parsed parsed{};
  AwsSettings aws{};
  Environment environment{};    ///< with the parameters
  std::vector<Check> checks{};  ///< of the file, if the settings name one and it was read
  bool secret_checks = false;   ///< what the file says is not to be shown

  /// Returns true if the program may go on.
  [[nodiscard]] bool good() const noexcept { return parsed.exit_code() == 0; }
};

/// Returns true if settings name something at AWS, whatever it is.
[[nodiscard]] inline bool names_aws(Parsed const& parsed) {
  for (std::size_t const row : {setting_index("sns-topic-arn"), setting_index("sns-topic-name"),
                                setting_index("s3-bucket-name"), setting_index("metrics-namespace"),
                                setting_index("ssm-name"), setting_index("role")}) {
    if (parsed.origins[row] != Origin::fallback) return true;
  }
  return is_at_aws(parsed.settings.checks);
}

namespace detail {

/// Returns true if a run with these settings asks AWS, or nobody can know yet because its sink is
/// still missing.
inline bool may_ask_aws(Startup const& startup, ParseOptions::Missing missing) {
  auto const has_witness = [](Settings const& settings) {
    return std::count(settings.witness.begin(), settings.witness.end(), "aws") != 0;
  };
  Settings const& settings = startup.parsed.settings;
  bool const no_sink = missing == ParseOptions::Missing::is_a_problem && !settings.dry_run &&
                       !settings.disabled &&
                       startup.parsed.origins[setting_index("store")] == Origin::fallback;
  bool const witness = has_witness(settings) ||
                       std::any_of(startup.checks.begin(), startup.checks.end(),
                                   [&](Check const& check) { return has_witness(check.settings); });
  return no_sink || witness || names_aws(startup.parsed);
}

/// Reads AWS's own settings. What is wrong with them stops what asks AWS and nothing else: a
/// machine's profile is no reason not to fill a local store.
inline AwsSettings read_aws(Startup& startup, ParseOptions::Missing missing) {
  std::vector<std::string> found;
  AwsSettings aws = read_aws_settings(startup.environment, found);
  bool const asks = missing == ParseOptions::Missing::is_fine || may_ask_aws(startup, missing);
  for (std::string const& line : found) {
    if (asks) {
      startup.parsed.problems.push_back(line);
    } else {
      startup.parsed.warnings.push_back(line + "; nothing here asks AWS");
    }
  }
  return aws;
}

/// Returns true if the program speaks TLS, to AWS or as a probe; `identity` always does, and needs
/// no sink.
inline bool needs_trust(Startup const& startup, ParseOptions::Missing missing) {
  Settings const& settings = startup.parsed.settings;
  aws::EndpointSettings const& endpoints = startup.aws.endpoints;
  auto const asks_tls = [](Settings const& one) { return !one.disabled && aws::is_https(one.url); };
  if (asks_tls(settings)) return true;
  for (Check const& check : startup.checks) {
    if (!settings.disabled && asks_tls(check.settings)) return true;
  }
  aws::Service const keeper =
      settings.checks.starts_with("s3://") ? aws::Service::s3 : aws::Service::ssm;
  if (is_at_aws(settings.checks) && uses_tls(endpoints, {keeper})) return true;
  if (settings.disabled || settings.dry_run) return !settings.ssm_names.empty();
  bool const topic = !settings.sns_topic_arn.empty() || !settings.sns_topic_name.empty();
  bool const other = missing == ParseOptions::Missing::is_fine || !settings.role.empty();
  return (topic && uses_tls(endpoints, {aws::Service::sns})) ||
         (!settings.s3_bucket_name.empty() && uses_tls(endpoints, {aws::Service::s3})) ||
         (!settings.metrics_namespace.empty() && uses_tls(endpoints, {aws::Service::cloudwatch})) ||
         (!settings.ssm_names.empty() && uses_tls(endpoints, {aws::Service::ssm})) ||
         (other && uses_tls(endpoints, {aws::Service::sts}));
}

/// Returns the shard of this process, or one without an index if it has all checks or nobody knows
/// which.
inline Shard own_shard(Startup& startup) {
  Parsed& parsed = startup.parsed;
  if (parsed.settings.shard.empty()) return {};
  auto shard = parse_shard(parsed.settings.shard);
  if (!shard) return {};  // which is told already
  shard = find_shard(*shard, startup.environment, host_name());
  if (!shard) {
    std::string const label = setting_label(parsed, setting_index("shard"));
    parsed.problems.push_back(label + ": " + shard.error().message);
    return {};
  }
  std::string const count = std::to_string(shard->count);
  parsed.settings.shard = std::to_string(*shard->index).append("/").append(count);
  return *shard;
}

/// Reads the file of checks, if there is one, once all is known that holds for each of them. One
/// that AWS keeps is read if it was fetched.
inline void read_checks_file(Startup& startup, ParseOptions options,
                             FetchedChecks const* fetched = nullptr) {
  Parsed& parsed = startup.parsed;
  std::string const& path = parsed.settings.checks;
  bool const pending = options.loaded == nullptr && !parsed.settings.ssm_names.empty();
  if (path.empty() || pending || options.missing == ParseOptions::Missing::is_fine) return;
  std::string const label = setting_label(parsed, setting_index("checks")) + ": ";
  if (options.missing == ParseOptions::Missing::for_a_gate) {
    parsed.problems.push_back(label + "a gate has one test");
    return;
  }
  Shard const own = own_shard(startup);
  bool const remote = is_at_aws(path);
  if (remote && fetched == nullptr) {
    auto const address = parse_checks_address(path, startup.environment);
    bool const told = check_checks(path).has_value();
    if (!address && told) parsed.problems.push_back(label + address.error().message);
    return;
  }
  auto const text =
      remote ? Result<std::string>("") : internal::read_file(path, ChecksFile::size_limit);
  ChecksFile file;
  if (text) file = read_checks(remote ? fetched->text : *text, parsed, own);
  if (!file.mistake.empty()) file.mistake.insert(0, quoted(std::string_view(path)) + ": ");
  if (!text) file.mistake = text.error().message;
  if (!file.mistake.empty()) parsed.problems.push_back(label + file.mistake);
  std::move(file.problems.begin(), file.problems.end(), std::back_inserter(parsed.problems));
  startup.checks = std::move(file.checks);
  startup.secret_checks = remote && fetched->secret;
}

/// Both kinds of settings. If nothing says the region it is that of the topic.
inline Startup read_startup(Arguments const& arguments, Environment environment,
                            ParseOptions options, FetchedChecks const* fetched = nullptr) {
  Startup startup{.environment = std::move(environment)};
  startup.parsed = parse_settings(arguments, startup.environment, options);
  read_checks_file(startup, options, fetched);
  startup.aws = read_aws(startup, options.missing);
  bool const trust = needs_trust(startup, options.missing);
  if (trust && !startup.aws.trust_problem.empty()) {
    startup.parsed.problems.push_back(startup.aws.trust_problem);
  }
  auto const topic = aws::parse_topic_arn(startup.parsed.settings.sns_topic_arn);
  if (topic && startup.aws.region.empty()) startup.aws.region = topic->region;
  auto const good = check_log_bucket(startup.parsed.settings, startup.aws);
  if (!good) startup.parsed.problems.push_back(good.error().message);
  return startup;
}

/// The paths of the parameters that the settings ask for.
inline std::vector<std::string> parameter_paths(Startup& startup) {
  constexpr std::size_t row = setting_index("ssm-name");
  std::vector<std::string> paths;
  for (std::string const& name : startup.parsed.settings.ssm_names) {
    auto const path = parameter_path(name, startup.environment);
    if (path) paths.push_back(*path);
    if (path) continue;
    startup.parsed.problems.push_back(
        setting_label(setting_table[row], startup.parsed.origins[row]) + ": " +
        path.error().message);
  }
  return paths;
}

/// The region for the command; a warning is one more of the settings'.
inline void unify_regions(Startup& startup, RegionVariables rule) {
  auto warning = unify_region_variables(startup.environment, rule);
  if (warning) startup.parsed.warnings.push_back(*std::move(warning));
}

}  // namespace detail

/// Finds what is wrong with the settings besides a command line with mistakes.
template <ParseOptions::Missing IfMissing>
[[nodiscard]] std::vector<std::string> startup_problems(Arguments const& arguments,
                                                        Environment const& environment) {
  Parsed parsed = detail::read_startup(arguments, environment, {.missing = IfMissing}).parsed;
  std::vector<std::string> lines = std::move(parsed.problems);
  lines.insert(lines.end(), parsed.hints.begin(), parsed.hints.end());
  return lines;
}

namespace detail {

/// Goes on with the checks that AWS keeps, if the settings name such and are good otherwise.
inline Result<Startup> with_checks(Startup startup, Arguments const& arguments,
                                   ParseOptions options) {
  Settings const& settings = startup.parsed.settings;
  bool const asks = is_at_aws(settings.checks) && startup.good() &&
                    options.missing == ParseOptions::Missing::is_a_problem;
  if (!asks) return startup;
  Logger const log{{.format = settings.log_format}};
  auto const fetched = fetch_checks_first(startup.aws, settings, startup.environment, log);
  if (!fetched) {
    return fetched.error().within(setting_label(startup.parsed, setting_index("checks")));
  }
  return read_startup(arguments, std::move(startup.environment), options, &*fetched);
}

}  // namespace detail

/// Reads the settings, loads the parameters that they ask for and the checks that AWS keeps, and
/// reads the settings again with what came. An Error is why that was not to be had; see
/// exit_code_of().
[[nodiscard]] inline Result<Startup> start_up(
    Arguments const& arguments, Environment environment,
    ParseOptions::Missing missing = ParseOptions::Missing::is_a_problem) {
  Startup first = detail::read_startup(arguments, std::move(environment), {.missing = missing});
  std::vector<std::string> const paths = detail::parameter_paths(first);
  if (!first.good()) return first;
  if (paths.empty()) {
    auto ready = detail::with_checks(std::move(first), arguments, {.missing = missing});
    if (ready) detail::unify_regions(*ready, RegionVariables::keep);
    return ready;
  }
  Logger const log{{.format = first.parsed.settings.log_format}};
  auto const loaded = load_parameters(
      {.paths = paths, .aws = first.aws, .role = first.parsed.settings.role, .log = log},
      first.environment);
  if (!loaded) return loaded.error().within("parameters");
  ParseOptions const options{.loaded = &*loaded, .missing = missing};
  auto second = detail::with_checks(
      detail::read_startup(arguments, std::move(first.environment), options), arguments, options);
  if (second) detail::unify_regions(*second, RegionVariables::equal);
  return second;
}

}  // namespace sla::inline v1::app
