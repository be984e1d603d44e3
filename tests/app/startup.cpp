// SPDX-License-Identifier: MIT
#include "sla/app/startup.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include "sla/app/arguments.hpp"

using namespace sla;
using namespace sla::app;

namespace {

using Lines = std::vector<std::string>;
using Variables = std::map<std::string, std::string, std::less<>>;

Result<Startup> begin(std::initializer_list<char const*> words, Variables variables,
                      ParseOptions::Missing missing = ParseOptions::Missing::is_a_problem) {
  variables.insert(
      {{"AWS_CONFIG_FILE", "/dev/null"}, {"AWS_SHARED_CREDENTIALS_FILE", "/dev/null"}});
  auto const arguments = read_arguments({.flags = setting_flags}, {words.begin(), words.size()});
  return start_up(arguments, Environment(std::move(variables)), missing);
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

TEST_CASE("what is wrong with AWS's own settings stops what asks AWS and nothing else") {
  auto const stopped = [](std::initializer_list<char const*> words) {
    auto const startup = begin(words, {{"AWS_REGION", "a/b"}, {"AWS_MAX_ATTEMPTS", "x"}});
    CHECK(startup->parsed.warnings.size() == (startup->good() ? 2U : 0U));
    return !startup->good();
  };
  CHECK_FALSE(stopped({"--command=x", "--service=x", "--once", "--store=x"}));
  CHECK_FALSE(stopped({"--command=x", "--service=x", "--store=x", "--dry-run"}));
  for (char const* const word :
       {"--sns-topic-name=x", "--s3-bucket-name=logs", "--metrics-namespace=x", "--witness=aws",
        "--role=arn:aws:iam::123456789012:role/x"}) {
    CHECK(stopped({"--command=x", "--service=x", "--once", "--store=x", word}));
  }
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

TEST_CASE("a command line with mistakes is no reason to hide what else is wrong") {
  Environment const environment({{"AWS_REGION", "a/b"}, {"AWS_CONFIG_FILE", "/dev/null"}});
  auto const problems = [&](auto finder) { return finder(Arguments{}, environment); };
  CHECK(problems(startup_problems<ParseOptions::Missing::is_fine>).size() == 1);
  auto const all = problems(startup_problems<ParseOptions::Missing::is_a_problem>);
  CHECK(all.size() == 6);  // the last of them says the easy way
  CHECK(std::count_if(all.begin(), all.end(), [](std::string const& line) {
          return line.ends_with(" is a required argument");
        }) == 4);
}
