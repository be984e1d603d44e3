// SPDX-License-Identifier: MIT
#include "sla/aws/call/client.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../support/fake_clock.hpp"
#include "../../support/scripted_transport.hpp"
#include "sla/core/parse_time.hpp"

using namespace sla;
using namespace sla::aws;
using namespace std::chrono_literals;

namespace {

struct HalfJitter {
  double operator()() const { return 0.5; }
};

/// A source with one set of keys, or an error.
struct FixedCredentials {
  Result<Credentials> keys;

  Result<Credentials> credentials(WallTime /*now*/) const { return keys; }
};

/// A source that can be told that its keys expired, and then has others.
struct RenewedCredentials {
  std::vector<std::string>* rejected;
  std::vector<WallTime>* asked;

  Result<Credentials> credentials(WallTime now) {
    asked->push_back(now);
    return Credentials{.access_key_id = "AKID" + std::to_string(rejected->size() + 1),
                       .secret_access_key = Secret("secret")};
  }
  void reject(std::string_view access_key_id) { rejected->emplace_back(access_key_id); }
};
static_assert(CredentialSource<FixedCredentials> && CredentialSource<RenewedCredentials>);

/// Reads `code|message|request id`.
ServiceError read_error(Response const& response) {
  auto const parts = split(response.body, '|');
  auto const part = [&](std::size_t i) { return i < parts.size() ? std::string(parts[i]) : ""; };
  return {part(0), part(1), part(2)};
}

Response refusal(int status, std::string body, std::vector<Header> headers = {}) {
  return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}
Response success() { return {.status = 200, .headers = {}, .body = "done"}; }

Credentials keys() { return {.access_key_id = "AKID1", .secret_access_key = Secret("secret")}; }

/// A client with everything that it is made of.
struct World {
  FakeTime time{};
  Script script{};
  std::vector<std::string> rejected{};
  std::vector<WallTime> asked{};
  RetryOptions options{};

  template <class Transport = ScriptedTransport, class Source>
  auto client(Source source) {
    return Client<Transport, Source, FakeClock, HalfJitter>(Transport(script), std::move(source),
                                                            options, FakeClock(time));
  }
  Call how(Duration budget = 1min) const {
    return {.scope = {.region = "eu-west-1", .service = "sns"}, .deadline = time.now + budget};
  }
  Result<Response> call() {
    return client(FixedCredentials{keys()}).call(request(), how(), read_error);
  }
  Result<Response> call_renewing() {
    return client(RenewedCredentials{&rejected, &asked}).call(request(), how(), read_error);
  }
  static Request request() {
    return {.method = Method::post,
            .url = {.host = "sns.eu-west-1.amazonaws.com"},
            .headers = {{"Content-Type", "text/plain"}},
            .body = Output("body")};
  }
  std::string header(std::size_t i, std::string_view name) const {
    return std::string(find_header(script.requests.at(i).headers, name).value_or(""));
  }
};

}  // namespace

TEST_CASE("a request is signed and its answer is given back") {
  World world;
  world.script.answers = {success()};
  auto const answer = world.call();
  REQUIRE(answer);
  CHECK(answer->body == "done");
  CHECK(world.header(0, "x-amz-date") == amz_date(world.time.wall));
  CHECK(world.header(0, "authorization").find("AKID1/20191123/eu-west-1/sns/") !=
        std::string::npos);
  CHECK(world.script.requests[0].body.text().value() == "body");
}

TEST_CASE("a call that is not signed asks for no credentials") {
  World world;
  world.script.answers = {success()};
  auto how = world.how();
  how.authentication = Authentication::none;
  auto client = world.client(FixedCredentials{Error{Errc::denied, "never asked"}});
  CHECK(client.call(World::request(), how, read_error));
  CHECK(world.header(0, "authorization").empty());
}

TEST_CASE("without credentials nothing is sent, and nothing is tried again") {
  World world;
  auto client = world.client(FixedCredentials{Error{Errc::unavailable, "no answer"}});
  auto const answer = client.call(World::request(), world.how(), read_error);
  REQUIRE_FALSE(answer);
  CHECK(answer.error() == Error{Errc::unavailable, "credentials: no answer"});
  CHECK(world.script.requests.empty());
  CHECK(world.time.sleeps.empty());
}

TEST_CASE("a request that cannot be signed is not sent") {
  World world;
  auto how = world.how();
  how.scope.region.clear();
  auto client = world.client(FixedCredentials{keys()});
  auto const answer = client.call(World::request(), how, read_error);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Errc::invalid);
  CHECK(world.script.requests.empty());
}

