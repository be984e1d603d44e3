// SPDX-License-Identifier: MIT
#include "sla/aws/credential/environment.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

sla::Result<sla::aws::Credentials> read(Variables variables) {
  return sla::aws::EnvironmentCredentials(sla::Environment(std::move(variables)))
      .credentials(sla::WallTime{});
}

std::string problem(Variables variables) {
  auto const found = read(std::move(variables));
  if (found) return "none";
  CHECK(found.error().code == sla::Errc::invalid);
  return found.error().message;
}

}  // namespace

TEST_CASE("the two keys are enough") {
  auto const found = read({{"AWS_ACCESS_KEY_ID", "AKID"}, {"AWS_SECRET_ACCESS_KEY", "secret"}});
  REQUIRE(found);
  CHECK(found->access_key_id == "AKID");
  CHECK(found->secret_access_key == sla::Secret("secret"));
  CHECK(found->session_token.empty());
  CHECK(found->account_id.empty());
  CHECK_FALSE(found->expires);
  CHECK(found->source == "environment");
}

TEST_CASE("token, expiration and account are taken along") {
  auto const found = read({{"AWS_ACCESS_KEY_ID", "ASIA"},
                           {"AWS_SECRET_ACCESS_KEY", "a/b+c="},
                           {"AWS_SESSION_TOKEN", "token=="},
                           {"AWS_CREDENTIAL_EXPIRATION", "1970-01-01T00:01:00Z"},
                           {"AWS_ACCOUNT_ID", "123456789012"}});
  REQUIRE(found);
  CHECK(found->session_token == sla::Secret("token=="));
  CHECK(found->account_id == "123456789012");
  REQUIRE(found->expires);
  CHECK(sla::epoch_seconds(*found->expires) == 60);
}

TEST_CASE("nothing set means that another source may have the keys") {
  CHECK(read({}).error().code == sla::Errc::not_configured);
  CHECK(read({{"AWS_SESSION_TOKEN", "t"}}).error().code == sla::Errc::not_configured);
}

TEST_CASE("a blank variable counts as unset") {
  CHECK(read({{"AWS_ACCESS_KEY_ID", " "}, {"AWS_SECRET_ACCESS_KEY", "\t\n"}}).error().code ==
        sla::Errc::not_configured);
  auto const found = read({{"AWS_ACCESS_KEY_ID", "a"},
                           {"AWS_SECRET_ACCESS_KEY", "b"},
                           {"AWS_SESSION_TOKEN", "  "},
                           {"AWS_CREDENTIAL_EXPIRATION", " "},
                           {"AWS_ACCOUNT_ID", ""}});
  REQUIRE(found);
  CHECK(found->session_token.empty());
  CHECK_FALSE(found->expires);
}

TEST_CASE("half a pair of keys is an error and no reason to ask elsewhere") {
  CHECK(problem({{"AWS_ACCESS_KEY_ID", "a"}}) ==
        "AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not");
  CHECK(problem({{"AWS_ACCESS_KEY_ID", "a"}, {"AWS_SECRET_ACCESS_KEY", " "}}) ==
        "AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not");
  CHECK(problem({{"AWS_SECRET_ACCESS_KEY", "b"}}) ==
        "AWS_SECRET_ACCESS_KEY is set but AWS_ACCESS_KEY_ID is not");
}

TEST_CASE(
    "a line break, a blank or a byte that is not ASCII is refused without showing the value") {
  for (std::string_view const name :
       {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCOUNT_ID"}) {
    for (std::string_view const bad : {"hunter2\n", "hunter2\r\nX: y", " hunter2",
                                       "hun\xC3\xBCter2", "hunter2\x7f", "hun\tter2"}) {
      Variables variables{{"AWS_ACCESS_KEY_ID", "a"}, {"AWS_SECRET_ACCESS_KEY", "b"}};
      variables[std::string(name)] = bad;
      std::string const message = problem(std::move(variables));
      CHECK(message ==
            std::string(name) +
                " holds a blank, a line break or another character that cannot be in it");
    }
  }
}

TEST_CASE("an expiration that is no time is an error") {
  CHECK(problem({{"AWS_ACCESS_KEY_ID", "a"},
                 {"AWS_SECRET_ACCESS_KEY", "b"},
                 {"AWS_CREDENTIAL_EXPIRATION", "tomorrow"}}) ==
        "AWS_CREDENTIAL_EXPIRATION is not a time such as 2026-01-01T00:00:00Z");
}

TEST_CASE("the variables count as they were when the source was made") {
  sla::Environment environment;
  environment.set("AWS_ACCESS_KEY_ID", "first");
  environment.set("AWS_SECRET_ACCESS_KEY", "b");
  sla::aws::EnvironmentCredentials const source(environment);
  environment.set("AWS_ACCESS_KEY_ID", "second");
  CHECK(source.credentials(sla::WallTime{})->access_key_id == "first");
}
