// SPDX-License-Identifier: MIT
#include "sla/aws/credential/web_identity.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "../../support/fake_clock.hpp"
#include "../../support/scripted_transport.hpp"
#include "../../support/temporary_folder.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

using Source = WebIdentityCredentials<ScriptedTransport, FakeClock>;
static_assert(CredentialSource<Source>);

Response const good{
    200,
    {},
    "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"
    "<AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
    "<SessionToken>t</SessionToken><Expiration>2026-01-01T01:00:00Z</Expiration></Credentials>"
    "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"};

Environment environment() {
  Environment made;
  made.set("AWS_WEB_IDENTITY_TOKEN_FILE", "/token");
  made.set("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/name");
  return made;
}

struct Setting {
  Script script{};
  FakeTime time{};
  TemporaryFolder folder{};

  Source source(Environment const& from = environment()) {
    return Source(read_web_identity(from, "usual"),
                  {ScriptedTransport(script), FakeClock(time), {.region = "eu-west-1"}},
                  FileReader(folder.path()));
  }
  std::string body(std::size_t number) const {
    return script.requests.at(number).body.text().value();
  }
};

}  // namespace

TEST_CASE("the token is read from its file each time, without the line break at its end") {
  Setting test;
  test.script.answers = {good, good};
  Source source = test.source();
  write_file(test.folder / "token", "first.jwt\n");
  auto const keys = source.credentials(test.time.wall);
  REQUIRE(keys);
  CHECK(keys->access_key_id == "ASIA1");
  CHECK(keys->source == "web identity, role arn:aws:iam::123456789012:role/name");
  write_file(test.folder / "token", "second.jwt");
  CHECK(source.credentials(test.time.wall));
  CHECK(test.body(0).ends_with("RoleSessionName=usual&WebIdentityToken=first.jwt"));
  CHECK(test.body(1).ends_with("WebIdentityToken=second.jwt"));
}

TEST_CASE("the name of the session may come from the environment") {
  Setting test;
  test.script.answers = {good};
  Environment from = environment();
  from.set("AWS_ROLE_SESSION_NAME", "mine");
  write_file(test.folder / "token", "some.jwt");
  CHECK(test.source(from).credentials(test.time.wall));
  CHECK(test.body(0).find("RoleSessionName=mine&") != std::string::npos);
}

TEST_CASE("without a token file this source is not configured") {
  auto const none = read_web_identity({}, "usual");
  REQUIRE_FALSE(none);
  CHECK(none.error().code == Errc::not_configured);
}

TEST_CASE("a token file without a role is an error") {
  Environment from;
  from.set("AWS_WEB_IDENTITY_TOKEN_FILE", "/token");
  auto const half = read_web_identity(from, "usual");
  REQUIRE_FALSE(half);
  CHECK(half.error() ==
        Error{Errc::invalid,
              "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is set but AWS_ROLE_ARN is not"});
}

TEST_CASE("a token file that is missing, empty or no token is an error that does not show it") {
  Setting test;
  Source source = test.source();
  CHECK(source.credentials(test.time.wall).error().message ==
        "web identity: the token file: /token: No such file or directory");
  write_file(test.folder / "token", "\n");
  CHECK(source.credentials(test.time.wall).error().message ==
        "web identity: the token file /token is empty");
  write_file(test.folder / "token", "s3cret\r\nX: 1");
  CHECK(source.credentials(test.time.wall).error().message ==
        "web identity: role arn:aws:iam::123456789012:role/name: the web identity token is empty, "
        "too long, or no token at all");
  CHECK(test.script.requests.empty());
}
