// SPDX-License-Identifier: MIT
#include "sla/aws/credential/container.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "../../support/fake_clock.hpp"
#include "../../support/scripted_transport.hpp"
#include "../../support/temporary_folder.hpp"
#include "sla/core/parse_time.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

using Source = ContainerCredentials<ScriptedTransport, FakeClock>;
static_assert(CredentialSource<Source>);

constexpr auto relative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
constexpr auto full = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
constexpr auto token = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
constexpr auto token_file = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

Response const good{
    200,
    {},
    R"({"RoleArn":"arn:aws:iam::1:role/task","AccessKeyId":"ASIA1","SecretAccessKey":"s3cret",)"
    R"("Token":"t0ken","Expiration":"2026-01-01T00:00:00Z","AccountId":"123456789012"})"};

using Variables = std::vector<std::pair<std::string, std::string>>;

Environment environment(Variables const& variables) {
  Environment made;
  for (auto const& [name, value] : variables) made.set(name, value);
  return made;
}

/// The URL of the agent, or the message of the error.
std::string agent(Variables const& variables) {
  auto const found = read_container_agent(environment(variables));
  return found ? to_string(found->url) : found.error().message;
}

struct Asked {
  Script script{};
  FakeTime time{};
  TemporaryFolder folder{};

  Source source(Variables const& variables) {
    return Source(read_container_agent(environment(variables)), ScriptedTransport(script),
                  FakeClock(time), FileReader(folder.path()));
  }
  Result<Credentials> ask(Variables const& variables, std::vector<Result<Response>> answers) {
    script.answers = std::move(answers);
    return source(variables).credentials(time.wall);
  }
};

}  // namespace

TEST_CASE("the agent of ECS is asked for a path and a query") {
  Asked test;
  auto const keys = test.ask({{relative, "/v2/keys?id=1"}}, {good});
  REQUIRE(keys);
  CHECK(keys->access_key_id == "ASIA1");
  CHECK(keys->secret_access_key.reveal() == "s3cret");
  CHECK(keys->session_token.reveal() == "t0ken");
  CHECK(keys->account_id == "123456789012");
  CHECK(keys->expires == parse_iso_time("2026-01-01T00:00:00Z"));
  CHECK(keys->source == "container, role arn:aws:iam::1:role/task");
  Request const& request = test.script.requests.at(0);
  CHECK(to_string(request.url) == "http://169.254.170.2/v2/keys?id=1");
  CHECK(request.method == Method::get);
  CHECK(find_header(request.headers, "accept") == "application/json");
  CHECK_FALSE(find_header(request.headers, "authorization"));
}

TEST_CASE("without a URI this source is not configured") {
  auto const none = read_container_agent(environment({}));
  REQUIRE_FALSE(none);
  CHECK(none.error().code == Errc::not_configured);
}

TEST_CASE("the relative URI wins") {
  CHECK(agent({{relative, "/a"}, {full, "http://localhost/b"}}) == "http://169.254.170.2/a");
}

TEST_CASE("over http only the agents' own addresses are asked, over https anybody") {
  for (std::string const host : {"localhost", "127.0.0.1", "127.9.9.9", "[::1]", "169.254.170.2",
                                 "169.254.170.23", "[fd00:ec2::23]", "localhost:8080"}) {
    CHECK(agent({{full, "http://" + host + "/x"}}) == "http://" + host + "/x");
  }
  CHECK(agent({{full, "https://example.com/x"}}) == "https://example.com/x");
  for (std::string const host : {"example.com", "127.0.0.1.example.com", "169.254.169.254",
                                 "localhost.example.com", "[::2]", "127.evil.com", "10.0.0.1"}) {
    CHECK(agent({{full, "http://" + host + "/x"}})
              .find("over http only localhost and the addresses of ECS and EKS are asked") !=
          std::string::npos);
  }
}

TEST_CASE("what is no URI is refused by the name of its variable") {
  CHECK(agent({{relative, "@example.com/"}}) ==
        "container credentials: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: it must begin with a "
        "slash");
  for (std::string const wrong : {"ftp://localhost", "/x", "http://localhost/a b",
                                  "http://u:p@localhost/", "http://localhost/?a#b"}) {
    CHECK(agent({{full, wrong}})
              .starts_with("container credentials: AWS_CONTAINER_CREDENTIALS_FULL_URI: "));
  }
}

