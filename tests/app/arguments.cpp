// SPDX-License-Identifier: MIT
#include "sla/app/arguments.hpp"

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Lines = std::vector<std::string>;
using Texts = std::vector<std::string_view>;

sla::Arguments read(std::initializer_list<char const*> arguments) {
  return sla::read_arguments({arguments.begin(), arguments.size()});
}

Texts const& values(sla::Arguments const& arguments, std::size_t row) {
  return arguments.values[row];
}

}  // namespace

TEST_CASE("a value follows its flag as the next argument or after =") {
  auto const got = read({"--service", "a b", "--delay=5", "--command=x --y=z", "--groups", "-a"});
  CHECK(got.usage_errors.empty());
  CHECK(values(got, sla::setting_index("service")) == Texts{"a b"});
  CHECK(values(got, sla::setting_index("delay")) == Texts{"5"});
  CHECK(values(got, sla::setting_index("command")) == Texts{"x --y=z"});
  CHECK(values(got, sla::setting_index("groups")) == Texts{"-a"});
  CHECK_FALSE(got.words);
}

TEST_CASE("a switch needs no value and takes one only after =") {
  auto const got = read({"--once", "--disabled=false", "--dry-run="});
  CHECK(got.usage_errors.empty());
  CHECK(values(got, sla::setting_index("once")) == Texts{"true"});
  CHECK(values(got, sla::setting_index("disabled")) == Texts{"false"});
  CHECK(values(got, sla::setting_index("dry-run")) == Texts{""});
}

TEST_CASE("everything after -- is the command, unchanged") {
  auto const got = read({"--once", "--", "curl", "--help", "", "--", "x y"});
  CHECK(got.usage_errors.empty());
  CHECK(got.action == sla::Action::run);
  REQUIRE(got.words);
  CHECK(*got.words == Texts{"curl", "--help", "", "--", "x y"});
  auto const none = read({"--"});
  REQUIRE(none.words);
  CHECK(none.words->empty());
}

TEST_CASE("what cannot be understood is named with what helps") {
  CHECK(read({"--servce", "web"}).usage_errors ==
        Lines{"unknown flag '--servce'; the nearest known one is --service"});
  CHECK(read({"--dely=5"}).usage_errors ==
        Lines{"unknown flag '--dely'; the nearest known one is --delay"});
  CHECK(read({"--bogus"}).usage_errors == Lines{"unknown flag '--bogus'"});
  CHECK(read({"--bucket", "--once"}).usage_errors ==
        Lines{"unknown flag '--bucket'; the nearest known one is --s3-bucket-name"});
  CHECK(read({"--service"}).usage_errors == Lines{"--service needs a value: --service NAME"});
  CHECK(read({"--delay", "--once"}).usage_errors ==
        Lines{"--delay needs a value: --delay SECONDS; one that begins with -- is written "
              "--delay=SECONDS"});
  CHECK(read({"stray"}).usage_errors ==
        Lines{"unexpected argument 'stray': a command goes after --"});
  CHECK(read({""}).usage_errors == Lines{"unexpected argument '': a command goes after --"});
  CHECK(read({"--once", "true\n"}).usage_errors ==
        Lines{"unexpected argument 'true\\n': a command goes after --"});
  CHECK(read({"--version=1"}).usage_errors == Lines{"--version takes no value"});
  CHECK(read({"--delay=1", "--delay", "2"}).usage_errors ==
        Lines{"--delay is given more than once"});
}

TEST_CASE("all of it is found at once, and the rest is still read") {
  auto const got = read({"--dely", "5", "stray", "--service=web", "--delay"});
  CHECK(got.usage_errors.size() == 3);
  CHECK(values(got, sla::setting_index("service")) == Texts{"web"});
}

TEST_CASE("the first action that is asked for is the one") {
  CHECK(read({}).action == sla::Action::run);
  CHECK(read({"--once", "--help"}).action == sla::Action::show_help);
  CHECK(read({"--version", "--help"}).action == sla::Action::show_version);
  CHECK(read({"--print-settings"}).action == sla::Action::show_settings);
}

TEST_CASE("a flag that may be given any number of times keeps every value") {
  sla::Setting const table[] = {
      {.flag = "name", .value = "NAME", .field = &sla::Settings::groups, .times = sla::Times::any}};
  char const* const arguments[] = {"--name", "a", "--name=b"};
  auto const got = sla::read_arguments(arguments, table);
  CHECK(got.usage_errors.empty());
  CHECK(got.values[0] == Texts{"a", "b"});
}
