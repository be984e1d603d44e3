// SPDX-License-Identifier: MIT
#pragma once
// The rows of the table of settings that say how a log is put into its bucket: how the bucket is
// addressed, and what its policy may demand.
#include <array>

#include "sla/app/settings/checks.hpp"
#include "sla/app/settings/field.hpp"
#include "sla/app/settings/setting.hpp"
#include "sla/app/settings/settings.hpp"
#include "sla/aws/config/object_options.hpp"

namespace sla::inline v1::app {

inline constexpr auto bucket_settings = std::to_array<Setting>({
    {.flag = "s3-addressing",
     .variable = "SLARUNNER_S3ADDRESSING",
     .title = "S3 Addressing",
     .value = "HOW",
     .fallback = "auto",
     .meaning = "path/virtual/auto: the bucket in the path, in the host's name, or as the profile "
                "says (s3.addressing_style), else at AWS in the name, at other endpoints in the "
                "path",
     .field = &Settings::s3_addressing},
    {.flag = "s3-sse",
     .variable = "SLARUNNER_S3SSE",
     .title = "S3 SSE",
     .value = "HOW",
     .fallback = "none",
     .meaning = "AES256/aws:kms/aws:kms:dsse: how the store encrypts each log",
     .field = &Settings::s3_sse,
     .check = aws::check_object_encryption},
    {.flag = "s3-kms-key-id",
     .variable = "SLARUNNER_S3KMSKEYID",
     .title = "S3 KMS Key ID",
     .value = "KEY",
     .fallback = "none",
     .meaning = "with which key of KMS: its id, its ARN or alias/NAME",
     .field = &Settings::s3_kms_key_id,
     .check = aws::check_kms_key_id},
    {.flag = "s3-acl",
     .variable = "SLARUNNER_S3ACL",
     .title = "S3 ACL",
     .value = "NAME",
     .fallback = "none",
     .meaning = "a canned ACL of each log, such as bucket-owner-full-control",
     .field = &Settings::s3_acl,
     .check = aws::check_object_acl},
    {.flag = "s3-storage-class",
     .variable = "SLARUNNER_S3STORAGECLASS",
     .title = "S3 Storage Class",
     .value = "NAME",
     .fallback = "none",
     .meaning = "of each log, such as STANDARD_IA",
     .field = &Settings::s3_storage_class,
     .check = aws::check_storage_class},
    {.flag = "s3-tags",
     .variable = "SLARUNNER_S3TAGS",
     .title = "S3 Tags",
     .value = "K=V,...",
     .fallback = "none",
     .meaning = "of each log, up to ten",
     .field = &Settings::s3_tags,
     .check = aws::check_object_tags},
    {.flag = "s3-bucket-owner",
     .variable = "SLARUNNER_S3BUCKETOWNER",
     .title = "S3 Bucket Owner",
     .value = "ACCOUNT",
     .fallback = "none",
     .meaning = "the account that the bucket must be of, or nothing is put",
     .field = &Settings::s3_bucket_owner,
     .check = aws::check_account},
    {.flag = "log-bundle",
     .variable = "SLARUNNER_LOGBUNDLE",
     .title = "Log Bundle",
     .value = "SECONDS",
     .fallback = "none",
     .meaning = "logs of passes wait up to so long for others, of all services, and become one "
                "object: 60 makes one a minute, or one for each 4M or 4096 logs. Their events wait "
                "with them; logUri ends in #bytes=A-B. What is no plain pass, or has more than 1M, "
                "goes at once and alone, after what waits of its service",
     .field = &Settings::log_bundle,
     .check = check_period},
});

}  // namespace sla::inline v1::app
