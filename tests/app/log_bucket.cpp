// SPDX-License-Identifier: MIT
#include "sla/app/log_bucket.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>

#include "sla/aws/http/url.hpp"

using namespace sla;
using namespace sla::aws;
using namespace sla::app;

TEST_CASE("the bucket is addressed as the flag says, else as the profile does") {
  for (Addressing const profile :
       {Addressing::automatic, Addressing::path, Addressing::virtual_hosted}) {
    for (Addressing const flag :
         {Addressing::automatic, Addressing::path, Addressing::virtual_hosted}) {
      Settings settings;
      settings.s3_bucket_name = "logs";
      settings.s3_addressing = flag;
      AwsSettings aws;
      aws.region = "eu-west-1";
      aws.endpoints.addressing = profile;
      aws.endpoints.checksum = ObjectChecksum::none;
      Bucket const bucket = log_bucket(settings, aws);
      CHECK(bucket.name == "logs");
      CHECK(bucket.endpoint.region == "eu-west-1");
      CHECK(bucket.addressing == (flag == Addressing::automatic ? profile : flag));
      CHECK(bucket.checksum == ObjectChecksum::none);
    }
  }
}

TEST_CASE("a bucket that cannot be in the host's name is told at the start") {
  Settings settings;
  AwsSettings aws;
  settings.s3_addressing = Addressing::virtual_hosted;
  CHECK(check_log_bucket(settings, aws));  // there is none
  settings.s3_bucket_name = "logs";
  CHECK(check_log_bucket(settings, aws));
  settings.s3_bucket_name = "my.logs";
  CHECK_FALSE(check_log_bucket(settings, aws));
  settings.s3_bucket_name = "logs";
  aws.endpoints.custom[static_cast<std::size_t>(Service::s3)] =
      parse_url("http://127.0.0.1:9000").value();
  CHECK(check_log_bucket(settings, aws).error().message ==
        "S3 Addressing: the bucket 'logs' cannot be a part of the host 127.0.0.1; address it by "
        "path");
  settings.s3_addressing = Addressing::automatic;
  CHECK(check_log_bucket(settings, aws));
}

TEST_CASE("what the bucket demands goes along") {
  Settings settings;
  settings.s3_sse = "aws:kms";
  settings.s3_kms_key_id = "alias/logs";
  settings.s3_acl = "private";
  settings.s3_storage_class = "GLACIER_IR";
  settings.s3_tags = {"a=1", "b=2"};
  settings.s3_bucket_owner = "123456789012";
  Bucket const bucket = log_bucket(settings, {});
  CHECK(bucket.objects.encryption == "aws:kms");
  CHECK(bucket.objects.kms_key_id == "alias/logs");
  CHECK(bucket.objects.acl == "private");
  CHECK(bucket.objects.storage_class == "GLACIER_IR");
  CHECK(bucket.objects.tags.size() == 2);
  CHECK(bucket.owner == "123456789012");
  CHECK(check_log_bucket(settings, {}));
}

TEST_CASE("a key of KMS needs an encryption by KMS") {
  Settings settings;
  settings.s3_kms_key_id = "alias/logs";
  for (char const* const sse : {"", "AES256"}) {
    settings.s3_sse = sse;
    CHECK(check_log_bucket(settings, {}).error().message ==
          "S3 KMS Key ID: a key of KMS needs S3 SSE to be aws:kms or aws:kms:dsse");
  }
  for (char const* const sse : {"aws:kms", "aws:kms:dsse"}) {
    settings.s3_sse = sse;
    CHECK(check_log_bucket(settings, {}));
  }
}

TEST_CASE("a class that AWS does not have is told, but for a store of another make") {
  Settings settings;
  AwsSettings aws;
  settings.s3_storage_class = "STANDART_IA";
  CHECK(check_log_bucket(settings, aws).error().message ==
        "S3 Storage Class: AWS has no class 'STANDART_IA'; the nearest known one is STANDARD_IA");
  aws.endpoints.custom[static_cast<std::size_t>(Service::s3)] =
      parse_url("http://minio:9000").value();
  CHECK(check_log_bucket(settings, aws));
}