TEST_CASE("a refusal says the status, the code, the message and the request id") {
  World world;
  world.script.answers = {refusal(403, "AccessDenied|not you|4f2a")};
  auto const answer = world.call();
  REQUIRE_FALSE(answer);
  CHECK(answer.error() ==
        Error{Errc::denied, "http 403: AccessDenied: not you (request id 4f2a)", http_status(403)});
  CHECK(world.script.requests.size() == 1);
}

TEST_CASE("a transient failure is tried again after a random wait, signed anew") {
  World world;
  world.script.answers = {refusal(503, "|"), Error{Errc::unavailable, "could not connect"},
                          success()};
  world.script.on_send = [&] { world.time.advance(2s); };
  Instant const start = world.time.now;
  CHECK(world.call());
  CHECK(world.time.sleeps == std::vector<Instant>{start + 2s + 25ms, start + 4s + 75ms});
  CHECK(world.header(0, "x-amz-date") == "20191123T132000Z");
  CHECK(world.header(2, "x-amz-date") == "20191123T132004Z");
  CHECK(world.script.requests[2].headers.size() == world.script.requests[0].headers.size());
}

TEST_CASE("the last error says how many attempts there were") {
  World world;
  Error const down{Errc::timed_out, "https://sns: no answer in time", curl_code(28)};
  world.script.answers = {down, down, down};
  auto const answer = world.call();
  REQUIRE_FALSE(answer);
  CHECK(answer.error() ==
        Error{Errc::timed_out, "after 3 attempts: https://sns: no answer in time", curl_code(28)});
}

TEST_CASE("a failure that nothing mends is not tried again") {
  World world;
  world.script.answers = {Error{Errc::invalid, "the certificate is not trusted"}};
  auto const answer = world.call();
  REQUIRE_FALSE(answer);
  CHECK(answer.error().message == "the certificate is not trusted");
}

TEST_CASE(
    "a service that asks for fewer requests gets a longer wait, or the one that it asks for") {
  World world;
  world.script.answers = {refusal(400, "Throttling|"),
                          refusal(400, "Throttling|", {{"x-amz-retry-after", "3000"}}), success()};
  Instant const start = world.time.now;
  CHECK(world.call());
  CHECK(world.time.sleeps == std::vector<Instant>{start + 500ms, start + 3500ms});
}

TEST_CASE("no wait begins that would end after the deadline") {
  World world;
  world.script.answers = {refusal(400, "Throttling|slow")};
  auto client = world.client(FixedCredentials{keys()});
  auto const answer = client.call(World::request(), world.how(500ms), read_error);
  REQUIRE_FALSE(answer);
  CHECK(answer.error() == Error{Errc::throttled, "http 400: Throttling: slow", http_status(400)});
  CHECK(world.time.sleeps.empty());
}

TEST_CASE("the deadline ends no attempt, but after it there is no further one") {
  World world;
  world.script.answers = {refusal(500, ""), refusal(500, "")};
  world.script.on_send = [&] { world.time.advance(10s); };
  auto client = world.client(FixedCredentials{keys()});
  CHECK_FALSE(client.call(World::request(), world.how(15s), read_error));
  CHECK(world.script.deadlines == std::vector<Instant>{Instant::max(), Instant::max()});
}

TEST_CASE("the first attempt is made in any case") {
  World world;
  world.script.answers = {success()};
  auto client = world.client(FixedCredentials{keys()});
  CHECK(client.call(World::request(), world.how(-1s), read_error));
}

TEST_CASE("what must not take longer is cut") {
  World world;
  world.script.answers = {success()};
  auto how = world.how();
  how.cut = world.time.now + 3s;
  auto client = world.client(FixedCredentials{keys()});
  CHECK(client.call(World::request(), how, read_error));
  CHECK(world.script.deadlines == std::vector<Instant>{how.cut});
}

TEST_CASE("the quota lasts from call to call") {
  World world;
  world.options.max_attempts = 100;
  world.script.answers.assign(40, refusal(500, ""));
  auto client = world.client(FixedCredentials{keys()});
  CHECK_FALSE(client.call(World::request(), world.how(24h), read_error));
  CHECK(world.script.requests.size() == 36);  // 500 tokens pay for 35 retries
  CHECK_FALSE(client.call(World::request(), world.how(24h), read_error));
  CHECK(world.script.requests.size() == 37);
}

