// SPDX-License-Identifier: MIT
#include "sla/aws/sign/keys.hpp"

#include <doctest/doctest.h>

#include <string>

#include "sla/core/parse_time.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

std::string refusal(KeyTexts const& texts) {
  auto const keys = make_credentials(texts, "test");
  REQUIRE_FALSE(keys);
  CHECK(keys.error().code == Errc::malformed);
  return keys.error().message;
}

}  // namespace

TEST_CASE("texts become credentials") {
  auto const keys = make_credentials(
      {"AKIA", "s3cret/+=", "t0ken", "2026-01-01T00:00:00Z", "123456789012"}, "test");
  REQUIRE(keys);
  CHECK(keys->access_key_id == "AKIA");
  CHECK(keys->secret_access_key.reveal() == "s3cret/+=");
  CHECK(keys->session_token.reveal() == "t0ken");
  CHECK(keys->expires == parse_iso_time("2026-01-01T00:00:00Z"));
  CHECK(keys->account_id == "123456789012");
  CHECK(keys->source == "test");
}

TEST_CASE("token, expiration and account are optional") {
  auto const keys = make_credentials({"AKIA", "s3cret"}, "test");
  REQUIRE(keys);
  CHECK(keys->session_token.empty());
  CHECK_FALSE(keys->expires);
}

TEST_CASE("half a pair of keys is refused") {
  CHECK(refusal({"", "s3cret"}) == "the access key id is missing");
  CHECK(refusal({"AKIA", ""}) == "the secret access key is missing");
}

TEST_CASE("what would become another header is refused and not shown") {
  CHECK(refusal({"AKIA\r\nX: 1", "s"}) ==
        "the access key id holds a character that cannot be in it, such as a blank");
  CHECK(refusal({"AKIA", "s3cret\n"}) ==
        "the secret access key holds a character that cannot be in it, such as a blank");
  CHECK(refusal({"AKIA", "s", "t0ken\x7f"}) ==
        "the session token holds a character that cannot be in it, such as a blank");
  CHECK(refusal({"AKIA", "s", "t", "", "12 34"}) ==
        "the account id holds a character that cannot be in it, such as a blank");
}

TEST_CASE("an expiration that is no time is refused") {
  CHECK(refusal({"AKIA", "s", "t", "tomorrow"}) ==
        "the expiration is not a time such as 2026-01-01T00:00:00Z");
}
