// SPDX-License-Identifier: MIT
#include "sla/app/access/scope.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace sla;
using namespace sla::app;

TEST_CASE("what the settings say is known without asking") {
  Settings settings;
  settings.sns_topic_arn = "arn:aws-cn:sns:cn-north-1:210987654321:results";
  settings.role = "arn:aws-cn:iam::123456789012:role/sla";
  settings.ssm_names = {"shop", "/prod/other"};
  AccessScope const scope = access_scope(settings, {}, Environment{});
  CHECK(scope.partition == "aws-cn");
  CHECK(scope.region == "cn-north-1");
  CHECK(scope.account == "123456789012");
  CHECK(scope.parameter_paths == std::vector<std::string>{"/*/shop/", "/prod/other/"});
}

TEST_CASE("what is known of the place goes before the ARNs of others") {
  Settings settings;
  settings.sns_topic_arn = "arn:aws:sns:eu-west-1:210987654321:results";
  settings.ssm_names = {"shop"};
  Environment environment;
  environment.set("AWS_ENV", "dev");
  AccessScope const scope =
      access_scope(settings, {.region = "us-gov-west-1", .account = "123456789012"}, environment);
  CHECK(scope.partition == "aws-us-gov");
  CHECK(scope.region == "us-gov-west-1");
  CHECK(scope.account == "123456789012");
  CHECK(scope.parameter_paths == std::vector<std::string>{"/dev/shop/"});
}

TEST_CASE("what nobody says is a gap in the names that need it") {
  Settings settings;
  settings.s3_bucket_name = "logs";
  CHECK_FALSE(has_gap(rights_of(access_scope(settings, {}, Environment{})), ":*:"));
  settings.sns_topic_name = "results";
  CHECK(has_gap(rights_of(access_scope(settings, {}, Environment{})), ":*:"));
  KnownPlace const place{.region = "eu-west-1", .account = "123456789012"};
  CHECK_FALSE(has_gap(rights_of(access_scope(settings, place, Environment{})), ":*:"));
}

TEST_CASE("a file of checks has an ARN where AWS keeps it") {
  Settings settings;
  KnownPlace const place{.region = "eu-west-1", .account = "123456789012"};
  auto const arn_of = [&](std::string const& checks, Environment const& environment) {
    settings.checks = checks;
    return access_scope(settings, place, environment).checks_arn;
  };
  Environment prod;
  prod.set("AWS_ENV", "prod");
  std::string const parameter = "arn:aws:ssm:eu-west-1:123456789012:parameter";
  CHECK(arn_of("checks.json", prod).empty());
  CHECK(arn_of("", prod).empty());
  CHECK(arn_of("s3://our-checks/a*b", prod) == "arn:aws:s3:::our-checks/a${*}b");
  CHECK(arn_of("ssm:/a/b", prod) == parameter + "/a/b");
  CHECK(arn_of("ssm:b", prod) == parameter + "/prod/b");
  CHECK(arn_of("ssm:b", {}) == parameter + "/*/b");
  std::string const other = "arn:aws:ssm:us-east-1:210987654321:parameter/x";
  CHECK(arn_of(other, prod) == other);
}
