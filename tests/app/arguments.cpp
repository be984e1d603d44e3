// SPDX-License-Identifier: MIT
// Covers: app/command.hpp
#include "sla/app/arguments.hpp"

#include <doctest/doctest.h>

#include <array>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

using namespace sla;
using namespace sla::app;

namespace {

using Lines = std::vector<std::string>;
using Texts = std::vector<std::string_view>;

Result<void> check_every(std::string_view text) {
  return text == "0" ? Error{Errc::invalid, "is too often"} : Result<void>{};
}

constexpr auto flags = std::to_array<Flag>({
    {.name = "service", .value = "NAME"},
    {.name = "delay", .value = "SECONDS", .takes = Takes::setting},
    {.name = "every", .value = "SECONDS", .takes = Takes::setting, .check = check_every},
    {.name = "once", .takes = Takes::setting},
    {.name = "group", .value = "NAME", .times = Times::any},
    {.takes = Takes::setting, .variable = "ONLY_A_VARIABLE"},
    {.name = "print", .takes = Takes::nothing},
    {.value = "WORD...", .takes = Takes::rest},
});
constexpr Command command{.flags = flags, .asks_aws = true, .most_operands = 1};
constexpr Command bare{.name = "bare"};

Arguments read(std::initializer_list<char const*> words) {
  return read_arguments(command, {words.begin(), words.size()});
}
Texts all(Arguments const& arguments, std::string_view flag) {
  auto const values = arguments.all(flag);
  return {values.begin(), values.end()};
}
std::string complaint(std::initializer_list<char const*> words) {
  auto const errors = read(words).usage_errors;
  return errors.size() == 1 ? errors.front() : std::to_string(errors.size()) + " complaints";
}

}  // namespace

TEST_CASE("a value follows its flag as the next argument or after =") {
  auto const got = read({"--service", "a b", "--delay=x --y=z", "--group", "-a", "--group=b"});
  CHECK(got.usage_errors.empty());
  CHECK(got.value("--service") == "a b");
  CHECK(got.value("--delay") == "x --y=z");
  CHECK(all(got, "--group") == Texts{"-a", "b"});
  CHECK_FALSE(got.has("--once"));
  CHECK(got.value("--once").empty());
}

TEST_CASE("a switch needs no value, and that of a setting may have one after =") {
  auto const got = read({"--once", "--print"});
  CHECK(got.usage_errors.empty());
  CHECK(got.value("--once") == "true");
  CHECK(got.has("--print"));
  CHECK(read({"--once=false"}).value("--once") == "false");
  CHECK(all(read({"--once="}), "--once") == Texts{""});
  CHECK(complaint({"--print=yes"}) == "--print takes no value after =");
}

TEST_CASE("an empty value unsets a setting and is a mistake elsewhere") {
  CHECK(all(read({"--delay="}), "--delay") == Texts{""});
  CHECK(complaint({"--service="}) == "--service needs a value: --service NAME");
}

TEST_CASE("what takes the rest takes it unchanged") {
  auto const got = read({"--once", "--", "curl", "--help", "", "--", "x y"});
  CHECK(got.usage_errors.empty());
  CHECK(got.action == Action::run);
  CHECK(all(got, "--") == Texts{"curl", "--help", "", "--", "x y"});
  CHECK(complaint({"--"}) == "-- needs a value: -- WORD...");
  CHECK(complaint({"--", ""}) == "--: the first word is empty");
  CHECK(complaint({"--=x"}) == "-- takes no value after =");
}

TEST_CASE("a word that is no flag's is an operand where there is room for it") {
  CHECK(read({"list", "--once"}).operands == Texts{"list"});
  CHECK(read({"-"}).operands == Texts{"-"});
  CHECK(complaint({"a", "b\n"}) == "unexpected argument 'b\\n': a command goes after --");
  char const* const words[] = {"x", "--nope", "y"};
  CHECK(read_arguments(bare, words).usage_errors ==
        Lines{"bare: unexpected argument 'x'", "bare: unknown flag '--nope'"});
  char const* const elsewhere[] = {"--region=x", "--period=5"};
  CHECK(read_arguments(bare, elsewhere).usage_errors.size() == 2);
  CHECK(read_arguments(bare, elsewhere).usage_errors[1] == "bare: unknown flag '--period'");
}

TEST_CASE("what cannot be understood is named with what helps") {
  CHECK(complaint({"--servce", "web"}) ==
        "unknown flag '--servce'; the nearest known one is --service");
  CHECK(complaint({"--dely=5"}) == "unknown flag '--dely'; the nearest known one is --delay");
  CHECK(complaint({"--hlep"}) == "unknown flag '--hlep'; the nearest known one is --help");
  CHECK(complaint({"--bogus"}) == "unknown flag '--bogus'");
  CHECK(complaint({"-x"}) == "unknown flag '-x'");
  CHECK(complaint({"--region", "x"}) == "unknown flag '--region'; use $AWS_REGION");
  CHECK(complaint({"--interval=5"}) == "unknown flag '--interval'; use --every");
  CHECK(complaint({"--every=0"}) == "--every: '0' is too often");
  CHECK(complaint({"--service"}) == "--service needs a value: --service NAME");
  CHECK(complaint({"--delay", "--once"}) ==
        "--delay needs a value: --delay SECONDS; one that begins with -- is written "
        "--delay=SECONDS");
  CHECK(complaint({"--delay=1", "--delay", "2"}) == "--delay is given more than once");
  CHECK(complaint({"--version=1"}) == "--version takes no value");
}

TEST_CASE("all of it is found at once, and the rest is still read") {
  auto const got = read({"--dely", "5", "a", "stray", "--service=web", "--delay"});
  CHECK(got.usage_errors.size() == 3);
  CHECK(got.value("--service") == "web");
}

TEST_CASE("every command has a help and a version, and the first that is asked for is the one") {
  CHECK(read({}).action == Action::run);
  CHECK(read({"--once", "--help"}).action == Action::show_help);
  CHECK(read({"-h", "--nonsense"}).action == Action::show_help);
  CHECK(read({"--version", "--help"}).action == Action::show_version);
}
