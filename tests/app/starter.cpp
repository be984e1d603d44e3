// SPDX-License-Identifier: MIT
#include "sla/app/starter.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "sla/app/arguments.hpp"

using namespace sla;
using namespace sla::app;

namespace {

using Lines = std::vector<std::string>;

Arguments read(std::vector<char const*> const& words) {
  auto arguments = read_arguments(starter_command, words);
  CHECK(arguments.usage_errors.empty());
  return arguments;
}
Lines errors(std::vector<char const*> const& words) {
  return app::detail::starter_usage_errors(read(words));
}

}  // namespace

TEST_CASE("names, duplicates and the command are told apart") {
  auto const all = read({"--ssm-name", "/a", "--ssm-name=/b, /c", "--overwrite-if-duplicates",
                         "--command", "run", "--ssm-name", "", "--command"});
  CHECK(app::detail::starter_usage_errors(all).empty());
  Lines problems;
  LoadPlan const plan = app::detail::starter_plan(all, {}, problems);
  CHECK(plan.paths == Lines{"/a/", "/b/", "/c/"});
  CHECK(plan.duplicates == Duplicates::overwrite);
  CHECK(all.all("--command").size() == 4);
}

TEST_CASE("what is missing or does not go together is a line each") {
  CHECK(errors({}) == Lines{"ssm-starter: --ssm-name NAME is missing",
                            "ssm-starter: --command WORD... is missing, as the last of the "
                            "arguments"});
  CHECK(errors({"--ssm-name=,", "--command", "x"}) ==
        Lines{"ssm-starter: --ssm-name NAME is missing"});
  CHECK(errors({"--ssm-name=a", "--abort-if-duplicates", "--overwrite-if-duplicates", "--command",
                "x"}) ==
        Lines{"ssm-starter: --abort-if-duplicates and --overwrite-if-duplicates exclude each "
              "other"});
}

TEST_CASE("what is wrong with the settings of AWS is found before anything is loaded") {
  Environment const environment({{"AWS_REGION", "a/b"},
                                 {"AWS_CONFIG_FILE", "/dev/null"},
                                 {"AWS_SHARED_CREDENTIALS_FILE", "/dev/null"},
                                 {"SLARUNNER_DELAY", "not its business"},
                                 {"SLARUNNER_ROLE", "me"}});
  std::vector<std::string> problems;
  LoadPlan const plan =
      app::detail::starter_plan(read({"--ssm-name=shop,/b"}), environment, problems);
  CHECK(plan.paths == std::vector<std::string>{"/b/"});
  REQUIRE(problems.size() == 3);
  CHECK(problems[0].starts_with("--ssm-name: 'shop' is "));
  CHECK(problems[1].starts_with("AWS_REGION: "));
  CHECK(problems[2] == "SLARUNNER_ROLE: 'me' is no ARN of a role");
}
