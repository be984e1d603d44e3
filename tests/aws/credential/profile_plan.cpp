// SPDX-License-Identifier: MIT
#include "sla/aws/credential/profile_plan.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <variant>

using namespace sla;
using namespace sla::aws;

namespace {

/// The plan of profile `a` in a config file.
Result<ProfilePlan> plan(std::string_view config) {
  auto const profiles = Profiles::parse({config, ""});
  REQUIRE(profiles);
  auto const chosen = profiles->find("a");
  REQUIRE(chosen);
  return plan_profile(*profiles, *chosen, "usual");
}

std::string failure(std::string_view config) {
  auto const made = plan(config);
  REQUIRE_FALSE(made);
  CHECK(made.error().code == Errc::invalid);
  CHECK(made.error().message.find("s3cret") == std::string::npos);
  return made.error().message;
}

/// `base -> role -> role`, by the names of the roles.
std::string way(std::string_view config) {
  auto const made = plan(config);
  REQUIRE_MESSAGE(made, made.error().message);
  std::string out;
  if (auto const* keys = std::get_if<Credentials>(&made->base)) out = keys->access_key_id;
  if (auto const* identity = std::get_if<WebIdentity>(&made->base)) out = identity->token_file;
  if (auto const* command = std::get_if<CredentialCommand>(&made->base)) out = command->command;
  if (auto const* source = std::get_if<NamedSource>(&made->base)) {
    out = *source == NamedSource::environment ? "environment"
          : *source == NamedSource::container ? "container"
                                              : "imds";
  }
  for (Role const& role : made->roles) out += " -> " + role.arn.substr(role.arn.rfind('/') + 1);
  return out;
}

constexpr std::string_view keys_of_a =
    "[profile a]\naws_access_key_id = AKIAA\naws_secret_access_key = s3cret\n";
constexpr std::string_view role_of_a = "[profile a]\nrole_arn = arn:aws:iam::1:role/A\n";
constexpr std::string_view keys_of_b =
    "[profile b]\naws_access_key_id = AKIAB\naws_secret_access_key = s3cret\n";

std::string operator+(std::string_view left, std::string_view right) {
  return std::string(left).append(right);
}

}  // namespace

TEST_CASE("a profile has keys of its own") {
  auto const made = plan(keys_of_a + "aws_session_token = t0ken\naws_account_id = 123456789012\n");
  REQUIRE(made);
  Credentials const& keys = std::get<Credentials>(made->base);
  CHECK(keys.access_key_id == "AKIAA");
  CHECK(keys.secret_access_key.reveal() == "s3cret");
  CHECK(keys.session_token.reveal() == "t0ken");
  CHECK(keys.account_id == "123456789012");
  CHECK(keys.source == "profile 'a'");
}

TEST_CASE("a profile without a word about credentials is not configured") {
  auto const made = plan("[profile a]\nregion = eu-west-1\n");
  REQUIRE_FALSE(made);
  CHECK(made.error() ==
        Error{Errc::not_configured, "profile 'a': it says nothing about credentials"});
}

TEST_CASE("half a pair of keys is an error") {
  CHECK(failure("[profile a]\naws_access_key_id = AKIA") ==
        "profile 'a': aws_secret_access_key is missing");
  CHECK(failure("[profile a]\naws_secret_access_key = s3cret") ==
        "profile 'a': aws_access_key_id is missing");
  CHECK(failure("[profile a]\naws_access_key_id = AKIA\naws_secret_access_key = s3cret\n X: 1") ==
        "profile 'a': the secret access key holds a character that cannot be in it, such as a "
        "blank");
}

TEST_CASE("a role is assumed with the keys of another profile") {
  CHECK(way(role_of_a + "source_profile = b\n" + keys_of_b) == "AKIAB -> A");
}

TEST_CASE("roles are assumed one after the other") {
  CHECK(way(role_of_a + "source_profile = b\n[profile b]\nrole_arn = arn:aws:iam::1:role/B\n" +
            "source_profile = c\n[profile c]\naws_access_key_id = AKIAC\n" +
            "aws_secret_access_key = s3cret\n") == "AKIAC -> B -> A");
}

TEST_CASE("in the chosen profile the role wins over keys, in the next ones the keys do") {
  CHECK(way(keys_of_a + "role_arn = arn:aws:iam::1:role/A\nsource_profile = b\n" + keys_of_b +
            "role_arn = arn:aws:iam::1:role/B\nsource_profile = a\n") == "AKIAB -> A");
}

TEST_CASE("a profile may be the source of its own role") {
  CHECK(way(keys_of_a + "role_arn = arn:aws:iam::1:role/A\nsource_profile = a\n") == "AKIAA -> A");
}

