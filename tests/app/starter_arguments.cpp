// SPDX-License-Identifier: MIT
#include "sla/app/starter_arguments.hpp"

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <vector>

using namespace sla;

namespace {

using Lines = std::vector<std::string>;

StarterArguments read(std::initializer_list<char const*> arguments) {
  return read_starter_arguments({arguments.begin(), arguments.size()});
}

}  // namespace

TEST_CASE("names, duplicates and the command are told apart") {
  auto const all = read({"--ssm-name", "a", "--ssm-name=b, /c", "--overwrite-if-duplicates",
                         "--command", "run", "--ssm-name", "", "--command"});
  CHECK(all.usage_errors.empty());
  CHECK(all.action == Action::run);
  CHECK(all.names == Lines{"a", "b", "/c"});
  CHECK(all.duplicates == Duplicates::overwrite);
  CHECK(all.words == Lines{"run", "--ssm-name", "", "--command"});
  CHECK(read({"--ssm-name=a", "--command", "x"}).duplicates == Duplicates::skip);
  CHECK(read({"--abort-if-duplicates", "--ssm-name=a", "--abort-if-duplicates", "--command", "x"})
            .duplicates == Duplicates::abort);
}

TEST_CASE("what is missing or cannot be understood is a line each") {
  CHECK(read({}).usage_errors ==
        Lines{"--ssm-name NAME is missing",
              "--command WORD... is missing, as the last of the arguments"});
  CHECK(read({"--ssm-name", "--command", "x"}).usage_errors ==
        Lines{"--ssm-name needs a value: --ssm-name NAME", "--ssm-name NAME is missing"});
  CHECK(read({"--ssm-name=a", "x", "--comand", "--command", ""}).usage_errors ==
        Lines{"unknown argument 'x'", "unknown argument '--comand'",
              "--command: its first word is empty"});
  CHECK(
      read({"--ssm-name=a", "--abort-if-duplicates", "--overwrite-if-duplicates", "--command", "x"})
          .usage_errors ==
      Lines{"--abort-if-duplicates and --overwrite-if-duplicates exclude each other"});
  auto const bad = read({"--ssm-name", "a\n?", "--command", "x"});
  REQUIRE(bad.usage_errors.size() == 1);
  CHECK(bad.usage_errors[0].starts_with(
      "--ssm-name: 'a\\n?' holds what no name of a parameter does"));
}

TEST_CASE("help and version need nothing else") {
  CHECK(read({"--help"}).action == Action::show_help);
  CHECK(read({"--version", "--help"}).action == Action::show_version);
  CHECK(read({"--help"}).usage_errors.empty());
  CHECK(read({"--ssm-name=a", "--command", "x", "--help"}).action == Action::run);
}
