// SPDX-License-Identifier: MIT
#pragma once
// Puts together what names of resources are made of, from the settings and what is known of the
// account, and says what is not known.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/access/rights.hpp"
#include "sla/app/checks/checks_file.hpp"
#include "sla/app/parameter_path.hpp"
#include "sla/app/settings/checks_address.hpp"
#include "sla/app/settings/settings.hpp"
#include "sla/aws/config/region.hpp"
#include "sla/aws/service/arn.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/result.hpp"

namespace sla::inline v1::app {

/// What is known besides the settings; an empty text is not known.
struct KnownPlace {
  std::string region{};
  std::string account{};
};

namespace detail {

/// The partition of the first ARN that can be read.
inline std::string partition_of_arns(Settings const& settings) {
  for (std::string const* const text :
       {&settings.sns_topic_arn, &settings.role, &settings.s3_kms_key_id}) {
    if (auto const arn = aws::parse_arn(*text)) return arn->partition;
  }
  return "aws";
}

}  // namespace detail

namespace detail {

/// Returns the ARN of a file of checks that AWS keeps; nothing for another one.
inline std::string arn_of_checks(AccessScope const& scope, Environment const& environment) {
  std::string const& checks = scope.settings.checks;
  auto const address = is_at_aws(checks) ? parse_checks_address(checks, environment)
                                         : Result<ChecksAddress>(ChecksAddress{});
  if (!address) {
    return own_arn(scope, "ssm", std::string("parameter/*/").append(checks, ssm_scheme.size()));
  }
  if (!address->region.empty()) return address->parameter;
  if (!address->parameter.empty()) return own_arn(scope, "ssm", "parameter" + address->parameter);
  if (address->bucket.empty()) return {};
  return std::string("arn:").append(scope.partition).append(":s3:::").append(address->bucket) +
         '/' + literal_resource(address->key);
}

}  // namespace detail

/// Returns the scope of settings in a place. The region of a topic and the account of a role are
/// known by their ARNs. Parameters by name without AWS_ENV are in any stage.
[[nodiscard]] inline AccessScope access_scope(Settings const& settings, KnownPlace place,
                                              Environment const& environment) {
  AccessScope scope{.settings = settings, .partition = detail::partition_of_arns(settings)};
  auto const topic = aws::parse_topic_arn(settings.sns_topic_arn);
  if (place.region.empty() && topic) place.region = topic->region;
  if (!place.region.empty()) scope.partition = aws::partition_of(place.region).name;
  if (!place.region.empty()) scope.region = std::move(place.region);
  auto const role = aws::parse_arn(settings.role);
  if (place.account.empty() && role) place.account = role->account;
  if (!place.account.empty()) scope.account = std::move(place.account);
  for (std::string const& name : settings.ssm_names) {
    auto path = parameter_path(name, environment);
    std::string const any_stage = "/*/" + name + "/";
    scope.parameter_paths.push_back(path ? *std::move(path) : any_stage);
  }
  scope.checks_arn = detail::arn_of_checks(scope, environment);
  return scope;
}

/// Returns the services of a file of checks, each once.
[[nodiscard]] inline std::vector<std::string> services_of(std::vector<Check> const& checks) {
  std::vector<std::string> services;
  for (Check const& check : checks) {
    std::string const& service = check.settings.service;
    bool const known = std::find(services.begin(), services.end(), service) != services.end();
    if (!known) services.push_back(service);
  }
  return services;
}

/// Returns true if one of the rights names any account, or any region, for want of the right one.
[[nodiscard]] inline bool has_gap(std::vector<Right> const& rights, std::string_view gap) {
  for (Right const& right : rights) {
    for (std::string const& resource : right.resources) {
      if (resource.find(gap) != std::string::npos) return true;
    }
  }
  return false;
}

}  // namespace sla::inline v1::app
