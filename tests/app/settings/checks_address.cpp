// SPDX-License-Identifier: MIT
// Covers: app/bucket_address.hpp, app/parameter_path.hpp
#include "sla/app/settings/checks_address.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace sla;
using namespace sla::app;

namespace {

std::string complaint(std::string const& text) {
  auto const good = check_checks(text);
  return good ? "" : good.error().message;
}

Environment prod() {
  Environment environment;
  environment.set("AWS_ENV", "prod");
  return environment;
}

}  // namespace

TEST_CASE("a file is here unless its name says that AWS keeps it") {
  for (std::string const here : {"checks.json", "/etc/checks.json", "ssm", "s3:/b/k", "./ssm:x"}) {
    CAPTURE(here);
    CHECK_FALSE(is_at_aws(here));
    CHECK(complaint(here).empty());
  }
}

TEST_CASE("an object has a bucket and a key, which may hold anything") {
  auto const object = parse_checks_address("s3://our-checks/eu/all checks+1.json", {});
  REQUIRE(object);
  CHECK(object->bucket == "our-checks");
  CHECK(object->key == "eu/all checks+1.json");
  CHECK(object->parameter.empty());
  CHECK(complaint("s3://our-checks/eu/all checks+1.json").empty());
}

TEST_CASE("a parameter is named by its path, under AWS_ENV, or by its ARN") {
  CHECK(parse_checks_address("ssm:/shop/checks", {})->parameter == "/shop/checks");
  CHECK(parse_checks_address("ssm:checks", prod())->parameter == "/prod/checks");
  CHECK(parse_checks_address("ssm:a/checks", prod())->parameter == "/prod/a/checks");
  std::string const arn = "arn:aws:ssm:eu-west-1:123456789012:parameter/prod/checks";
  auto const by_arn = parse_checks_address(arn, {});
  REQUIRE(by_arn);
  CHECK(by_arn->parameter == arn);
  CHECK(by_arn->region == "eu-west-1");
  CHECK(parse_checks_address("ssm:checks", {}).error().message.find("AWS_ENV is not set") !=
        std::string::npos);
}

TEST_CASE("what names neither an object nor a parameter is refused in words that read on") {
  for (std::string const object : {"s3://our-checks", "s3://our-checks/", "s3://our-checks/a/"}) {
    CHECK(complaint(object) == "is no object: give s3://BUCKET/KEY");
  }
  CHECK(complaint("s3://x/k") ==
        "cannot be used: not the name of a bucket: it must have 3 to 63 characters");
  for (std::string const parameter : {"ssm:", "ssm:/a/", "ssm:a,b"}) {
    CHECK(complaint(parameter) == "names no parameter: give ssm:/prod/checks, say");
  }
  CHECK(complaint("ssm:/a b").starts_with("holds what no name of a parameter does"));
  for (std::string const arn :
       {"arn:aws:s3:::our-checks/k", "arn:aws:ssm:eu-west-1:123456789012:document/x", "arn:x"}) {
    CHECK(complaint(arn) ==
          "is no ARN of a parameter (arn:...:ssm:REGION:ACCOUNT:parameter/...); an object is "
          "s3://BUCKET/KEY");
  }
  CHECK(complaint("s3://our-checks/a\nb") == "holds a control character");
}