TEST_CASE("a wrong clock is corrected from the first answer, whether that is a refusal or not") {
  World world;
  world.script.answers = {
      refusal(403, "SignatureDoesNotMatch|", {{"date", "Sat, 23 Nov 2019 13:30:00 GMT"}}),
      success()};
  CHECK(world.call_renewing());
  CHECK(world.header(0, "x-amz-date") == "20191123T132000Z");
  CHECK(world.header(1, "x-amz-date") == "20191123T133000Z");
  CHECK(world.asked.at(1) - world.asked.at(0) == 10min + 25ms);  // expiry is the service's time
}

TEST_CASE("a wall clock that is set during an exchange is measured as it is afterwards") {
  World world;
  world.script.answers = {
      refusal(403, "RequestTimeTooSkewed|", {{"date", "Sat, 23 Nov 2019 13:30:01 GMT"}}),
      success()};
  world.script.on_send = [&] {
    world.time.advance(2s);
    world.time.wall = *parse_iso_time("2019-11-23T13:10:02Z");
  };
  CHECK(world.call());
  CHECK(world.header(1, "x-amz-date") == "20191123T133002Z");
}

TEST_CASE("a wrong key is not tried again") {
  World world;
  world.script.answers = {
      refusal(403, "SignatureDoesNotMatch|", {{"date", "Sat, 23 Nov 2019 13:20:30 GMT"}})};
  auto const answer = world.call();
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Errc::denied);
}

TEST_CASE("a time that stays wrong is corrected once") {
  World world;
  world.script.answers.assign(
      3, refusal(403, "SignatureDoesNotMatch|", {{"date", "Sat, 23 Nov 2019 13:30:00 GMT"}}));
  CHECK_FALSE(world.call());
  CHECK(world.script.requests.size() == 2);
}

TEST_CASE("expired credentials are renewed once") {
  World world;
  world.script.answers = {refusal(400, "ExpiredToken|"), success()};
  CHECK(world.call_renewing());
  CHECK(world.rejected == std::vector<std::string>{"AKID1"});
  CHECK(world.header(1, "authorization").find("AKID2/") != std::string::npos);
}

TEST_CASE("credentials that expired again are the caller's business") {
  World world;
  world.script.answers.assign(3, refusal(400, "ExpiredTokenException|over"));
  auto const answer = world.call_renewing();
  REQUIRE_FALSE(answer);
  CHECK(answer.error() == Error{Errc::expired,
                                "after 2 attempts: http 400: ExpiredTokenException: over",
                                http_status(400)});
  CHECK(world.rejected.size() == 1);
}

TEST_CASE("a source that cannot renew is not asked twice") {
  World world;
  world.script.answers = {refusal(400, "InvalidToken|")};
  auto const answer = world.call();
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Errc::expired);
}

TEST_CASE("an expired token in the body of a call that is not signed rejects no credentials") {
  World world;
  world.script.answers = {refusal(400, "ExpiredTokenException|")};
  auto how = world.how();
  how.authentication = Authentication::none;
  auto client = world.client(RenewedCredentials{&world.rejected, &world.asked});
  CHECK_FALSE(client.call(World::request(), how, read_error));
  CHECK(world.rejected.empty());
}

TEST_CASE("a redirect is a refusal, and whoever reads the error sees the whole answer") {
  World world;
  world.script.answers = {
      refusal(301, "PermanentRedirect|", {{"x-amz-bucket-region", "eu-north-1"}})};
  std::string region;
  auto client = world.client(FixedCredentials{keys()});
  auto const answer = client.call(World::request(), world.how(), [&](Response const& response) {
    region = find_header(response.headers, "x-amz-bucket-region").value_or("");
    return read_error(response);
  });
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Errc::rejected);
  CHECK(region == "eu-north-1");
}

TEST_CASE("several requests are signed, sent at once, and answered in their order") {
  World world;
  world.script.answers = {success(), refusal(403, "AccessDenied|not you|4f2a"),
                          Error{Errc::timed_out, "no answer in time", curl_code(28)}};
  auto client = world.client<ScriptedBatchTransport>(FixedCredentials{keys()});
  auto how = world.how();
  how.cut = world.time.now + 3s;
  auto const answers = client.call_all({3, World::request()}, how, read_error);
  REQUIRE(answers.size() == 3);
  REQUIRE(answers[0]);
  CHECK(answers[0]->body == "done");
  REQUIRE_FALSE(answers[1]);
  CHECK(answers[1].error() ==
        Error{Errc::denied, "http 403: AccessDenied: not you (request id 4f2a)", http_status(403)});
  REQUIRE_FALSE(answers[2]);
  CHECK(answers[2].error() == Error{Errc::timed_out, "no answer in time", curl_code(28)});
  CHECK(world.script.batches == std::vector<std::size_t>{3});
  CHECK(world.script.deadlines == std::vector<Instant>(3, how.cut));
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(world.header(i, "authorization").find("AKID1/20191123/eu-west-1/sns/") !=
          std::string::npos);
  }
}

