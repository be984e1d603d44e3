// SPDX-License-Identifier: MIT
#include "sla/app/starter.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace sla;

TEST_CASE("the name decides, wherever the link is") {
  CHECK(is_starter("ssm-starter"));
  CHECK(is_starter("/usr/local/bin/ssm-starter"));
  CHECK(is_starter("./ssm-starter"));
  CHECK_FALSE(is_starter("sla-runner"));
  CHECK_FALSE(is_starter("/ssm-starter/sla-runner"));
  CHECK_FALSE(is_starter("my-ssm-starter"));
  CHECK_FALSE(is_starter(""));
}

TEST_CASE("its help fits 100 columns") {
  std::string const text = starter_help_text();
  for (std::string_view const line : split(text, '\n')) {
    CAPTURE(std::string(line));
    CHECK(line.size() <= 100);
    CHECK_FALSE(line.ends_with(' '));
  }
}

TEST_CASE("what is wrong with the settings of AWS is found before anything is loaded") {
  Environment const environment({{"AWS_REGION", "a/b"},
                                 {"AWS_CONFIG_FILE", "/dev/null"},
                                 {"AWS_SHARED_CREDENTIALS_FILE", "/dev/null"},
                                 {"SLARUNNER_DELAY", "not its business"},
                                 {"SLARUNNER_ROLE", "me"}});
  std::vector<std::string> problems;
  LoadPlan const plan = detail::starter_plan({.names = {"shop", "/b"}}, environment, problems);
  CHECK(plan.paths == std::vector<std::string>{"/b/"});
  REQUIRE(problems.size() == 3);
  CHECK(problems[0].starts_with("--ssm-name: 'shop' is "));
  CHECK(problems[1].starts_with("AWS_REGION: "));
  CHECK(problems[2] == "SLARUNNER_ROLE: 'me' is no ARN of a role");
}
