// SPDX-License-Identifier: MIT
#pragma once
// What the user's settings say about endpoints, in the order in which the SDKs ask: the variable of
// the service, the variable of all services, the profile's section of the service, the profile. The
// two inputs are functions, so that this knows neither the process nor the format of a file.
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sla/aws/config/bucket.hpp"
#include "sla/aws/config/endpoint.hpp"
#include "sla/aws/http/transport.hpp"
#include "sla/aws/http/url.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::aws {

/// Returns the last part of the variable AWS_ENDPOINT_URL_<SERVICE>; in lower case the profile's
/// name.
[[nodiscard]] constexpr std::string_view settings_name(Service service) noexcept {
  constexpr std::array<std::string_view, 6> names{"SNS", "S3", "STS", "SSM", "CLOUDWATCH", "IAM"};
  return names[static_cast<std::size_t>(service)];
}

/// Where requests go, as far as the region of a request does not decide it.
struct EndpointSettings {
  Fips fips = Fips::off;
  DualStack dual_stack = DualStack::off;
  Addressing addressing = Addressing::automatic;
  ObjectChecksum checksum = ObjectChecksum::sha256;
  std::array<std::optional<Url>, 6> custom{};  ///< by Service

  /// Returns the options for a service in a region.
  [[nodiscard]] EndpointOptions in(std::string_view region, Service service) const {
    return {std::string(region), fips, dual_stack, custom[static_cast<std::size_t>(service)]};
  }
};

/// A profile that says nothing.
struct NoProfile {
  std::optional<std::string_view> operator()(std::string_view /*key*/) const {
    return std::nullopt;
  }
};

namespace detail {

/// The two names of one setting; an empty one is not asked for.
struct SettingNames {
  std::string_view variable{};
  std::string_view key{};  ///< in the profile
};

/// One setting and where it was found, so that an error can name it.
struct FoundSetting {
  std::string name{};
  std::string_view value{};
};

/// What is set and not blank, in the variable or else in the profile.
template <class Variables, class Profile>
std::optional<FoundSetting> find_setting(Variables const& variables, Profile const& profile,
                                         SettingNames names) {
  std::optional<std::string_view> value;
  if (!names.variable.empty()) value = variables(names.variable);
  if (value && !trim(*value).empty())
    return FoundSetting{std::string(names.variable), trim(*value)};
  value.reset();
  if (!names.key.empty()) value = profile(names.key);
  if (value && !trim(*value).empty()) return FoundSetting{std::string(names.key), trim(*value)};
  return std::nullopt;
}

inline Result<bool> read_switch(std::optional<FoundSetting> const& setting) {
  if (!setting || same_ignoring_case(setting->value, "false")) return false;
  if (same_ignoring_case(setting->value, "true")) return true;
  return Error{Errc::invalid, setting->name + ": must be true or false"};
}

inline Result<Addressing> read_addressing(std::optional<std::string_view> text) {
  std::string_view const style = text ? trim(*text) : "";
  if (style.empty() || same_ignoring_case(style, "auto")) return Addressing::automatic;
  if (same_ignoring_case(style, "path")) return Addressing::path;
  if (same_ignoring_case(style, "virtual")) return Addressing::virtual_hosted;
  return Error{Errc::invalid, "s3.addressing_style: must be auto, path or virtual"};
}

inline Result<ObjectChecksum> read_checksum(std::optional<FoundSetting> const& setting) {
  if (!setting || same_ignoring_case(setting->value, "when_supported")) {
    return ObjectChecksum::sha256;
  }
  if (same_ignoring_case(setting->value, "when_required")) return ObjectChecksum::none;
  return Error{Errc::invalid, setting->name + ": must be when_supported or when_required"};
}

/// The custom endpoint of a service; both variables go before both places of the profile.
template <class Variables, class Profile>
Result<std::optional<Url>> read_custom(Variables const& variables, Profile const& profile,
                                       Service service) {
  std::string const variable = "AWS_ENDPOINT_URL_" + std::string(settings_name(service));
  std::string const section = lower(settings_name(service)) + ".endpoint_url";
  std::optional<FoundSetting> found;
  for (SettingNames const names : {SettingNames{variable, ""},
                                   {"AWS_ENDPOINT_URL", ""},
                                   {"", section},
                                   {"", "endpoint_url"}}) {
    if (!found) found = find_setting(variables, profile, names);
  }
  if (!found) return std::optional<Url>{};
  auto url = parse_url(found->value);
  if (!url) return std::move(url).error().within(found->name);
  return std::optional<Url>(*std::move(url));
}

}  // namespace detail

/// Reads the settings from `variables(name)` and `profile(key)`, which give a text or nothing. The
/// keys of the profile are `use_fips_endpoint`, `use_dualstack_endpoint`, `endpoint_url`,
/// `ignore_configured_endpoint_urls`, `request_checksum_calculation`, `s3.addressing_style`, and
/// `sns.endpoint_url` and so on for what stands in its section of services. The error names the
/// setting that is wrong.
template <class Variables, class Profile = NoProfile>
[[nodiscard]] Result<EndpointSettings> read_endpoint_settings(Variables const& variables,
                                                              Profile const& profile = {}) {
  EndpointSettings settings{};
  auto const fips = detail::read_switch(
      detail::find_setting(variables, profile, {"AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"}));
  if (!fips) return fips.error();
  auto const dual_stack = detail::read_switch(detail::find_setting(
      variables, profile, {"AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"}));
  if (!dual_stack) return dual_stack.error();
  auto const ignore = detail::read_switch(detail::find_setting(
      variables, profile,
      {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"}));
  if (!ignore) return ignore.error();
  auto const addressing = detail::read_addressing(profile("s3.addressing_style"));
  if (!addressing) return addressing.error();
  auto const checksum = detail::read_checksum(detail::find_setting(
      variables, profile, {"AWS_REQUEST_CHECKSUM_CALCULATION", "request_checksum_calculation"}));
  if (!checksum) return checksum.error();
  settings.checksum = *checksum;
  settings.fips = *fips ? Fips::on : Fips::off;
  settings.dual_stack = *dual_stack ? DualStack::on : DualStack::off;
  settings.addressing = *addressing;
  if (*ignore) return settings;
  for (Service const service :
       {Service::sns, Service::s3, Service::sts, Service::ssm, Service::cloudwatch, Service::iam}) {
    auto custom = detail::read_custom(variables, profile, service);
    if (!custom) return custom.error();
    settings.custom[static_cast<std::size_t>(service)] = *std::move(custom);
  }
  return settings;
}

/// Reads the settings from an environment alone.
[[nodiscard]] inline Result<EndpointSettings> endpoint_settings(Environment const& environment) {
  return read_endpoint_settings([&](std::string_view name) { return environment.get(name); });
}

}  // namespace sla::inline v1::aws
