// SPDX-License-Identifier: MIT
#include "sla/aws/service/sts_assume_role.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>

#include "sla/core/parse_time.hpp"

using namespace sla;
using namespace sla::aws;
using namespace std::chrono_literals;

namespace {

Role const role{"arn:aws:iam::123456789012:role/path/name", "session"};

std::string refusal(Role const& wrong) {
  auto const good = check_role(wrong);
  return good ? "" : good.error().message;
}
std::string body(Result<Request> const& request) {
  REQUIRE(request);
  return request->body.text().value();
}

constexpr std::string_view answer =
    "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>"
    "<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/name/session</Arn>"
    "</AssumedRoleUser><Credentials><SessionToken>t0ken</SessionToken>"
    "<SecretAccessKey>s3cret</SecretAccessKey><AccessKeyId>ASIA1</AccessKeyId>"
    "<Expiration>2026-01-01T01:00:00Z</Expiration></Credentials></AssumeRoleResult>"
    "</AssumeRoleResponse>";

}  // namespace

TEST_CASE("the request for a role is a form in the body") {
  auto const request = assume_role_request({.host = "sts.local"}, role);
  CHECK(body(request) ==
        "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2F"
        "path%2Fname&RoleSessionName=session");
  CHECK(request->method == Method::post);
  CHECK(request->url.host == "sts.local");
  CHECK(request->url.query == "");
}

TEST_CASE("duration and external id stand there where they are wanted") {
  Role full = role;
  full.duration = 900s;
  full.external_id = "a/b";
  CHECK(body(assume_role_request({}, full)).ends_with("&DurationSeconds=900&ExternalId=a%2Fb"));
}

TEST_CASE("the token of an identity provider stands in the body") {
  CHECK(body(assume_role_with_web_identity_request({}, role, Secret("ey.J0.x_-")))
            .ends_with("&RoleSessionName=session&WebIdentityToken=ey.J0.x_-"));
}

TEST_CASE("what is no token is refused and not shown") {
  for (std::string const wrong : {"", "abc", "to ken", "to\nken"}) {
    auto const request = assume_role_with_web_identity_request({}, role, Secret(wrong));
    REQUIRE_FALSE(request);
    CHECK(request.error().message ==
          "the web identity token is empty, too long, or no token at all");
  }
}

TEST_CASE("what is no role is refused with the reason") {
  CHECK(refusal(role) == "");
  CHECK(refusal({"name", "session"}).find("is no ARN") != std::string::npos);
  CHECK(refusal({"arn:aws:iam::1:user/me", "session"}).find("is no role") != std::string::npos);
  CHECK(refusal({"arn:aws:sts::1:role/me", "session"}).find("is no role") != std::string::npos);
  CHECK(refusal({role.arn, "x"}) ==
        "the session name of a role is 2 to 64 letters, digits or any of _+=,.@-");
  CHECK(refusal({role.arn, "a b"}) != "");
  CHECK(refusal({role.arn, std::string(65, 'x')}) != "");
  CHECK(refusal({role.arn, "session", "x"}) ==
        "the external id of a role is 2 to 1224 characters, no blanks");
  CHECK(refusal({role.arn, "session", "", 899s}) ==
        "the duration of a role is 900 to 43200 seconds");
  CHECK(refusal({role.arn, "session", "", 43201s}) != "");
}

TEST_CASE("any text makes the name of a session") {
  CHECK(role_session_name("sla-runner-host.local") == "sla-runner-host.local");
  CHECK(role_session_name("a b\nc/d") == "a-b-c-d");
  CHECK(role_session_name(std::string(100, 'x')).size() == 64);
  CHECK(role_session_name("") == "sla-runner");
}

TEST_CASE("the credentials are found by their names, and the account by the role") {
  auto const keys = parse_assumed_role({200, {}, std::string(answer)});
  REQUIRE(keys);
  CHECK(keys->access_key_id == "ASIA1");
  CHECK(keys->secret_access_key.reveal() == "s3cret");
  CHECK(keys->session_token.reveal() == "t0ken");
  CHECK(keys->expires == parse_iso_time("2026-01-01T01:00:00Z"));
  CHECK(keys->account_id == "123456789012");
}

TEST_CASE("an answer without all of them is no answer of STS") {
  for (std::string_view const name :
       {"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}) {
    std::string text(answer);
    text.replace(text.find('<' + std::string(name)), 2, "<Z");
    auto const keys = parse_assumed_role({200, {}, text});
    REQUIRE_FALSE(keys);
    CHECK(keys.error().code == Errc::unavailable);
  }
  CHECK_FALSE(parse_assumed_role({200, {}, "<html>"}));
}

TEST_CASE("some refusals are the last word of STS") {
  CHECK(is_last_word({"AccessDenied", "", ""}));
  CHECK(is_last_word({"RegionDisabledException", "", ""}));
  CHECK(is_last_word({"PackedPolicyTooLarge", "", ""}));
  CHECK_FALSE(is_last_word({"ExpiredTokenException", "", ""}));
  CHECK_FALSE(is_last_word({"IDPCommunicationError", "", ""}));
  CHECK_FALSE(is_last_word({"InvalidClientTokenId", "", ""}));
  CHECK_FALSE(is_last_word({}));
}
