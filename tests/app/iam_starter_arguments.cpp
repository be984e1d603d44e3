// SPDX-License-Identifier: MIT
#include "sla/app/iam_starter_arguments.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace sla;

namespace {

IamStarterArguments read(std::vector<char const*> const& arguments) {
  return read_iam_starter_arguments(arguments);
}

std::string complaint(std::vector<char const*> const& arguments) {
  auto const made = read(arguments);
  return made.usage_errors.size() == 1 ? made.usage_errors.front() : "";
}

}  // namespace

TEST_CASE("values follow their flags, and everything behind --command is the command") {
  auto const made = read({"--profile", "dev", "--role=deploy", "--region", "eu-west-1", "--command",
                          "make", "--role", "x"});
  CHECK(made.usage_errors.empty());
  CHECK(made.profile == "dev");
  CHECK(made.role == "deploy");
  CHECK(made.region == "eu-west-1");
  CHECK(made.words == std::vector<std::string>{"make", "--role", "x"});
}

TEST_CASE("without a command there is a format") {
  CHECK_FALSE(read({}).words);
  CHECK(read({}).format == VariableFormat::shell);
  CHECK(read({"--format", "env"}).format == VariableFormat::env);
  CHECK(complaint({"--format=json"}) == "--format: 'json' is none of shell, env");
  CHECK(complaint({"--format", "env", "--command", "true"}) ==
        "--format and --command exclude each other");
}

TEST_CASE("what cannot be understood is said") {
  CHECK(complaint({"--what"}) == "unknown argument '--what'");
  CHECK(complaint({"--profile="}) == "--profile needs a value");
  CHECK(complaint({"--role", "--region", "x"}) == "--role needs a value");
  CHECK(complaint({"--command"}) == "--command needs words: --command WORD...");
  CHECK(complaint({"--command", ""}) == "--command: its first word is empty");
}

TEST_CASE("help and the version are asked for before the command only") {
  CHECK(read({"-h"}).action == Action::show_help);
  CHECK(read({"--help"}).action == Action::show_help);
  CHECK(read({"--version"}).action == Action::show_version);
  CHECK(read({"--command", "ls", "--help"}).action == Action::run);
}
