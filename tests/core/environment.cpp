// SPDX-License-Identifier: MIT
#include "sla/core/environment.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <optional>
#include <string>
#include <string_view>

using namespace sla;

TEST_CASE("a variable that is empty is as good as not set") {
  Environment const environment{{{"FULL", "value"}, {"EMPTY", ""}}};
  CHECK(environment.get("FULL") == "value");
  CHECK(environment.get("EMPTY") == std::nullopt);
  CHECK(environment.get("MISSING") == std::nullopt);
  CHECK(environment.get("full") == std::nullopt);
  CHECK(environment.get("FULL=value") == std::nullopt);
}

TEST_CASE("a variable can be set, and set again") {
  Environment environment;
  environment.set("NAME", "one");
  CHECK(environment.get("NAME") == "one");
  environment.set("NAME", "two");
  CHECK(environment.get("NAME") == "two");
  environment.set("NAME", "");
  CHECK(environment.get("NAME") == std::nullopt);
}

TEST_CASE("the variables come in the order of their names, empty ones too") {
  std::string all;
  Environment const environment{{{"B", "2"}, {"A", ""}, {"C", "a=b"}}};
  for (auto const& [name, value] : environment) all += name + '=' + value + ';';
  CHECK(all == "A=;B=2;C=a=b;");
}

TEST_CASE("the environment of the process is a copy") {
  ::setenv("SLA_TEST_VARIABLE", "a=b=c", 1);
  Environment const before = Environment::of_process();
  CHECK(before.get("SLA_TEST_VARIABLE") == "a=b=c");
  ::setenv("SLA_TEST_VARIABLE", "other", 1);
  CHECK(before.get("SLA_TEST_VARIABLE") == "a=b=c");
  Environment changed = Environment::of_process();
  changed.set("SLA_TEST_VARIABLE", "mine");
  CHECK(std::string_view(::getenv("SLA_TEST_VARIABLE")) == "other");
  ::unsetenv("SLA_TEST_VARIABLE");
  CHECK(Environment::of_process().get("SLA_TEST_VARIABLE") == std::nullopt);
}

TEST_CASE("a variable without a value is there, but has none to give") {
  sla::Environment environment;
  environment.set("EMPTY", "");
  CHECK(environment.has("EMPTY"));
  CHECK_FALSE(environment.get("EMPTY"));
  CHECK_FALSE(environment.has("MISSING"));
}
