// SPDX-License-Identifier: MIT
#pragma once
// What AWS's own variables say about where requests go and how: they keep the meaning that the SDKs
// give them. Every problem is found in one go, before any request.
#include <unistd.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sla/aws/endpoint.hpp"
#include "sla/aws/endpoint_settings.hpp"
#include "sla/aws/region.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1 {

/// Where and how AWS is reached.
struct AwsSettings {
  std::string region{};  ///< empty where none is set
  EndpointSettings endpoints{};
  std::string ca_file{};  ///< the trusted certificates; empty is the system's
  int max_attempts = 3;
};

namespace detail {

inline void read_region(Environment const& environment, AwsSettings& settings,
                        std::vector<std::string>& problems) {
  for (std::string_view const name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    auto const text = environment.get(name);
    if (!text || trim(*text).empty()) continue;
    auto const region = parse_region(*text);
    if (!region) {
      problems.push_back(std::string(name) + ": " + region.error().message);
    } else {
      settings.region = region->region;
      if (region->fips == Fips::on) settings.endpoints.fips = Fips::on;
    }
    return;
  }
}

inline void read_ca_file(Environment const& environment, AwsSettings& settings,
                         std::vector<std::string>& problems) {
  for (std::string_view const name : {"AWS_CA_BUNDLE", "SSL_CERT_FILE"}) {
    auto const path = environment.get(name);
    if (!path) continue;
    settings.ca_file = *path;
    if (::access(settings.ca_file.c_str(), R_OK) != 0) {
      problems.push_back(std::string(name) + ": " + system_error(settings.ca_file).message);
    }
    return;
  }
}

inline void read_max_attempts(Environment const& environment, AwsSettings& settings,
                              std::vector<std::string>& problems) {
  auto const text = environment.get("AWS_MAX_ATTEMPTS");
  if (!text) return;
  auto const number = parse_integer<int>(trim(*text));
  if (!number || *number < 1 || *number > 100) {
    problems.emplace_back("AWS_MAX_ATTEMPTS: must be a whole number from 1 to 100");
  } else {
    settings.max_attempts = *number;
  }
}

}  // namespace detail

/// Reads the settings; adds a line to the problems for each that cannot be used.
[[nodiscard]] inline AwsSettings read_aws_settings(Environment const& environment,
                                                   std::vector<std::string>& problems) {
  AwsSettings settings;
  if (auto endpoints = endpoint_settings(environment)) {
    settings.endpoints = *std::move(endpoints);
  } else {
    problems.push_back(endpoints.error().message);
  }
  detail::read_region(environment, settings, problems);
  detail::read_ca_file(environment, settings, problems);
  detail::read_max_attempts(environment, settings, problems);
  return settings;
}

}  // namespace sla::inline v1
