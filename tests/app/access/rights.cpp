// SPDX-License-Identifier: MIT
#include "sla/app/access/rights.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace sla;
using namespace sla::app;

namespace {

AccessScope known_scope() {
  return {.partition = "aws", .region = "eu-west-1", .account = "123456789012"};
}

std::vector<std::string> lines_of(AccessScope const& scope) {
  std::vector<std::string> lines;
  for (Right const& right : rights_of(scope)) {
    std::string line(right.action);
    for (std::string const& resource : right.resources) line.append(" ").append(resource);
    lines.push_back(line);
  }
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("what needs nothing at AWS has no right") {
  AccessScope scope = known_scope();
  scope.settings.store = "results";
  scope.settings.service = "shop";
  CHECK(rights_of(scope).empty());
}

TEST_CASE("a topic by name is in the own account, one by ARN is where it says") {
  AccessScope scope = known_scope();
  scope.settings.sns_topic_name = "results";
  CHECK(lines_of(scope) == Lines{"sns:Publish arn:aws:sns:eu-west-1:123456789012:results"});
  scope.settings.sns_topic_arn = "arn:aws:sns:us-east-1:210987654321:other";
  CHECK(lines_of(scope) == Lines{"sns:Publish arn:aws:sns:us-east-1:210987654321:other"});
}

TEST_CASE("logs are put and looked at below the service, and what goes along needs its own right") {
  AccessScope scope = known_scope();
  scope.partition = "aws-cn";
  scope.settings.s3_bucket_name = "logs";
  CHECK(lines_of(scope) ==
        Lines{"s3:PutObject arn:aws-cn:s3:::logs/*", "s3:GetObject arn:aws-cn:s3:::logs/*"});
  scope.settings.service = "shop";
  scope.settings.s3_tags = {"team=web"};
  scope.settings.s3_acl = "bucket-owner-full-control";
  std::string const all = " arn:aws-cn:s3:::logs/shop/*";
  CHECK(lines_of(scope) == Lines{"s3:PutObject" + all, "s3:GetObject" + all,
                                 "s3:PutObjectTagging" + all, "s3:PutObjectAcl" + all});
  scope.settings.s3_bucket_owner = "210987654321";
  for (Right const& right : rights_of(scope)) {
    CHECK(right.conditions ==
          std::vector<AccessCondition>{{"StringEquals", "aws:ResourceAccount", {"210987654321"}}});
  }
  scope.settings.upload_logs = UploadLogs::never;
  CHECK(lines_of(scope).empty());
}

TEST_CASE("the logs of many checks are below their services") {
  AccessScope scope = known_scope();
  scope.settings.s3_bucket_name = "logs";
  scope.services = {"shop", "web*"};
  CHECK(rights_of(scope).front().resources ==
        Lines{"arn:aws:s3:::logs/shop/*", "arn:aws:s3:::logs/web${*}/*"});
}

TEST_CASE("what a policy would take for a pattern stands for itself") {
  AccessScope scope = known_scope();
  scope.settings.s3_bucket_name = "logs";
  scope.settings.service = "a*b?c$d";
  CHECK(rights_of(scope).front().resources.front() == "arn:aws:s3:::logs/a${*}b${?}c${$}d/*");
}

TEST_CASE("parameters are read by their paths and decrypted with any key, for them alone") {
  AccessScope scope = known_scope();
  scope.parameter_paths = {"/prod/shop/"};
  std::string const base = "arn:aws:ssm:eu-west-1:123456789012:parameter/prod/shop";
  CHECK(lines_of(scope) == Lines{"ssm:GetParametersByPath " + base + ' ' + base + '/',
                                 "kms:Decrypt arn:aws:kms:eu-west-1:123456789012:key/*"});
  auto const conditions = rights_of(scope).back().conditions;
  CHECK(conditions == std::vector<AccessCondition>{
                          {"StringEquals", "kms:ViaService", {"ssm.eu-west-1.amazonaws.com"}},
                          {"StringLike", "kms:EncryptionContext:PARAMETER_ARN", {base + "/*"}}});
}

TEST_CASE("a key of one's own is used by what the settings use") {
  AccessScope scope = known_scope();
  scope.kms_key = "arn:aws:kms:eu-west-1:123456789012:key/1";
  scope.settings.sns_topic_name = "results";
  scope.settings.s3_bucket_name = "logs";
  scope.settings.s3_kms_key_id = scope.kms_key;
  auto const rights = rights_of(scope);
  REQUIRE(rights.size() == 5);
  CHECK(rights[3].action == "kms:GenerateDataKey");
  CHECK(rights[4].action == "kms:Decrypt");
  CHECK(rights[4].conditions.front().values ==
        Lines{"sns.eu-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com"});
}

TEST_CASE(
    "the key of the bucket is named by its id, its ARN or an alias; AWS's own needs no right") {
  AccessScope scope = known_scope();
  scope.settings.s3_bucket_name = "logs";
  auto const key = [&](std::string const& name) {
    scope.settings.s3_kms_key_id = name;
    auto rights = rights_of(scope);
    return rights.size() == 4 ? rights[2] : Right{};
  };
  CHECK(key("1234").resources == Lines{"arn:aws:kms:eu-west-1:123456789012:key/1234"});
  CHECK(key("arn:aws:kms:eu-west-1:1:key/5").resources == Lines{"arn:aws:kms:eu-west-1:1:key/5"});
  CHECK(key("alias/logs").resources == Lines{"arn:aws:kms:eu-west-1:123456789012:key/*"});
  CHECK(key("alias/logs").conditions.back() ==
        AccessCondition{"ForAnyValue:StringEquals", "kms:ResourceAliases", {"alias/logs"}});
  CHECK(key("arn:aws:kms:eu-west-1:1:alias/logs").resources ==
        Lines{"arn:aws:kms:eu-west-1:1:key/*"});
  CHECK(key("alias/aws/s3").action.empty());
}

TEST_CASE("metrics are limited by their namespace, a role is taken by its ARN") {
  AccessScope scope = known_scope();
  scope.settings.metrics_namespace = "SLA-Monitor";
  scope.settings.role = "arn:aws:iam::123456789012:role/sla";
  CHECK(lines_of(scope) ==
        Lines{"cloudwatch:PutMetricData *", "sts:AssumeRole arn:aws:iam::123456789012:role/sla"});
  CHECK(rights_of(scope).front().conditions ==
        std::vector<AccessCondition>{{"StringEquals", "cloudwatch:namespace", {"SLA-Monitor"}}});
}

TEST_CASE("checks that AWS keeps are read there, and decrypted where they are a parameter") {
  AccessScope scope = known_scope();
  scope.checks_arn = "arn:aws:s3:::our-checks/all.json";
  CHECK(lines_of(scope) == Lines{"s3:GetObject arn:aws:s3:::our-checks/all.json"});
  scope.checks_arn = "arn:aws:ssm:eu-west-1:123456789012:parameter/prod/checks";
  CHECK(lines_of(scope) == Lines{"ssm:GetParameter " + scope.checks_arn,
                                 "kms:Decrypt arn:aws:kms:eu-west-1:123456789012:key/*"});
  auto const conditions = rights_of(scope).back().conditions;
  REQUIRE(conditions.size() == 2);
  CHECK(conditions[1].values == Lines{scope.checks_arn});
}

TEST_CASE("bundles of logs are put below no service, and not looked at") {
  AccessScope scope = known_scope();
  scope.settings.s3_bucket_name = "logs";
  scope.settings.service = "shop";
  scope.settings.s3_tags = {"team=web"};
  scope.settings.s3_acl = "bucket-owner-full-control";
  std::size_t const before = lines_of(scope).size();
  scope.settings.log_bundle = std::chrono::minutes{1};
  Lines const lines = lines_of(scope);
  REQUIRE(lines.size() == before + 3);
  CHECK(lines[before] == "s3:PutObject arn:aws:s3:::logs/bundles/*");
  CHECK(lines[before + 1] == "s3:PutObjectTagging arn:aws:s3:::logs/bundles/*");
  CHECK(lines[before + 2] == "s3:PutObjectAcl arn:aws:s3:::logs/bundles/*");
  scope.settings.upload_logs = UploadLogs::never;
  CHECK(lines_of(scope).empty());
}
