// SPDX-License-Identifier: MIT
#include "sla/aws/credential/assume_role.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "../../support/fake_clock.hpp"
#include "../../support/scripted_transport.hpp"
#include "sla/aws/credential/environment.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

using Source = AssumeRoleCredentials<EnvironmentCredentials, ScriptedTransport, FakeClock>;
static_assert(CredentialSource<Source>);

struct Setting {
  Script script{};
  FakeTime time{};
  std::optional<Role> role = Role{"arn:aws:iam::123456789012:role/name", "session"};

  Result<Credentials> assume(Environment const& environment) {
    Source source(EnvironmentCredentials(environment),
                  {ScriptedTransport(script), FakeClock(time), {.region = "eu-west-1"}}, role);
    CHECK(source.stability() == (role ? Stability::lasting : Stability::strict));
    return source.credentials(time.wall);
  }
};

}  // namespace

TEST_CASE("a role is assumed with the keys of the source") {
  Setting test;
  test.script.answers = {
      Response{200,
               {},
               "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA1</AccessKeyId>"
               "<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
               "<Expiration>2026-01-01T01:00:00Z</Expiration></Credentials></AssumeRoleResult>"
               "</AssumeRoleResponse>"}};
  Environment environment;
  environment.set("AWS_ACCESS_KEY_ID", "AKIA");
  environment.set("AWS_SECRET_ACCESS_KEY", "s3cret");
  auto const keys = test.assume(environment);
  REQUIRE(keys);
  CHECK(keys->access_key_id == "ASIA1");
  CHECK(keys->source == "role arn:aws:iam::123456789012:role/name, with environment");
}

TEST_CASE("without a role it is the source") {
  Setting test;
  test.role.reset();
  Environment environment;
  environment.set("AWS_ACCESS_KEY_ID", "AKIA");
  environment.set("AWS_SECRET_ACCESS_KEY", "s3cret");
  CHECK(test.assume(environment).value().source == "environment");
  CHECK(test.script.requests.empty());
}

TEST_CASE("without keys to begin with nobody is asked") {
  Setting test;
  auto const keys = test.assume({});
  REQUIRE_FALSE(keys);
  CHECK(keys.error().code == Errc::not_configured);
  CHECK(test.script.requests.empty());
}

TEST_CASE("a refusal names the role") {
  Setting test;
  test.script.answers = {
      Response{403, {}, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"}};
  Environment environment;
  environment.set("AWS_ACCESS_KEY_ID", "AKIA");
  environment.set("AWS_SECRET_ACCESS_KEY", "s3cret");
  auto const keys = test.assume(environment);
  REQUIRE_FALSE(keys);
  CHECK(keys.error() ==
        Error{Errc::revoked,
              "role arn:aws:iam::123456789012:role/name: sts: http 403: AccessDenied",
              http_status(403)});
}