TEST_CASE("a circle of profiles is an error that shows it, even where there are keys") {
  CHECK(failure(role_of_a + "source_profile = b\n[profile b]\nrole_arn = arn:aws:iam::1:role/B\n" +
                "source_profile = a\n") ==
        "the profiles refer to each other in a circle: a -> b -> a (source_profile)");
  CHECK(failure(keys_of_a + "role_arn = arn:aws:iam::1:role/A\nsource_profile = b\n" +
                "[profile b]\nrole_arn = arn:aws:iam::1:role/B\nsource_profile = a\n") ==
        "the profiles refer to each other in a circle: a -> b -> a (source_profile)");
}

TEST_CASE("a profile that a role refers to must be there and have keys") {
  CHECK(failure(role_of_a + "source_profile = b\n") ==
        "profile 'a': source_profile: there is no profile 'b'");
  CHECK(failure(role_of_a + "source_profile = b\n[profile b]\nregion = x\n") ==
        "profile 'b': it says nothing about credentials");
}

TEST_CASE("a role needs one way to its keys and not two") {
  CHECK(failure(role_of_a) ==
        "profile 'a': role_arn needs a source_profile, a credential_source or a "
        "web_identity_token_file beside it");
  CHECK(failure(role_of_a + "source_profile = a\ncredential_source = Environment\n") ==
        "profile 'a': it has both source_profile and credential_source: keep one");
}

TEST_CASE("a role may be assumed with the keys of another source, in any spelling of its name") {
  CHECK(way(role_of_a + "credential_source = Environment\n") == "environment -> A");
  CHECK(way(role_of_a + "credential_source = ecscontainer\n") == "container -> A");
  CHECK(way(role_of_a + "credential_source = EC2InstanceMetadata\n") == "imds -> A");
  CHECK(failure(role_of_a + "credential_source = Nobody\n") ==
        "profile 'a': credential_source: it must be Environment, Ec2InstanceMetadata or "
        "EcsContainer");
}

TEST_CASE("a token file is the way to the first role") {
  CHECK(way(role_of_a + "web_identity_token_file = /token\n") == "/token");
  CHECK(way(role_of_a + "source_profile = b\n[profile b]\nrole_arn = arn:aws:iam::1:role/B\n" +
            "web_identity_token_file = /token\n") == "/token -> A");
  CHECK(failure("[profile a]\nweb_identity_token_file = /token\n") ==
        "profile 'a': web_identity_token_file needs a role_arn beside it");
}

TEST_CASE("a command may give the keys, and goes before those in the file") {
  CHECK(way("[profile a]\ncredential_process = run me\n") == "run me");
  CHECK(way(keys_of_a + "credential_process = run me\n") == "run me");
  CHECK(way(role_of_a + "source_profile = b\n[profile b]\ncredential_process = run me\n") ==
        "run me -> A");
}

TEST_CASE("what a role is assumed with is read from its own profile") {
  auto const made = plan(role_of_a +
                         "source_profile = b\nexternal_id = x1\nrole_session_name = mine\n"
                         "duration_seconds = 900\nregion = eu-west-1\n" +
                         keys_of_b + "region = us-east-1\n");
  REQUIRE(made);
  Role const& role = made->roles.at(0);
  CHECK(role.external_id == "x1");
  CHECK(role.session_name == "mine");
  CHECK(role.duration == std::chrono::seconds{900});
  CHECK(role.region == "eu-west-1");
  auto const plain = plan(role_of_a + "source_profile = b\n" + keys_of_b);
  CHECK(plain.value().roles.at(0).session_name == "usual");
}

TEST_CASE("what STS would not take is an error before it is asked") {
  CHECK(failure("[profile a]\nrole_arn = name\ncredential_source = Environment\n")
            .starts_with("profile 'a': role_arn: 'name' is no ARN"));
  CHECK(failure(role_of_a + "credential_source = Environment\nduration_seconds = 1h\n") ==
        "profile 'a': duration_seconds: it must be a number");
  CHECK(failure(role_of_a + "credential_source = Environment\nduration_seconds = 60\n") ==
        "profile 'a': role_arn: the duration of a role is 900 to 43200 seconds");
}

TEST_CASE("what needs a person is an error that says what to do instead") {
  CHECK(failure(role_of_a + "source_profile = b\nmfa_serial = arn:aws:iam::1:mfa/me\n" + keys_of_b)
            .starts_with("profile 'a': mfa_serial: nobody is here to enter a code; use a role"));
  for (std::string const key : {"sso_session", "sso_start_url", "login_session"}) {
    CHECK(
        failure("[profile a]\n" + key + " = x\n")
            .find(key + ": signing on in a browser is not supported here; let the AWS CLI do it") !=
        std::string::npos);
  }
}
