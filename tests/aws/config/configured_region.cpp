// SPDX-License-Identifier: MIT
#include "sla/aws/config/configured_region.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace sla;
using namespace sla::aws;

namespace {

std::string region(std::string_view flag, Environment const& environment,
                   Profile const& profile = {}) {
  auto const found = configured_region(flag, environment, profile);
  if (!found) return found.error().message;
  return *found ? (*found)->region : "none";
}

}  // namespace

TEST_CASE("the flag goes before the environment, and that before the profile") {
  Profile const profile{"a", {{"region", "eu-west-1"}}, {}};
  Environment environment;
  CHECK(region("", environment) == "none");
  CHECK(region("", environment, profile) == "eu-west-1");
  environment.set("AWS_DEFAULT_REGION", "eu-west-2");
  CHECK(region("", environment, profile) == "eu-west-2");
  environment.set("AWS_REGION", "eu-west-3");
  CHECK(region("", environment, profile) == "eu-west-3");
  CHECK(region("us-east-1", environment, profile) == "us-east-1");
}

TEST_CASE("a blank setting counts as none") {
  Environment environment;
  environment.set("AWS_REGION", " ");
  environment.set("AWS_DEFAULT_REGION", " us-east-2 ");
  CHECK(region(" ", environment) == "us-east-2");
}

TEST_CASE("what is no region is refused by the name of its setting") {
  Environment environment;
  environment.set("AWS_REGION", "evil.com/");
  CHECK(region("", environment).starts_with("AWS_REGION: the region must be a name"));
  CHECK(region("", {}, {"a", {{"region", "a b"}}, {}}).starts_with("region of the profile: "));
}
