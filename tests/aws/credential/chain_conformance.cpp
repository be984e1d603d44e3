// SPDX-License-Identifier: MIT
// The cases that the SDKs test their default chain with, by name: the recorded exchanges are played
// back, and the credentials or the kind of the error are compared.
#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../support/conformance.hpp"
#include "sla/aws/credential/default_chain.hpp"
#include "sla/aws/wire/reply.hpp"
#include "sla/core/parse_time.hpp"
#include "sla/core/text.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

/// One recorded request and its answer.
struct Exchange {
  std::string method;
  std::string uri;
  std::optional<std::string> content_type;
  std::optional<std::string> imds_token;
  Response answer;
};

struct Tape {
  std::vector<Exchange> exchanges;
  std::size_t at = 0;
  std::string wrong;
};

/// Answers what was recorded, in the order in which it was.
class Playback {
 public:
  explicit Playback(std::shared_ptr<Tape> tape) : tape_(std::move(tape)) {}

  Result<Response> send(Request const& request, Instant /*deadline*/) {
    std::string const line = std::string(to_string(request.method)) + ' ' + to_string(request.url);
    if (tape_->at == tape_->exchanges.size()) return differs("no request expected", line);
    Exchange const& expected = tape_->exchanges[tape_->at++];
    if (line != expected.method + ' ' + expected.uri) {
      return differs(expected.method + ' ' + expected.uri, line);
    }
    auto const type = find_header(request.headers, "content-type");
    bool const same_type = type.has_value() == expected.content_type.has_value() &&
                           (!type || type->substr(0, type->find(';')) == *expected.content_type);
    if (!same_type) return differs("content-type", line);
    auto const token = find_header(request.headers, "x-aws-ec2-metadata-token");
    if (token.has_value() != expected.imds_token.has_value() ||
        (token && *token != *expected.imds_token)) {
      return differs("x-aws-ec2-metadata-token", line);
    }
    return expected.answer;
  }

 private:
  Result<Response> differs(std::string expected, std::string const& got) {
    tape_->wrong = "expected: " + std::move(expected) + "; got: " + got;
    return Error{Errc::unavailable, tape_->wrong};
  }

  std::shared_ptr<Tape> tape_;
};
static_assert(Transport<Playback>);

/// A clock that stands still but for those who sleep.
struct StillClock {
  WallTime start{};
  std::shared_ptr<Duration> slept = std::make_shared<Duration>();

  [[nodiscard]] Instant now() const { return Instant(*slept); }
  [[nodiscard]] WallTime wall() const { return start + *slept; }
  Wake wait_until(Instant until, Stop const& /*stop*/) {
    sleep_until(until);
    return Wake::due;
  }
  void sleep_until(Instant until) { *slept = until.time_since_epoch(); }
};

std::string case_file(std::string const& name) {
  return conformance_file("credential-chain/default-credential-provider-chain/" + name);
}

JsonReply json_file(std::string const& path) {
  auto const text = internal::read_file(path, 1'000'000);
  REQUIRE_MESSAGE(text, path);
  auto reply = JsonReply::parse(*text);
  REQUIRE_MESSAGE(reply, path);
  return *reply;
}

std::string text_of(JsonReply const& reply, JsonPath path) {
  return std::string(reply.text(path).value_or(""));
}
std::optional<std::string> header_of(JsonReply const& headers, std::string_view name) {
  auto const values = headers.items(name);
  if (values.empty()) return std::nullopt;
  return std::string(values.front().text().value_or(""));
}

Tape read_tape(std::string const& path) {
  Tape tape;
  for (JsonReply const& event : json_file(path).items("events")) {
    auto const id = static_cast<std::size_t>(event.integer("connection_id").value_or(0));
    if (tape.exchanges.size() <= id) tape.exchanges.resize(id + 1);
    Exchange& exchange = tape.exchanges[id];
    if (auto const request = event.find({"action", "Request", "request"})) {
      exchange.method = text_of(*request, {"method"});
      exchange.uri = text_of(*request, {"uri"});
      auto const headers = request->find({"headers"});
      exchange.content_type = header_of(*headers, "content-type");
      exchange.imds_token = header_of(*headers, "x-aws-ec2-metadata-token");
    }
    if (auto const answer = event.find({"action", "Response", "response", "Ok"})) {
      exchange.answer.status = static_cast<int>(answer->integer("status").value_or(0));
      auto const headers = answer->find({"headers"});
      for (std::string const name : {"date", "x-aws-ec2-metadata-token-ttl-seconds"}) {
        if (auto value = header_of(*headers, name)) {
          exchange.answer.headers.push_back({name, *std::move(value)});
        }
      }
    }
    if (text_of(event, {"action", "Data", "direction"}) == "Response") {
      exchange.answer.body += text_of(event, {"action", "Data", "data", "Utf8"});
    }
  }
  return tape;
}

/// The variables of env.json; these names are all that the cases use.
Environment read_environment(std::string const& path) {
  JsonReply const file = json_file(path);
  Environment environment;
  for (std::string const name :
       {"HOME", "AWS_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
        "AWS_ACCOUNT_ID", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_EC2_METADATA_DISABLED", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"}) {
    if (auto const value = file.text(name)) environment.set(name, std::string(*value));
  }
  return environment;
}

