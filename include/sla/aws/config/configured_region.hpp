// SPDX-License-Identifier: MIT
#pragma once
// The region that the user set, in the order of the SDKs: a flag, AWS_REGION, AWS_DEFAULT_REGION,
// the profile. If nobody set one, an EC2 instance still knows its own: aws/service/imds.hpp.
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sla/aws/config/profile.hpp"
#include "sla/aws/config/region.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::aws {

/// Returns the region, or nothing if none is set. A blank setting counts as none; Errc::invalid,
/// with the name of the setting, if it is no region.
[[nodiscard]] inline Result<std::optional<RegionSetting>> configured_region(
    std::string_view flag, Environment const& environment, Profile const& profile) {
  struct Named {
    std::string_view name;
    std::optional<std::string_view> value;
  };
  for (Named const& setting : {Named{"the flag", flag},
                               {"AWS_REGION", environment.get("AWS_REGION")},
                               {"AWS_DEFAULT_REGION", environment.get("AWS_DEFAULT_REGION")},
                               {"region of the profile", profile.get("region")}}) {
    if (!setting.value || trim(*setting.value).empty()) continue;
    auto region = parse_region(*setting.value);
    if (!region) return std::move(region).error().within(setting.name);
    return std::optional<RegionSetting>(*std::move(region));
  }
  return std::optional<RegionSetting>{};
}

}  // namespace sla::inline v1::aws
