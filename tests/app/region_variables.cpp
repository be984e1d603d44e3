// SPDX-License-Identifier: MIT
#include "sla/app/region_variables.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <string>

using namespace sla;
using namespace sla::app;

namespace {

struct Regions {
  std::string both;     ///< AWS_REGION and AWS_DEFAULT_REGION afterwards
  std::string process;  ///< of this process
  bool warned = false;
};

Regions unify(std::string const& region, std::string const& fallback, RegionVariables rule) {
  ::unsetenv("AWS_REGION");
  ::unsetenv("AWS_DEFAULT_REGION");
  Environment environment({{"AWS_REGION", region}, {"AWS_DEFAULT_REGION", fallback}});
  bool const warned = unify_region_variables(environment, rule).has_value();
  auto const text = [](char const* value) { return std::string(value != nullptr ? value : "-"); };
  std::string const both = std::string(environment.get("AWS_REGION").value_or("-")) + ' ' +
                           std::string(environment.get("AWS_DEFAULT_REGION").value_or("-"));
  std::string const process =
      text(::getenv("AWS_REGION")) + ' ' + text(::getenv("AWS_DEFAULT_REGION"));
  return {both, process, warned};
}

}  // namespace

TEST_CASE("a variable that is missing gets the value of the other one") {
  for (RegionVariables const rule : {RegionVariables::keep, RegionVariables::equal}) {
    Regions const plain = unify("eu-west-1", "", rule);
    CHECK(plain.both == "eu-west-1 eu-west-1");
    CHECK(plain.process == "- eu-west-1");
    CHECK_FALSE(plain.warned);
    Regions const other = unify("", "eu-west-1", rule);
    CHECK(other.both == "eu-west-1 eu-west-1");
    CHECK(other.process == "eu-west-1 -");
    CHECK_FALSE(unify("", "", rule).warned);
    CHECK(unify("eu-west-1", "eu-west-1", rule).process == "- -");
  }
}

TEST_CASE("two that differ are told, and are made equal where that is asked for") {
  Regions const kept = unify("eu-west-1", "us-east-1", RegionVariables::keep);
  CHECK(kept.warned);
  CHECK(kept.both == "eu-west-1 us-east-1");
  Regions const equal = unify("eu-west-1", "us-east-1", RegionVariables::equal);
  CHECK(equal.warned);
  CHECK(equal.both == "eu-west-1 eu-west-1");
  CHECK(equal.process == "- eu-west-1");
}
