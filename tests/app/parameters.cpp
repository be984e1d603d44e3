// SPDX-License-Identifier: MIT
#include "sla/app/parameters.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <map>
#include <string>
#include <vector>

#include "../support/memory_file.hpp"

using namespace sla;
using namespace sla::app;
using namespace sla::aws;

namespace {

Parameter plain(std::string name, std::string const& value) {
  return {std::move(name), Secret(value), ParameterKind::plain};
}
Parameter secure(std::string name, std::string const& value) {
  return {std::move(name), Secret(value), ParameterKind::secure};
}

Environment stage(std::string const& name) {
  return Environment(std::map<std::string, std::string, std::less<>>{{"AWS_ENV", name}});
}

/// An environment that is filled, and the log of it.
struct Filling {
  Environment environment{
      std::map<std::string, std::string, std::less<>>{{"OWN", "own"}, {"EMPTY", ""}}};
  MemoryFile file{};

  Result<LoadedVariables> fill(std::vector<Parameter> const& parameters,
                               Duplicates duplicates = Duplicates::skip) {
    return fill_environment(parameters, duplicates, environment,
                            Logger({.descriptor = file.descriptor()}));
  }
  [[nodiscard]] std::string value(std::string_view name) const {
    return std::string(environment.get(name).value_or("-"));
  }
};

}  // namespace

TEST_CASE("a name stands below the stage, a path for itself") {
  Environment const environment = stage(" prod ");
  CHECK(parameter_path("shop", environment).value() == "/prod/shop/");
  CHECK(parameter_path("shop/web/", environment).value() == "/prod/shop/web/");
  CHECK(parameter_path("/a/b", environment).value() == "/a/b/");
  CHECK(parameter_path("/", {}).value() == "/");
  CHECK(parameter_path("shop", stage("/org/prod")).value() == "/org/prod/shop/");
}

TEST_CASE("a name without a stage, or with one that is none, is refused") {
  auto const missing = parameter_path("shop", {});
  REQUIRE_FALSE(missing);
  CHECK(missing.error() ==
        Error{Errc::invalid,
              "'shop' is the name of parameters under /$AWS_ENV/, and AWS_ENV is not set; a path "
              "such as /prod/shop needs none"});
  auto const wrong = parameter_path("shop", stage("a\"b"));
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().message == "AWS_ENV: 'a\"b' is no part of a path");
}

TEST_CASE("the variable is the last part of the path") {
  CHECK(variable_of("/prod/shop/SLARUNNER_DELAY") == "SLARUNNER_DELAY");
  CHECK(variable_of("PLAIN") == "PLAIN");
  CHECK(variable_of("/prod/") == "");
}

TEST_CASE("parameters become variables, and which are secret is known") {
  Filling test;
  auto const loaded = test.fill({plain("/a/X", "1"), secure("/a/b/Y", "s3cret")});
  REQUIRE(loaded);
  CHECK(test.value("X") == "1");
  CHECK(test.value("Y") == "s3cret");
  CHECK(loaded->size() == 2);
  CHECK(loaded->at("X").parameter == "/a/X");
  CHECK(loaded->at("X").shown == Shown::plainly);
  CHECK(loaded->at("Y").shown == Shown::as_stars);
  CHECK(test.file.text().empty());
}

TEST_CASE("what is there already wins, an empty variable too, and the first of two parameters") {
  Filling test;
  auto const loaded = test.fill(
      {plain("/a/OWN", "s3cret"), plain("/a/EMPTY", "x"), secure("/a/X", "1"), plain("/b/X", "2")});
  REQUIRE(loaded);
  CHECK(test.value("OWN") == "own");
  CHECK(test.value("EMPTY") == "-");
  CHECK(test.value("X") == "1");
  CHECK(loaded->size() == 1);
  CHECK(loaded->at("X").parameter == "/a/X");
  std::string const log = test.file.text();
  CHECK(log.find("keeps its value variable=OWN parameter=/a/OWN") != std::string::npos);
  CHECK(log.find("variable=X parameter=/b/X") != std::string::npos);
  CHECK(log.find("s3cret") == std::string::npos);
}

TEST_CASE("the last one wins where that is asked for") {
  Filling test;
  auto const loaded =
      test.fill({plain("/a/OWN", "1"), secure("/b/OWN", "2")}, Duplicates::overwrite);
  REQUIRE(loaded);
  CHECK(test.value("OWN") == "2");
  CHECK(loaded->at("OWN").parameter == "/b/OWN");
  CHECK(loaded->at("OWN").shown == Shown::as_stars);
}

TEST_CASE("a duplicate is a reason to stop where that is asked for") {
  for (std::vector<Parameter> const& parameters :
       {std::vector{plain("/a/OWN", "s3cret")}, {plain("/a/X", "1"), plain("/b/X", "s3cret")}}) {
    Filling test;
    auto const loaded = test.fill(parameters, Duplicates::abort);
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().code == Errc::exists);
    CHECK(loaded.error().message.find(parameters.back().name) != std::string::npos);
    CHECK(loaded.error().message.find("s3cret") == std::string::npos);
  }
}

TEST_CASE("what cannot be a variable is passed over and said") {
  Filling test;
  auto const loaded =
      test.fill({plain("/a/", "s3cret"), plain("/a/X=Y", "s3cret"), plain("/a/X\nY", "s3cret"),
                 plain("/a/Z", std::string("a\0b", 3))});
  REQUIRE(loaded);
  CHECK(loaded->empty());
  std::string const log = test.file.text();
  CHECK(log.find("a parameter cannot be a variable parameter=/a/X\\nY\n") != std::string::npos);
  CHECK(log.find("s3cret") == std::string::npos);
}

TEST_CASE("the process gets what was loaded and nothing else") {
  Filling test;
  auto const loaded = test.fill({plain("/a/SLA_TEST_LOADED", "x y"), plain("/a/OWN", "1")});
  REQUIRE(loaded);
  test.environment.set("SLA_TEST_OTHER", "1");
  export_variables(*loaded, test.environment);
  Environment const process = Environment::of_process();
  CHECK(process.get("SLA_TEST_LOADED") == "x y");
  CHECK_FALSE(process.has("SLA_TEST_OTHER"));
  CHECK_FALSE(process.has("OWN"));
  ::unsetenv("SLA_TEST_LOADED");
}