TEST_CASE("a transport that sends one at a time sends several one after another") {
  World world;
  world.script.answers = {success(), refusal(503, "|"), success()};
  auto client = world.client(FixedCredentials{keys()});
  auto const answers = client.call_all({3, World::request()}, world.how(), read_error);
  REQUIRE(answers.size() == 3);
  CHECK(answers[0]);
  REQUIRE_FALSE(answers[1]);
  CHECK(answers[1].error().code == Errc::unavailable);
  CHECK(answers[2]);
  CHECK(world.script.requests.size() == 3);
  CHECK(world.time.sleeps.empty());
}

TEST_CASE("one of several that cannot be signed is not sent, and the others have their answers") {
  World world;
  world.script.answers = {Response{200, {}, "one"}, Response{200, {}, "three"}};
  auto client = world.client<ScriptedBatchTransport>(FixedCredentials{keys()});
  std::vector<Request> requests{3, World::request()};
  requests[1].headers.push_back({"X-Bad", "a\nb"});
  auto const answers = client.call_all(std::move(requests), world.how(), read_error);
  REQUIRE(answers.size() == 3);
  CHECK(answers[0].value().body == "one");
  REQUIRE_FALSE(answers[1]);
  CHECK(answers[1].error().code == Errc::invalid);
  CHECK(answers[2].value().body == "three");
  CHECK(world.script.batches == std::vector<std::size_t>{2});
}

TEST_CASE("several requests ask for credentials once, and without any nothing is sent") {
  World world;
  world.script.answers.assign(3, success());
  auto client =
      world.client<ScriptedBatchTransport>(RenewedCredentials{&world.rejected, &world.asked});
  CHECK(client.call_all({}, world.how(), read_error).empty());
  CHECK(world.asked.empty());
  CHECK(client.call_all({3, World::request()}, world.how(), read_error).size() == 3);
  CHECK(world.asked.size() == 1);
  auto none = world.client<ScriptedBatchTransport>(FixedCredentials{Error{Errc::denied, "no"}});
  for (auto const& answer : none.call_all({2, World::request()}, world.how(), read_error)) {
    REQUIRE_FALSE(answer);
    CHECK(answer.error() == Error{Errc::denied, "credentials: no"});
  }
  CHECK(world.script.requests.size() == 3);
}

TEST_CASE("credentials that several requests find expired are rejected once, for the next call") {
  World world;
  world.script.answers.assign(2, refusal(400, "ExpiredToken|over"));
  world.script.answers.push_back(success());
  auto client =
      world.client<ScriptedBatchTransport>(RenewedCredentials{&world.rejected, &world.asked});
  for (auto const& answer : client.call_all({2, World::request()}, world.how(), read_error)) {
    REQUIRE_FALSE(answer);
    CHECK(answer.error() == Error{Errc::expired, "http 400: ExpiredToken: over", http_status(400)});
  }
  CHECK(world.rejected == std::vector<std::string>{"AKID1"});
  CHECK(client.call(World::request(), world.how(), read_error));
  CHECK(world.header(2, "authorization").find("AKID2/") != std::string::npos);
}

TEST_CASE("the answers to several requests correct a wrong clock for the next call") {
  World world;
  std::vector<Header> const date{{"date", "Sat, 23 Nov 2019 13:30:00 GMT"}};
  world.script.answers = {refusal(403, "SignatureDoesNotMatch|", date), success()};
  auto client = world.client<ScriptedBatchTransport>(FixedCredentials{keys()});
  for (std::string_view const signed_at : {"20191123T132000Z", "20191123T133000Z"}) {
    (void)client.call_all({World::request()}, world.how(), read_error);
    CHECK(world.header(world.script.requests.size() - 1, "x-amz-date") == signed_at);
  }
}

TEST_CASE("the jitter of a real client is a fraction") {
  RandomJitter const jitter;
  for (int i = 0; i < 1000; ++i) {
    double const value = jitter();
    CHECK(value >= 0);
    CHECK(value < 1);
  }
}
