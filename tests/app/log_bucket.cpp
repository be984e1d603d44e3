// SPDX-License-Identifier: MIT
#include "sla/app/log_bucket.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>

#include "sla/aws/url.hpp"

using namespace sla;

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
        "the bucket 'logs' cannot be a part of the host 127.0.0.1; address it by path");
  settings.s3_addressing = Addressing::automatic;
  CHECK(check_log_bucket(settings, aws));
}