struct Played {
  Result<Credentials> keys;
  Tape tape;
};

Played play(std::string const& name) {
  std::string const folder = case_file(name);
  auto const tape = std::make_shared<Tape>(read_tape(folder + "/http-traffic.json"));
  Environment const environment = read_environment(folder + "/env.json");
  bool const epoch = name == "imds_default_chain_success" || name == "imds_config_with_no_creds" ||
                     name == "imds_default_chain_retries";
  StillClock const clock{epoch ? WallTime{} : *parse_iso_time("2021-09-21T17:41:25Z")};
  auto endpoints = endpoint_settings(environment);
  REQUIRE(endpoints);
  auto chain = default_chain<Playback, StillClock>(
      {.profile = {.environment = environment, .files = FileReader(folder + "/fs")},
       .sts = {.endpoints = *endpoints,
               .region = std::string(environment.get("AWS_REGION").value_or(""))},
       .services = Playback(tape),
       .metadata = Playback(tape),
       .clock = clock});
  auto keys = chain.credentials(clock.wall());
  return {std::move(keys), *tape};
}

void check_keys(std::string const& name) {
  CAPTURE(name);
  Played const played = play(name);
  JsonReply const expected = *json_file(case_file(name + "/test-case.json")).find({"result", "Ok"});
  CHECK(played.tape.wrong == "");
  CHECK(played.tape.at == played.tape.exchanges.size());
  REQUIRE_MESSAGE(played.keys, played.keys.error().message);
  Credentials const& keys = *played.keys;
  CHECK(keys.access_key_id == text_of(expected, {"access_key_id"}));
  CHECK(keys.secret_access_key.reveal() == text_of(expected, {"secret_access_key"}));
  CHECK(keys.session_token.reveal() == text_of(expected, {"session_token"}));
  CHECK(keys.account_id == text_of(expected, {"account_id"}));
  auto const expiry = expected.integer("expiry");
  CHECK(keys.expires.has_value() == expiry.has_value());
  if (expiry) CHECK(epoch_seconds(*keys.expires) == *expiry);
}

struct Failure {
  Errc code;
  std::string_view words;
};

void check_error(std::string const& name, Failure expected) {
  CAPTURE(name);
  Played const played = play(name);
  CHECK(json_file(case_file(name + "/test-case.json")).text({"result", "ErrorContains"}));
  CHECK(played.tape.wrong == "");
  CHECK(played.tape.at == played.tape.exchanges.size());
  REQUIRE_FALSE(played.keys);
  CHECK(played.keys.error().code == expected.code);
  CAPTURE(played.keys.error().message);
  CHECK(played.keys.error().message.find(expected.words) != std::string::npos);
}

}  // namespace

TEST_CASE("every case of the SDKs that gives credentials gives these") {
  for (std::string const name :
       {"ecs_assume_role", "ecs_credentials", "ecs_credentials_invalid_profile",
        "eks_pod_identity_credentials", "environment_variables", "environment_variables_blank",
        "imds_assume_role", "imds_config_with_no_creds", "imds_default_chain_retries",
        "imds_default_chain_success", "prefer_environment", "profile_name", "profile_static_keys",
        "profile_static_keys_case_insensitive", "web_identity_token_env",
        "web_identity_token_profile", "web_identity_token_source_profile"}) {
    check_keys(name);
  }
}

TEST_CASE("a token file that is missing is an error of that file") {
  check_error("eks_pod_identity_no_token_file",
              {Errc::system, "the token file: /token.jwt: No such file or directory"});
}

TEST_CASE("an instance without a role is not configured") {
  check_error("imds_default_chain_error", {Errc::not_configured, "imds: the instance has no role"});
  check_error("imds_disabled",
              {Errc::not_configured, "imds: turned off by AWS_EC2_METADATA_DISABLED"});
}

TEST_CASE("a profile that refers to a source which is not configured is a wrong configuration") {
  check_error("imds_no_iam_role",
              {Errc::invalid, "profile 'default': imds: the instance has no role"});
  check_error("profile_overrides_web_identity",
              {Errc::invalid, "profile 'A': AWS_ACCESS_KEY_ID is not set"});
  check_error("web_identity_source_profile_no_env",
              {Errc::invalid, "profile 'B': web_identity_token_file needs a role_arn beside it"});
}

TEST_CASE("what a service refuses is an error of that service") {
  check_error("imds_token_fail", {Errc::denied, "imds: http 403: it is turned off here"});
  check_error(
      "web_identity_token_invalid_jwt",
      {Errc::revoked, "InvalidIdentityToken: No OpenIDConnect provider found in your account"});
}

TEST_CASE("signing on in a browser is refused with what to do instead") {
  for (std::string const name : {"e2e_fips_and_dual_stack_sso", "sso_assume_role",
                                 "sso_no_token_file", "sso_server_error"}) {
    CAPTURE(name);
    Played const played = play(name);
    CHECK(played.tape.at == 0);
    REQUIRE_FALSE(played.keys);
    CHECK(played.keys.error().code == Errc::invalid);
    CHECK(played.keys.error().message.find(
              "signing on in a browser is not supported here; let the AWS CLI do it") !=
          std::string::npos);
  }
}
