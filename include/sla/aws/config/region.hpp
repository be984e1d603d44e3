// SPDX-License-Identifier: MIT
#pragma once
// Regions and the partitions they belong to. A region becomes part of a host name, so its form is
// checked; whether it exists is not, because new ones appear. The table follows the public
// partitions.json of the SDKs; what no line of it matches is taken for the partition aws.
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "sla/aws/http/url.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::aws {

/// Whether requests go to hosts that use validated cryptography (FIPS 140).
enum class Fips { off, on };

/// A group of regions that share accounts and the ends of host names.
struct Partition {
  std::string_view name;
  std::string_view dns_suffix;
  std::string_view dual_stack_suffix;
  /// What stands before `-<word>-<number>` in the names of its regions.
  std::array<std::string_view, 9> prefixes;
};

/// All partitions; the first is that of unknown regions.
inline constexpr std::array<Partition, 8> partitions{{
    {"aws", "amazonaws.com", "api.aws", {"us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"}},
    {"aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", {"cn"}},
    {"aws-us-gov", "amazonaws.com", "api.aws", {"us-gov"}},
    {"aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu", {"eusc-de"}},
    {"aws-iso", "c2s.ic.gov", "api.aws.ic.gov", {"us-iso"}},
    {"aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud", {"us-isob"}},
    {"aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", {"eu-isoe"}},
    {"aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov", {"us-isof"}},
}};

namespace detail {

/// Returns true if a region is `<prefix>-<word>-<number>`.
constexpr bool has_region_prefix(std::string_view region, std::string_view prefix) noexcept {
  if (prefix.empty() || !region.starts_with(prefix)) return false;
  region.remove_prefix(prefix.size());
  if (!region.starts_with('-')) return false;
  region.remove_prefix(1);
  std::size_t const hyphen = region.find('-');
  if (hyphen == 0 || hyphen >= region.size() - 1) return false;
  for (char const c : region.substr(0, hyphen)) {
    if (!is_alpha(c) && !is_digit(c) && c != '_') return false;
  }
  for (char const c : region.substr(hyphen + 1)) {
    if (!is_digit(c)) return false;
  }
  return true;
}

}  // namespace detail

/// Returns the partition of a region; that of an unknown region is aws.
[[nodiscard]] constexpr Partition const& partition_of(std::string_view region) noexcept {
  for (Partition const& partition : partitions) {
    bool const global = region.size() == partition.name.size() + 7 &&
                        region.starts_with(partition.name) && region.ends_with("-global");
    if (global) return partition;
    for (std::string_view const prefix : partition.prefixes) {
      if (detail::has_region_prefix(region, prefix)) return partition;
    }
  }
  return partitions.front();
}

/// Returns true if a text may stand for a region in a host name: one DNS label that is no mere
/// number.
[[nodiscard]] constexpr bool valid_region(std::string_view region) noexcept {
  bool number = true;
  for (char const c : region) number = number && is_digit(c);
  return is_dns_label(region) && !number;
}

/// What a setting such as AWS_REGION says.
struct RegionSetting {
  std::string region{};
  Fips fips = Fips::off;  ///< on for the old pseudo regions, `fips-us-east-1` or `us-east-1-fips`
};

namespace detail {

/// The region that signs for a whole partition, which `aws-global` and its like mean.
constexpr std::string_view region_of_partition(std::string_view region) noexcept {
  struct Global {
    std::string_view name;
    std::string_view region;
  };
  for (Global const& global : {Global{"aws-global", "us-east-1"},
                               {"aws-cn-global", "cn-northwest-1"},
                               {"aws-us-gov-global", "us-gov-west-1"},
                               {"aws-eusc-global", "eusc-de-east-1"},
                               {"aws-iso-global", "us-iso-east-1"},
                               {"aws-iso-b-global", "us-isob-east-1"},
                               {"aws-iso-e-global", "eu-isoe-west-1"},
                               {"aws-iso-f-global", "us-isof-south-1"}}) {
    if (region == global.name) return global.region;
  }
  return region;
}

}  // namespace detail

/// Reads a region from a setting. Blanks around it are dropped, upper case is lowered, pseudo
/// regions are taken apart, and one of a whole partition is the region that signs for it.
[[nodiscard]] inline Result<RegionSetting> parse_region(std::string_view text) {
  std::string const lowered = lower(trim(text));
  std::string_view region = lowered;
  RegionSetting setting{};
  if (region.starts_with("fips-")) {
    region.remove_prefix(5);
    setting.fips = Fips::on;
  } else if (region.ends_with("-fips")) {
    region.remove_suffix(5);
    setting.fips = Fips::on;
  }
  if (region.empty()) return Error{Errc::invalid, "the region is empty"};
  if (!valid_region(region)) {
    return Error{Errc::invalid,
                 "the region must be a name such as eu-central-1: letters, digits "
                 "and inner hyphens, 63 at most"};
  }
  setting.region = detail::region_of_partition(region);
  return setting;
}

/// Tells by its end whether a host is one of AWS.
[[nodiscard]] constexpr bool is_aws_host(std::string_view host) noexcept {
  if (host.ends_with('.')) host.remove_suffix(1);
  for (Partition const& partition : partitions) {
    for (std::string_view const suffix : {partition.dns_suffix, partition.dual_stack_suffix}) {
      if (!host.ends_with(suffix)) continue;
      std::string_view const rest = host.substr(0, host.size() - suffix.size());
      if (rest.ends_with('.')) return true;
    }
  }
  return false;
}

}  // namespace sla::inline v1::aws
