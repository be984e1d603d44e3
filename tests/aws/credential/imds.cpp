// SPDX-License-Identifier: MIT
#include "sla/aws/credential/imds.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "../../support/fake_clock.hpp"
#include "../../support/scripted_transport.hpp"
#include "sla/core/parse_time.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

using Source = ImdsCredentials<ScriptedTransport, FakeClock>;
static_assert(CredentialSource<Source>);

Response const token{200, {}, "t0ken"};

/// The credentials where the service gives these two texts.
Result<Credentials> ask(std::vector<Response> answers) {
  Script script{};
  script.answers = {token};
  for (Response& answer : answers) script.answers.push_back(std::move(answer));
  FakeTime time;
  Source source(Imds<ScriptedTransport, FakeClock>(parse_url("http://169.254.169.254"),
                                                   ScriptedTransport(script), FakeClock(time)));
  CHECK(source.stability() == Stability::lasting);
  return source.credentials(time.wall);
}
Result<Credentials> ask(Response role, Response document) {
  return ask(std::vector<Response>{std::move(role), std::move(document)});
}
std::string failure(std::string const& document) {
  auto const keys = ask({200, {}, "role"}, {200, {}, document});
  REQUIRE_FALSE(keys);
  CHECK(keys.error().message.find("s3cret") == std::string::npos);
  return keys.error().message;
}

constexpr auto good =
    R"({"Code":"Success","AccessKeyId":"ASIA1","SecretAccessKey":"s3cret","Token":"t0ken",)"
    R"("Expiration":"2026-01-01T00:00:00Z","AccountId":"123456789012"})";

}  // namespace

TEST_CASE("the role of the instance gives the keys") {
  auto const keys = ask({200, {}, "my+role=1,2.@-\nother"}, {200, {}, good});
  REQUIRE(keys);
  CHECK(keys->access_key_id == "ASIA1");
  CHECK(keys->secret_access_key.reveal() == "s3cret");
  CHECK(keys->session_token.reveal() == "t0ken");
  CHECK(keys->expires == parse_iso_time("2026-01-01T00:00:00Z"));
  CHECK(keys->source == "imds, role my+role=1,2.@-");
}

TEST_CASE("an instance without a role is not configured") {
  for (Response const& none : {Response{404}, Response{200, {}, ""}, Response{200, {}, "\n"}}) {
    auto const keys = ask(none, {});
    REQUIRE_FALSE(keys);
    CHECK(keys.error() == Error{Errc::not_configured, "imds: the instance has no role"});
  }
}

TEST_CASE("what is no name of a role becomes no URL") {
  for (std::string const name : {"../../x", "a b", "a?b", "a#b", "a%2f"}) {
    auto const keys = ask({200, {}, name}, {});
    REQUIRE_FALSE(keys);
    CHECK(keys.error().code == Errc::unavailable);
  }
}

TEST_CASE("an answer without keys is an error with the reason of the service") {
  CHECK(failure(R"({"Code":"AssumeRoleUnauthorizedAccess","Message":"no trust"})") ==
        "imds: it gives no credentials: AssumeRoleUnauthorizedAccess no trust");
  std::string const not_json = "imds: the answer cannot be understood: it is not JSON (";
  CHECK(failure("<html>s3cret").starts_with(not_json));
  CHECK(failure(R"({"AccessKeyId":"ASIA1","SecretAccessKey":"s3cret"})") ==
        "imds: the answer cannot be understood: it has no Token");
  CHECK(
      failure(R"({"AccessKeyId":"A","SecretAccessKey":"s3cret\n","Token":"t","Expiration":"x"})") ==
      "imds: the secret access key holds a character that cannot be in it, such as a blank");
}

TEST_CASE("a role that vanishes between two questions is an error") {
  auto const keys = ask({{200, {}, "role"}, {404}, {200, {}, "role"}, {404}});
  REQUIRE_FALSE(keys);
  CHECK(keys.error().code == Errc::not_found);
}

TEST_CASE("a role that another one replaces meanwhile is asked for by its new name") {
  auto const keys = ask({{200, {}, "role"}, {404}, {200, {}, "other"}, {200, {}, good}});
  REQUIRE(keys);
  CHECK(keys->source == "imds, role other");
}
