// SPDX-License-Identifier: MIT
#include "sla/aws/credential/profile.hpp"

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

using Source = ProfileCredentials<ScriptedTransport, FakeClock>;
static_assert(CredentialSource<Source>);

Response const good{
    200,
    {},
    "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA1</AccessKeyId>"
    "<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
    "<Expiration>2026-01-01T01:00:00Z</Expiration></Credentials></AssumeRoleResult>"
    "</AssumeRoleResponse>"};

struct Setting {
  explicit Setting(std::string const& config) {
    write_file(folder / "config", config);
    environment.set("AWS_CONFIG_FILE", "/config");
    environment.set("AWS_SHARED_CREDENTIALS_FILE", "/credentials");
  }

  Source source(std::string name = {}) {
    FileReader const files(folder.path());
    ScriptedTransport const transport(script);
    FakeClock const clock(time);
    return Source({.name = std::move(name), .environment = environment, .files = files},
                  {transport, clock, {.region = "eu-west-1"}},
                  {read_container_agent(environment), transport, clock, files},
                  ImdsCredentials<ScriptedTransport, FakeClock>(
                      {Error{Errc::not_configured, "imds: turned off"}, transport, clock}));
  }
  Result<Credentials> ask(std::string name = {}) {
    return source(std::move(name)).credentials(time.wall);
  }
  Error failure(std::string name = {}) {
    auto const keys = ask(std::move(name));
    REQUIRE_FALSE(keys);
    return keys.error();
  }

  Script script{};
  FakeTime time{};
  TemporaryFolder folder{};
  Environment environment{};
};

std::string const static_keys = "aws_access_key_id = AKIA\naws_secret_access_key = s3cret\n";

}  // namespace

TEST_CASE("the profile of the flag, of AWS_PROFILE or the default one gives the keys") {
  Setting test("[default]\n" + static_keys + "[profile b]\naws_access_key_id = AKIAB\n" +
               "aws_secret_access_key = s\n[profile c]\naws_access_key_id = AKIAC\n" +
               "aws_secret_access_key = s\n");
  CHECK(test.ask().value().access_key_id == "AKIA");
  CHECK(test.ask().value().source == "profile 'default'");
  test.environment.set("AWS_PROFILE", "b");
  CHECK(test.ask().value().access_key_id == "AKIAB");
  CHECK(test.ask("c").value().access_key_id == "AKIAC");
}

TEST_CASE("keys that are replaced in the file are found") {
  Setting test("[default]\n" + static_keys);
  Source source = test.source();
  CHECK(source.credentials(test.time.wall).value().access_key_id == "AKIA");
  write_file(test.folder / "credentials", "[default]\naws_access_key_id = NEW\n");
  CHECK(source.credentials(test.time.wall).value().access_key_id == "NEW");
}

TEST_CASE("where nobody asked for a profile and there is none, others are asked") {
  CHECK(Setting("").failure() == Error{Errc::not_configured, "there is no profile 'default'"});
  CHECK(Setting("[default]\nregion = x\n").failure().code == Errc::not_configured);
}

TEST_CASE("a profile that somebody asked for must be there") {
  CHECK(Setting("").failure("b") == Error{Errc::invalid, "there is no profile 'b'"});
}

TEST_CASE("a file that does not parse is an error with the file, the line and the reason") {
  CHECK(Setting("[default]\ns3cret\n").failure() ==
        Error{Errc::invalid, "/config: line 2: there is no = after the name"});
}

TEST_CASE("a role is assumed with the keys of another profile") {
  Setting test(
      "[profile a]\nrole_arn = arn:aws:iam::1:role/A\nsource_profile = b\n"
      "external_id = x1\nregion = us-east-1\n[profile b]\n" +
      static_keys);
  test.script.answers = {good};
  auto const keys = test.ask("a");
  REQUIRE(keys);
  CHECK(keys->access_key_id == "ASIA1");
  CHECK(keys->source == "profile 'a': role arn:aws:iam::1:role/A, with profile 'b'");
  Request const& request = test.script.requests.at(0);
  CHECK(request.url.host == "sts.us-east-1.amazonaws.com");
  CHECK(request.body.text().value().ends_with("RoleSessionName=sla-runner&ExternalId=x1"));
}

