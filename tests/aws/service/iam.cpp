// SPDX-License-Identifier: MIT
#include "sla/aws/service/iam.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "../../support/scripted_client.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

std::string const answer =
    "<GetRoleResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><GetRoleResult><Role>"
    "<Path>/ops/</Path><Arn>arn:aws:iam::123456789012:role/ops/deploy</Arn>"
    "<RoleName>deploy</RoleName></Role></GetRoleResult></GetRoleResponse>";

}  // namespace

TEST_CASE("a role is asked for by its name and signed for where IAM is") {
  ScriptedClient fake{{200, {}, answer}};
  auto const arn = get_role_arn(fake.client, {.region = "eu-west-1"}, "deploy", fake.later);
  CHECK(arn.value() == "arn:aws:iam::123456789012:role/ops/deploy");
  Request const& request = fake.script.requests.at(0);
  CHECK(to_string(request.url) == "https://iam.amazonaws.com/");
  CHECK(request.body.text().value() == "Action=GetRole&Version=2010-05-08&RoleName=deploy");
  CHECK(fake.scope(0) == "20191123/us-east-1/iam");
}

TEST_CASE("a role that is not there is an error with the words of IAM") {
  ScriptedClient fake{{404,
                       {},
                       "<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>cannot be found"
                       "</Message></Error></ErrorResponse>"}};
  auto const arn = get_role_arn(fake.client, {.region = "eu-west-1"}, "nobody", fake.later);
  REQUIRE_FALSE(arn);
  CHECK(arn.error() == Error{Errc::not_found,
                             "iam get role nobody: http 404: NoSuchEntity: cannot be found",
                             http_status(404)});
}

TEST_CASE("a success that is not one of IAM is none") {
  for (std::string const body : {"", "<html/>", "<GetRoleResponse/>"}) {
    CHECK(parse_role_arn({200, {}, body}).error().code == Errc::unavailable);
  }
}

TEST_CASE("what is no name of a role is not sent") {
  for (std::string const& name : {std::string(), std::string("a b"), std::string(65, 'a')}) {
    ScriptedClient fake{};
    CHECK(get_role_arn(fake.client, {.region = "eu-west-1"}, name, fake.later).error().code ==
          Errc::invalid);
    CHECK(fake.script.requests.empty());
  }
}