TEST_CASE("the token is sent as it is, and that of the file wins and is read each time") {
  Asked test;
  test.script.answers = {good, good};
  write_file(test.folder / "token", "first");
  auto source = test.source({{full, "http://localhost/"}, {token, "none"}, {token_file, "/token"}});
  CHECK(source.credentials(test.time.wall));
  write_file(test.folder / "token", "second");
  CHECK(source.credentials(test.time.wall));
  CHECK(find_header(test.script.requests[0].headers, "authorization") == "first");
  CHECK(find_header(test.script.requests[1].headers, "authorization") == "second");
  Asked plain;
  CHECK(plain.ask({{full, "http://localhost/"}, {token, "Basic abc"}}, {good}));
  CHECK(find_header(plain.script.requests[0].headers, "authorization") == "Basic abc");
}

TEST_CASE("a token that would become another header is not sent") {
  for (std::string const wrong : {"a\r\nX: 1", "a\n", "a\r"}) {
    Asked test;
    write_file(test.folder / "token", wrong);
    for (Variables const& variables :
         {Variables{{full, "http://localhost/"}, {token, wrong}},
          Variables{{full, "http://localhost/"}, {token_file, "/token"}}}) {
      auto const keys = test.ask(variables, {});
      REQUIRE_FALSE(keys);
      CHECK(keys.error() == Error{Errc::invalid,
                                  "container credentials: the token holds a line break or another "
                                  "control character"});
    }
    CHECK(test.script.requests.empty());
  }
}

TEST_CASE("a token file that is missing or empty is an error, whatever else is set") {
  Asked test;
  Variables const variables{{full, "http://localhost/"}, {token, "x"}, {token_file, "/token"}};
  CHECK(test.ask(variables, {}).error().message ==
        "container credentials: the token file: /token: No such file or directory");
  write_file(test.folder / "token", "");
  CHECK(test.ask(variables, {}).error().message ==
        "container credentials: the token file /token is empty");
}

TEST_CASE("what may pass is asked for three times") {
  Asked test;
  CHECK(test.ask({{relative, "/"}}, {Error{Errc::timed_out, "late"}, Response{503}, good}));
  Asked rubbish;
  CHECK(rubbish.ask({{relative, "/"}}, {Response{200, {}, "starting"}, good}));
  Asked down;
  auto const keys = down.ask({{relative, "/"}}, {Response{500}, Response{500}, Response{500}});
  REQUIRE_FALSE(keys);
  CHECK(keys.error() ==
        Error{Errc::unavailable, "container credentials: http 500", http_status(500)});
}

TEST_CASE("a momentary refusal passes, whatever it is") {
  for (int const status : {400, 401, 403, 404, 429, 500, 503}) {
    CAPTURE(status);
    Asked test;
    CHECK(test.ask({{relative, "/"}}, {Response{status}, good}));
    CHECK(test.time.now >=
          Instant(std::chrono::hours{1}) + std::chrono::seconds{1});  // as boto3 does
  }
}

TEST_CASE("a refusal that stays has the agent's words, and is not about the settings") {
  Response const refusal{400, {}, R"({"code":"NoId","message":"no such task"})"};
  Asked test;
  auto const keys = test.ask({{relative, "/"}}, {refusal, refusal, refusal});
  REQUIRE_FALSE(keys);
  CHECK(keys.error() == Error{Errc::unavailable,
                              "container credentials: http 400: NoId: no such task",
                              http_status(400)});
  Asked forbidden;
  auto const none = forbidden.ask({{relative, "/"}}, {Response{403}, Response{403}, Response{403}});
  CHECK(none.error() == Error{Errc::denied, "container credentials: http 403", http_status(403)});
}

TEST_CASE("an answer without all of the keys is an error that does not show the others") {
  Response const part{200, {}, R"({"AccessKeyId":"ASIA1","SecretAccessKey":"s3cret"})"};
  Asked test;
  auto const keys = test.ask({{relative, "/"}}, {part, part, part});
  REQUIRE_FALSE(keys);
  CHECK(keys.error().message ==
        "container credentials: the answer cannot be understood: it has no Token");
}
