// SPDX-License-Identifier: MIT
#pragma once
// What AWS's own variables and the profile say about where requests go and how: they keep the
// meaning that the SDKs give them. Every problem is found in one go, before any request.
#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/aws/config/configured_region.hpp"
#include "sla/aws/config/endpoint.hpp"
#include "sla/aws/config/endpoint_settings.hpp"
#include "sla/aws/config/file_reader.hpp"
#include "sla/aws/config/profile.hpp"
#include "sla/aws/config/region.hpp"
#include "sla/aws/http/trust.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::app {

/// Where and how AWS is reached.
struct AwsSettings {
  std::string region{};  ///< empty if nothing says it
  aws::EndpointSettings endpoints{};
  aws::Trust trust{};           ///< whom TLS trusts; empty is the system's authorities
  std::string trust_problem{};  ///< why it cannot, which matters to who uses TLS
  int max_attempts = 3;
};

namespace detail {

/// The profile that is in use; an empty one if there is none, or a problem with it.
inline aws::Profile read_profile(Environment const& environment, aws::FileReader const& files,
                                 std::vector<std::string>& problems) {
  auto const profiles = aws::Profiles::load(environment, files);
  if (!profiles) {
    problems.push_back(profiles.error().message);
    return {};
  }
  aws::ProfileChoice const choice = aws::choose_profile(environment);
  auto profile = profiles->find(choice);
  if (profile) return *std::move(profile);
  std::string const by = choice.variable.empty() ? "" : std::string(choice.variable) + ": ";
  problems.push_back(by + profile.error().message);
  return {};
}

inline void read_region(Environment const& environment, aws::Profile const& profile,
                        AwsSettings& settings, std::vector<std::string>& problems) {
  auto const region = aws::configured_region({}, environment, profile);
  if (!region) {
    problems.push_back(region.error().message);
  } else if (*region) {
    settings.region = (*region)->region;
    if ((*region)->fips == aws::Fips::on) settings.endpoints.fips = aws::Fips::on;
  }
}

inline void read_trust(Environment const& environment, aws::Profile const& profile,
                       AwsSettings& settings) {
  settings.trust = aws::choose_trust([&](std::string_view name) { return environment.get(name); },
                                     [&](std::string_view key) { return profile.get(key); });
  std::string& file = settings.trust.file;
  if (!file.empty()) file = aws::Profiles::expand_home(file, environment);
  if (auto const good = aws::check_trust(settings.trust); !good) {
    settings.trust_problem = good.error().message;
  }
}

inline void read_max_attempts(Environment const& environment, aws::Profile const& profile,
                              AwsSettings& settings, std::vector<std::string>& problems) {
  auto text = environment.get("AWS_MAX_ATTEMPTS");
  std::string const name = text ? "AWS_MAX_ATTEMPTS" : "max_attempts of the profile";
  if (!text) text = profile.get("max_attempts");
  if (!text) return;
  auto const number = parse_integer<int>(trim(*text));
  if (!number || *number < 1 || *number > 100) {
    problems.push_back(name + ": must be a whole number from 1 to 100");
  } else {
    settings.max_attempts = *number;
  }
}

}  // namespace detail

/// Returns true if requests to one of the services go over TLS.
[[nodiscard]] inline bool uses_tls(aws::EndpointSettings const& endpoints,
                                   std::initializer_list<aws::Service> services) {
  return std::any_of(services.begin(), services.end(), [&](aws::Service service) {
    auto const& custom = endpoints.in({}, service).custom;
    return !custom || custom->scheme == aws::Scheme::https;
  });
}

/// Reads the settings; adds a line to the problems for each that cannot be used.
[[nodiscard]] inline AwsSettings read_aws_settings(Environment const& environment,
                                                   std::vector<std::string>& problems,
                                                   aws::FileReader const& files = {}) {
  AwsSettings settings;
  aws::Profile const profile = detail::read_profile(environment, files, problems);
  auto const variables = [&](std::string_view name) { return environment.get(name); };
  if (auto endpoints = aws::read_endpoint_settings(variables, profile)) {
    settings.endpoints = *std::move(endpoints);
  } else {
    problems.push_back(endpoints.error().message);
  }
  detail::read_region(environment, profile, settings, problems);
  detail::read_trust(environment, profile, settings);
  detail::read_max_attempts(environment, profile, settings, problems);
  return settings;
}

}  // namespace sla::inline v1::app