TEST_CASE("the second role is assumed with the keys of the first") {
  Setting test(
      "[profile a]\nrole_arn = arn:aws:iam::1:role/A\nsource_profile = b\n"
      "[profile b]\nrole_arn = arn:aws:iam::1:role/B\nsource_profile = c\n[profile c]\n" +
      static_keys);
  test.script.answers = {good, good};
  CHECK(test.ask("a"));
  auto const authorization = [&](std::size_t number) {
    return find_header(test.script.requests.at(number).headers, "authorization").value_or("");
  };
  CHECK(authorization(0).find("Credential=AKIA/") != std::string::npos);
  CHECK(authorization(1).find("Credential=ASIA1/") != std::string::npos);
}

TEST_CASE("a source that the profile refers to and that has nothing is an error") {
  std::string const role = "[default]\nrole_arn = arn:aws:iam::1:role/A\n";
  CHECK(Setting(role + "credential_source = Ec2InstanceMetadata\n").failure() ==
        Error{Errc::invalid, "profile 'default': imds: turned off"});
  CHECK(Setting(role + "credential_source = Environment\n").failure() ==
        Error{Errc::invalid, "profile 'default': AWS_ACCESS_KEY_ID is not set"});
  CHECK(Setting(role + "credential_source = EcsContainer\n").failure().code == Errc::invalid);
}

TEST_CASE("a refusal names the profile and the role") {
  Setting test("[default]\nrole_arn = arn:aws:iam::1:role/A\nsource_profile = default\n" +
               static_keys);
  test.script.answers = {
      Response{403, {}, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"}};
  CHECK(test.failure() ==
        Error{Errc::revoked,
              "profile 'default': role arn:aws:iam::1:role/A: sts: http 403: AccessDenied",
              http_status(403)});
}

TEST_CASE("a region in the environment goes before that of a role's profile") {
  for (std::string const variable : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    Setting test(
        "[profile a]\nrole_arn = arn:aws:iam::1:role/A\nsource_profile = b\n"
        "region = us-east-1\n[profile b]\n" +
        static_keys);
    test.environment.set(variable, "US-EAST-2");
    test.script.answers = {good};
    CHECK(test.ask("a"));
    CHECK(test.script.requests.at(0).url.host == "sts.us-east-2.amazonaws.com");
  }
}

TEST_CASE("a command's keys belong to the profile's account where it names none") {
  std::string const config =
      "[default]\naws_account_id = 111122223333\ncredential_process = "
      "printf '{\"Version\":1,\"AccessKeyId\":\"P\",\"SecretAccessKey\":\"s\"";
  Setting test(config + "}'\n");
  CHECK(test.ask().value().account_id == "111122223333");
  Setting own(config + ",\"AccountId\":\"444455556666\"}'\n");
  CHECK(own.ask().value().account_id == "444455556666");
}

TEST_CASE("a command of a profile gives the keys") {
  Setting test(
      "[default]\ncredential_process = "
      "printf '{\"Version\":1,\"AccessKeyId\":\"P\",\"SecretAccessKey\":\"s\"}'\n");
  CHECK(test.ask().value().source == "profile 'default': credential_process");
}

TEST_CASE("roles last through an outage, and what the user supplies does not") {
  Setting test("[default]\n" + static_keys +
               "[profile a]\nrole_arn = arn:aws:iam::1:role/A\nsource_profile = default\n");
  test.script.answers = {good};
  Source plain = test.source();
  CHECK(plain.credentials(test.time.wall));
  CHECK(plain.stability() == Stability::strict);
  Source role = test.source("a");
  CHECK(role.credentials(test.time.wall));
  CHECK(role.stability() == Stability::lasting);
}
