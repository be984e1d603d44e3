// SPDX-License-Identifier: MIT
#pragma once
// The bucket of the logs, put together from the program's settings and AWS's own.
#include <algorithm>
#include <string>

#include "sla/app/nearest.hpp"
#include "sla/app/settings/aws.hpp"
#include "sla/app/settings/settings.hpp"
#include "sla/aws/config/bucket.hpp"
#include "sla/aws/config/endpoint.hpp"
#include "sla/aws/config/object_options.hpp"
#include "sla/core/result.hpp"

namespace sla::inline v1::app {

/// Makes the bucket that the logs go to.
[[nodiscard]] inline aws::Bucket log_bucket(Settings const& settings, AwsSettings const& aws) {
  bool const by_profile = settings.s3_addressing == aws::Addressing::automatic;
  return {.name = settings.s3_bucket_name,
          .endpoint = aws.endpoints.in(aws.region, aws::Service::s3),
          .addressing = by_profile ? aws.endpoints.addressing : settings.s3_addressing,
          .checksum = aws.endpoints.checksum,
          .objects = {.encryption = settings.s3_sse,
                      .kms_key_id = settings.s3_kms_key_id,
                      .acl = settings.s3_acl,
                      .storage_class = settings.s3_storage_class,
                      .tags = settings.s3_tags},
          .owner = settings.s3_bucket_owner};
}

namespace detail {

/// A class of AWS where the bucket is at AWS.
inline Result<void> check_class_at_aws(aws::Bucket const& bucket) {
  std::string const& name = bucket.objects.storage_class;
  auto const& known = aws::storage_classes;
  if (name.empty() || aws::is_foreign(bucket.endpoint)) return {};
  if (std::find(known.begin(), known.end(), name) != known.end()) return {};
  return Error{Errc::invalid, "S3 Storage Class: AWS has no class '" + name + '\'' +
                                  nearest_hint(name, {known.begin(), known.end()})};
}

}  // namespace detail

/// Checks that the bucket can be addressed as the settings ask for, wherever its region is, and
/// that what they ask for goes together.
[[nodiscard]] inline Result<void> check_log_bucket(Settings const& settings,
                                                   AwsSettings const& aws) {
  aws::Bucket bucket = log_bucket(settings, aws);
  if (!settings.s3_kms_key_id.empty() && !settings.s3_sse.starts_with("aws:kms")) {
    return Error{Errc::invalid,
                 "S3 KMS Key ID: a key of KMS needs S3 SSE to be aws:kms or aws:kms:dsse"};
  }
  if (auto good = detail::check_class_at_aws(bucket); !good) return good;
  if (bucket.name.empty() || bucket.addressing != aws::Addressing::virtual_hosted) return {};
  if (bucket.endpoint.region.empty()) bucket.endpoint.region = "us-east-1";
  if (auto const url = aws::bucket_url(bucket); !url) return url.error().within("S3 Addressing");
  return {};
}

}  // namespace sla::inline v1::app
