// SPDX-License-Identifier: MIT
#pragma once
// The bucket of the logs, put together from the program's settings and AWS's own.
#include <string>

#include "sla/app/aws_settings.hpp"
#include "sla/app/settings.hpp"
#include "sla/aws/bucket.hpp"
#include "sla/aws/endpoint.hpp"
#include "sla/core/result.hpp"

namespace sla::inline v1 {

/// Makes the bucket that the logs go to.
[[nodiscard]] inline Bucket log_bucket(Settings const& settings, AwsSettings const& aws) {
  bool const by_profile = settings.s3_addressing == Addressing::automatic;
  return {.name = settings.s3_bucket_name,
          .endpoint = aws.endpoints.in(aws.region, Service::s3),
          .addressing = by_profile ? aws.endpoints.addressing : settings.s3_addressing,
          .checksum = aws.endpoints.checksum};
}

/// Checks that the bucket can be addressed as the settings ask for, wherever its region is.
[[nodiscard]] inline Result<void> check_log_bucket(Settings const& settings,
                                                   AwsSettings const& aws) {
  Bucket bucket = log_bucket(settings, aws);
  if (bucket.name.empty() || bucket.addressing != Addressing::virtual_hosted) return {};
  if (bucket.endpoint.region.empty()) bucket.endpoint.region = "us-east-1";
  if (auto const url = bucket_url(bucket); !url) return url.error();
  return {};
}

}  // namespace sla::inline v1
