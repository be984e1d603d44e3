// SPDX-License-Identifier: MIT
#include "sla/app/startup.hpp"

#include <doctest/doctest.h>

#include <initializer_list>
#include <map>
#include <string>
#include <vector>

using namespace sla;

namespace {

using Lines = std::vector<std::string>;
using Variables = std::map<std::string, std::string, std::less<>>;

Result<Startup> begin(std::initializer_list<char const*> arguments, Variables variables,
                      ParseOptions::Missing missing = ParseOptions::Missing::is_a_problem) {
  variables.insert(
      {{"AWS_CONFIG_FILE", "/dev/null"}, {"AWS_SHARED_CREDENTIALS_FILE", "/dev/null"}});
  return start_up({arguments.begin(), arguments.size()}, Environment(std::move(variables)),
                  missing);
}

}  // namespace

TEST_CASE("the problems of both kinds of settings are found in one go") {
  auto const startup = begin({"--command=x", "--service=x", "--once"}, {{"AWS_REGION", "a/b"}});
  REQUIRE(startup);
  CHECK_FALSE(startup->good());
  REQUIRE(startup->parsed.problems.size() == 2);
  CHECK(startup->parsed.problems[0].starts_with("SNS Topic ARN"));
  CHECK(startup->parsed.problems[1].starts_with("AWS_REGION: "));
}

TEST_CASE("the topic says the region where nothing else does") {
  char const* const topic = "--sns-topic-arn=arn:aws:sns:eu-west-1:123456789012:t";
  CHECK(begin({topic}, {}).value().aws.region == "eu-west-1");
  CHECK(begin({topic}, {{"AWS_REGION", "us-east-1"}}).value().aws.region == "us-east-1");
}

TEST_CASE("whoever needs only AWS misses nothing") {
  auto const startup = begin({}, {}, ParseOptions::Missing::is_fine);
  REQUIRE(startup);
  CHECK(startup->good());
}

TEST_CASE("what is wrong is found before parameters are asked for") {
  auto const startup =
      begin({"--ssm-name=shop,/a", "--grace=x"}, {{"AWS_ENDPOINT_URL", "rubbish"}});
  REQUIRE(startup);
  REQUIRE(startup->parsed.problems.size() == 3);
  CHECK(startup->parsed.problems[0].starts_with("Grace (--grace): "));
  CHECK(startup->parsed.problems[1].starts_with("AWS_ENDPOINT_URL: "));
  CHECK(startup->parsed.problems[2].starts_with("SSM Name (--ssm-name): 'shop' is "));
}

TEST_CASE("help is shown whatever else is asked for") {
  auto const startup = begin({"--help", "--ssm-name=/a"}, {{"AWS_REGION", "a/b"}});
  REQUIRE(startup);
  CHECK(startup->parsed.action == Action::show_help);
  CHECK(startup->parsed.problems.empty());
}
