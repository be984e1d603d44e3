// SPDX-License-Identifier: MIT
#include "sla/app/access/policy.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace sla;
using namespace sla::app;

namespace {

AccessScope full_scope() {
  AccessScope scope{.partition = "aws", .region = "eu-west-1", .account = "123456789012"};
  scope.settings.service = "shop";
  scope.settings.sns_topic_name = "results";
  scope.settings.s3_bucket_name = "logs";
  return scope;
}

}  // namespace

TEST_CASE("a topic and a bucket are two statements") {
  CHECK(policy_json(rights_of(full_scope())) ==
        R"({
  "Version": "2012-10-17",
  "Statement": [
    {"Sid":"PublishResults","Effect":"Allow","Action":"sns:Publish","Resource":"arn:aws:sns:eu-west-1:123456789012:results"},
    {"Sid":"PutLogs","Effect":"Allow","Action":["s3:PutObject","s3:GetObject"],"Resource":"arn:aws:s3:::logs/shop/*"}
  ]
})");
}

TEST_CASE("the partition is that of the region, in names of hosts too") {
  AccessScope scope{.partition = "aws-cn", .region = "cn-north-1", .account = "123456789012"};
  scope.settings.metrics_namespace = "SLA";
  scope.parameter_paths = {"/prod/shop/"};
  CHECK(policy_json(rights_of(scope)) ==
        R"({
  "Version": "2012-10-17",
  "Statement": [
    {"Sid":"PutMetrics","Effect":"Allow","Action":"cloudwatch:PutMetricData","Resource":"*","Condition":{"StringEquals":{"cloudwatch:namespace":"SLA"}}},
    {"Sid":"LoadParameters","Effect":"Allow","Action":"ssm:GetParametersByPath","Resource":["arn:aws-cn:ssm:cn-north-1:123456789012:parameter/prod/shop","arn:aws-cn:ssm:cn-north-1:123456789012:parameter/prod/shop/"]},
    {"Sid":"DecryptParameters","Effect":"Allow","Action":"kms:Decrypt","Resource":"arn:aws-cn:kms:cn-north-1:123456789012:key/*","Condition":{"StringEquals":{"kms:ViaService":"ssm.cn-north-1.amazonaws.com.cn"},"StringLike":{"kms:EncryptionContext:PARAMETER_ARN":"arn:aws-cn:ssm:cn-north-1:123456789012:parameter/prod/shop/*"}}}
  ]
})");
  scope = full_scope();
  scope.partition = "aws-us-gov";
  scope.region = "us-gov-west-1";
  scope.settings.s3_kms_key_id = "1234";
  CHECK(policy_json(rights_of(scope)) ==
        R"({
  "Version": "2012-10-17",
  "Statement": [
    {"Sid":"PublishResults","Effect":"Allow","Action":"sns:Publish","Resource":"arn:aws-us-gov:sns:us-gov-west-1:123456789012:results"},
    {"Sid":"PutLogs","Effect":"Allow","Action":["s3:PutObject","s3:GetObject"],"Resource":"arn:aws-us-gov:s3:::logs/shop/*"},
    {"Sid":"UseBucketKey","Effect":"Allow","Action":["kms:GenerateDataKey","kms:Decrypt"],"Resource":"arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1234","Condition":{"StringEquals":{"kms:ViaService":"s3.us-gov-west-1.amazonaws.com"}}}
  ]
})");
}

TEST_CASE("without a right there is no statement") {
  CHECK(policy_json({}) == "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": []\n}");
}

TEST_CASE("who may take the role is read from one word") {
  AccessScope const scope = full_scope();
  CHECK(parse_trust("ecs", scope)->whom == Trusted::ecs);
  CHECK(parse_trust("eks", scope)->provider.empty());
  std::string const arn =
      "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/AB";
  CHECK(parse_trust("eks=" + arn, scope)->provider == arn);
  CHECK(parse_trust("eks=https://oidc.eks.eu-west-1.amazonaws.com/id/AB/", scope)->provider == arn);
  CHECK(parse_trust("eks=oidc.eks.eu-west-1.amazonaws.com/id/AB", scope)->provider == arn);
  for (char const* const wrong : {"", "gke", "ecs=x", "EKS"}) {
    CHECK(parse_trust(wrong, scope).error().message ==
          "is none of ecs, ec2, lambda, eks and eks=PROVIDER");
  }
  for (char const* const wrong : {"eks=", "eks=x", "eks=arn:aws:iam::1:role/x", "eks=a.b c"}) {
    CHECK(parse_trust(wrong, scope).error().message ==
          "names no provider: give its ARN or its URL");
  }
}

TEST_CASE("each of them has its document") {
  AccessScope scope = full_scope();
  auto const document = [&](char const* whom) {
    std::string text = trust_json(parse_trust(whom, scope).value(), scope);
    std::size_t const begin = text.find("{\"Effect");
    return text.substr(begin, text.find("\n  ]") - begin);
  };
  CHECK(
      document("ecs") ==
      R"({"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}}})");
  CHECK(
      document("ec2") ==
      R"({"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"})");
  CHECK(
      document("lambda") ==
      R"({"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"})");
  CHECK(
      document("eks") ==
      R"({"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]})");
  CHECK(
      document("eks=oidc.example/id/AB") ==
      R"({"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/oidc.example/id/AB"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"oidc.example/id/AB:aud":"sts.amazonaws.com","oidc.example/id/AB:sub":"system:serviceaccount:NAMESPACE:NAME"}}})");
  scope.account = "*";
  scope.partition = "aws-cn";
  CHECK(
      document("ecs") ==
      R"({"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"})");
  CHECK(
      document("ec2") ==
      R"({"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com.cn"},"Action":"sts:AssumeRole"})");
}
