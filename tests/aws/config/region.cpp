// SPDX-License-Identifier: MIT
#include "sla/aws/config/region.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

TEST_CASE("each partition is found by the form of its regions") {
  CHECK(sla::aws::partition_of("eu-central-1").name == "aws");
  CHECK(sla::aws::partition_of("mx-central-1").name == "aws");
  CHECK(sla::aws::partition_of("cn-north-1").name == "aws-cn");
  CHECK(sla::aws::partition_of("us-gov-west-1").name == "aws-us-gov");
  CHECK(sla::aws::partition_of("eusc-de-east-1").name == "aws-eusc");
  CHECK(sla::aws::partition_of("us-iso-east-1").name == "aws-iso");
  CHECK(sla::aws::partition_of("us-isob-east-1").name == "aws-iso-b");
  CHECK(sla::aws::partition_of("eu-isoe-west-1").name == "aws-iso-e");
  CHECK(sla::aws::partition_of("us-isof-south-1").name == "aws-iso-f");
}

TEST_CASE("a region that nobody has heard of yet belongs to the partition of its prefix") {
  CHECK(sla::aws::partition_of("cn-moon-12").name == "aws-cn");
  CHECK(sla::aws::partition_of("us-gov-north-3").name == "aws-us-gov");
}

TEST_CASE("what matches no partition is taken for aws") {
  for (std::string_view const region :
       {"", "x", "mars-north-1", "local", "cn-north", "cn-north-", "cn--1", "us-gov-west-1x",
        "cn-no.rth-1", "cn", "cn-", "us-east-1"}) {
    CAPTURE(region);
    CHECK(sla::aws::partition_of(region).name == "aws");
  }
}

TEST_CASE("the pseudo region of a whole partition belongs to it") {
  CHECK(sla::aws::partition_of("aws-global").name == "aws");
  CHECK(sla::aws::partition_of("aws-cn-global").name == "aws-cn");
  CHECK(sla::aws::partition_of("aws-iso-b-global").name == "aws-iso-b");
}

TEST_CASE("a partition knows the ends of its host names") {
  CHECK(sla::aws::partition_of("cn-north-1").dns_suffix == "amazonaws.com.cn");
  CHECK(sla::aws::partition_of("cn-north-1").dual_stack_suffix == "api.amazonwebservices.com.cn");
  CHECK(sla::aws::partition_of("us-gov-west-1").dual_stack_suffix == "api.aws");
}

TEST_CASE("a region is one DNS label and no mere number") {
  CHECK(sla::aws::valid_region("us-east-1"));
  CHECK(sla::aws::valid_region("local"));
  CHECK(sla::aws::valid_region("1a"));
  for (std::string_view const region :
       {"", "123", "-us", "us-", "us east", "us.east", "evil.com/", "us-east-1!", "a_b", "a\n"}) {
    CAPTURE(region);
    CHECK_FALSE(sla::aws::valid_region(region));
  }
  CHECK(sla::aws::valid_region(std::string(63, 'a')));
  CHECK_FALSE(sla::aws::valid_region(std::string(64, 'a')));
}

TEST_CASE("a setting may have blanks around the region and upper case") {
  auto const setting = sla::aws::parse_region(" EU-central-1\n");
  REQUIRE(setting);
  CHECK(setting->region == "eu-central-1");
  CHECK(setting->fips == sla::aws::Fips::off);
}

TEST_CASE("the old pseudo regions mean FIPS") {
  CHECK(sla::aws::parse_region("fips-us-east-1")->region == "us-east-1");
  CHECK(sla::aws::parse_region("fips-us-east-1")->fips == sla::aws::Fips::on);
  CHECK(sla::aws::parse_region("us-gov-west-1-fips")->region == "us-gov-west-1");
  CHECK(sla::aws::parse_region("us-gov-west-1-fips")->fips == sla::aws::Fips::on);
}

TEST_CASE("the pseudo region of a whole partition is the region that signs for it") {
  CHECK(sla::aws::parse_region("aws-global")->region == "us-east-1");
  CHECK(sla::aws::parse_region("AWS-US-GOV-global")->region == "us-gov-west-1");
  CHECK(sla::aws::parse_region("aws-cn-global")->region == "cn-northwest-1");
  CHECK(sla::aws::parse_region("fips-aws-global")->fips == sla::aws::Fips::on);
}

TEST_CASE("a setting that is no region is refused") {
  CHECK(sla::aws::parse_region("").error().message == "the region is empty");
  CHECK(sla::aws::parse_region(" ").error().message == "the region is empty");
  CHECK(sla::aws::parse_region("fips-").error().message == "the region is empty");
  auto const injected = sla::aws::parse_region("evil.com/");
  REQUIRE_FALSE(injected);
  CHECK(injected.error().code == sla::Errc::invalid);
  CHECK(injected.error().message.starts_with("the region must be a name such as eu-central-1"));
}
