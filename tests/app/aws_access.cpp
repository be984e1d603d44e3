// SPDX-License-Identifier: MIT
#include "sla/app/aws_access.hpp"

#include <doctest/doctest.h>

#include <string>

#include "sla/aws/service/sts_assume_role.hpp"

using namespace sla;
using namespace sla::aws;
using namespace sla::app;

namespace {

Environment machine() {
  return Environment({{"AWS_ACCESS_KEY_ID", "AKIA"},
                      {"AWS_SECRET_ACCESS_KEY", "s3cret"},
                      {"AWS_EC2_METADATA_DISABLED", "true"},
                      {"AWS_CONFIG_FILE", "/dev/null"},
                      {"AWS_SHARED_CREDENTIALS_FILE", "/dev/null"}});
}

}  // namespace

TEST_CASE("the session is named after this host, as STS allows it") {
  std::string const name = program_session_name();
  CHECK(name.starts_with("sla-runner"));
  CHECK(role_session_name(name) == name);
}

TEST_CASE("the credentials are those of the chain, and nobody is asked for them early") {
  AwsSettings const aws{.region = "eu-west-1"};
  Environment const environment = machine();
  Stop const stop;
  AwsAccess const access{{.aws = aws, .environment = environment, .stop = stop}};
  auto const keys = access.client(stop).source().credentials(access.clock().wall());
  REQUIRE(keys);
  CHECK(keys->access_key_id == "AKIA");
  CHECK(keys->source == "environment");
}

TEST_CASE("a role without a region to ask in is told") {
  AwsSettings const aws{};
  Environment const environment = machine();
  Stop const stop;
  AwsAccess const access{{.aws = aws,
                          .environment = environment,
                          .role = "arn:aws:iam::123456789012:role/x",
                          .stop = stop}};
  auto const keys = access.source().credentials(access.clock().wall());
  REQUIRE_FALSE(keys);
  CHECK(keys.error().message.starts_with("role arn:aws:iam::123456789012:role/x: no region"));
}

TEST_CASE("the instance is asked for the region only where nothing else says it") {
  Stop const stop;
  AwsSettings known{.region = "eu-west-1"};
  CHECK(complete_region(known, {}, stop));
  CHECK(known.region == "eu-west-1");
  AwsSettings unknown{};
  auto const done = complete_region(unknown, machine(), stop);
  REQUIRE_FALSE(done);
  CHECK(done.error().code == Errc::invalid);
  CHECK(done.error().message.starts_with("AWS_REGION is not set: "));
  CHECK(done.error().message.find("AWS_EC2_METADATA_DISABLED") != std::string::npos);
}
