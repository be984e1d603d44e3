// SPDX-License-Identifier: MIT
#pragma once
// Which host answers for a service in a region. The rules are those of the SDKs' endpoint rule sets
// (regional hosts only, but for IAM, which has no others); buckets have rules of their own in
// aws/config/bucket.hpp. What the environment asks for is read in aws/config/endpoint_settings.hpp.
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sla/aws/config/region.hpp"
#include "sla/aws/http/transport.hpp"
#include "sla/core/result.hpp"

namespace sla::inline v1::aws {

/// The services that this library speaks to.
enum class Service { sns, s3, sts, ssm, cloudwatch, iam };

/// Returns the name of a service in host names and in the scope of a signature.
[[nodiscard]] constexpr std::string_view signing_name(Service service) noexcept {
  constexpr std::array<std::string_view, 6> names{"sns", "s3", "sts", "ssm", "monitoring", "iam"};
  return names[static_cast<std::size_t>(service)];
}

/// Whether requests go to hosts that have IPv6 addresses too.
enum class DualStack { off, on };

/// What decides where requests go.
struct EndpointOptions {
  std::string region{};
  Fips fips = Fips::off;
  DualStack dual_stack = DualStack::off;
  std::optional<Url> custom{};  ///< a server of the user's own; then only this one is used
};

namespace detail {

inline Error bad_endpoint(std::string_view why) { return Error{Errc::invalid, std::string(why)}; }

/// What no service allows together, and the region if one is needed.
inline Result<void> check_endpoint(Service service, EndpointOptions const& options) {
  if (options.custom && options.dual_stack == DualStack::on) {
    return bad_endpoint("a custom endpoint cannot be combined with dual-stack hosts");
  }
  if (options.custom && options.fips == Fips::on) {
    return bad_endpoint("a custom endpoint cannot be combined with FIPS hosts");
  }
  if (options.region.empty()) {
    if (options.custom && service != Service::s3) return {};
    return bad_endpoint("no region is set");
  }
  if (!valid_region(options.region)) {
    return bad_endpoint("the region is no valid part of a host name");
  }
  if (service == Service::s3 && options.fips == Fips::on &&
      partition_of(options.region).name == "aws-cn") {
    return bad_endpoint("s3 has no FIPS hosts in the partition aws-cn");
  }
  return {};
}

/// The name of the service in the host, with `-fips` where it is so called. In GovCloud the plain
/// hosts are the validated ones, but for s3 and for the dual-stack hosts of some.
inline std::string endpoint_prefix(Service service, EndpointOptions const& options) {
  std::string name(signing_name(service));
  bool const government = partition_of(options.region).name == "aws-us-gov";
  bool const plain = government && service != Service::s3 &&
                     (options.dual_stack == DualStack::off || service == Service::cloudwatch);
  if (options.fips == Fips::on && !plain) name += "-fips";
  return name;
}

/// Where a partition has its IAM, which is one for all of its regions: the parts of host names that
/// stand before the suffix.
struct IamPlace {
  std::string_view partition;
  std::string_view region;  ///< that requests are signed for
  std::string_view plain;
  std::string_view fips;
  std::string_view dual_stack;
};

constexpr IamPlace iam_place(std::string_view region) noexcept {
  constexpr std::array<IamPlace, 8> places{{
      {"aws", "us-east-1", "iam", "iam-fips", "global"},
      {"aws-cn", "cn-north-1", "iam.cn-north-1", "iam-fips", "global"},
      {"aws-us-gov", "us-gov-west-1", "iam.us-gov", "iam.us-gov", "us-gov"},
      {"aws-eusc", "eusc-de-east-1", "iam.eusc-de-east-1", "iam-fips", ""},
      {"aws-iso", "us-iso-east-1", "iam.us-iso-east-1", "iam-fips.us-iso-east-1", ""},
      {"aws-iso-b", "us-isob-east-1", "iam.us-isob-east-1", "iam-fips.us-isob-east-1", ""},
      {"aws-iso-e", "eu-isoe-west-1", "iam.eu-isoe-west-1", "iam-fips", ""},
      {"aws-iso-f", "us-isof-south-1", "iam.us-isof-south-1", "iam-fips", ""},
  }};
  std::string_view const partition = partition_of(region).name;
  for (IamPlace const& place : places) {
    if (place.partition == partition) return place;
  }
  return places.front();
}

inline std::string iam_host(EndpointOptions const& options) {
  IamPlace const place = iam_place(options.region);
  Partition const& partition = partition_of(options.region);
  bool const fips = options.fips == Fips::on;
  std::string host(fips ? place.fips : place.plain);
  if (options.dual_stack == DualStack::off) return host.append(".").append(partition.dns_suffix);
  host = fips && partition.name != "aws-us-gov" ? "iam-fips" : "iam";
  if (!place.dual_stack.empty()) host.append(".").append(place.dual_stack);
  return host.append(".").append(partition.dual_stack_suffix);
}

}  // namespace detail

/// Returns the region that requests to IAM are signed for, by the region of whoever asks.
[[nodiscard]] constexpr std::string_view iam_region(std::string_view region) noexcept {
  return detail::iam_place(region).region;
}

/// Returns the URL of a service. Errc::invalid if the options contradict each other or lack the
/// region; only a custom endpoint of another service than s3 needs none.
[[nodiscard]] inline Result<Url> endpoint_url(Service service, EndpointOptions const& options) {
  if (auto good = detail::check_endpoint(service, options); !good) return good.error();
  if (options.custom) return *options.custom;
  Url url{};
  if (service == Service::iam) {
    url.host = detail::iam_host(options);
    return url;
  }
  Partition const& partition = partition_of(options.region);
  std::string host = detail::endpoint_prefix(service, options);
  bool const dual = options.dual_stack == DualStack::on;
  if (dual && service == Service::s3) host += ".dualstack";
  host.append(".").append(lower(options.region)).append(".");
  host += dual && service != Service::s3 ? partition.dual_stack_suffix : partition.dns_suffix;
  url.host = std::move(host);
  return url;
}

}  // namespace sla::inline v1::aws
