// SPDX-License-Identifier: MIT
#include "sla/aws/credential/default_chain.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "../../support/fake_clock.hpp"
#include "../../support/scripted_transport.hpp"
#include "sla/aws/call/client.hpp"
#include "sla/aws/credential/assume_role.hpp"
#include "sla/aws/credential/refreshing.hpp"
#include "sla/aws/service/sts.hpp"

using namespace sla;
using namespace sla::aws;
using namespace std::chrono_literals;

namespace {

using Chain = DefaultChain<ScriptedTransport, FakeClock>;
using Source = Refreshing<AssumeRoleCredentials<Chain, ScriptedTransport, FakeClock>>;
static_assert(CredentialSource<Chain>);
static_assert(CredentialSource<Source>);

struct Setting {
  Script services{};
  Script metadata{};
  Script sns{};
  FakeTime time{};
  Environment environment{};

  Chain chain() {
    return default_chain<ScriptedTransport, FakeClock>(
        {.profile = {.environment = environment, .files = FileReader("/nowhere")},
         .sts = {.region = "eu-west-1"},
         .services = ScriptedTransport(services),
         .metadata = ScriptedTransport(metadata),
         .clock = FakeClock(time)});
  }
};

Response agent_gives(std::string const& id) {
  return {200,
          {},
          R"({"AccessKeyId":")" + id +
              R"(","SecretAccessKey":"s","Token":"t","Expiration":"2030-01-01T00:00:00Z"})"};
}

}  // namespace

TEST_CASE("nothing is asked before the first credentials are") {
  Setting test;
  test.environment.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/keys");
  (void)test.chain();
  CHECK(test.services.requests.empty());
  CHECK(test.metadata.requests.empty());
}

TEST_CASE("where there is nothing the reasons of all five are told in order") {
  Setting test;
  test.environment.set("AWS_EC2_METADATA_DISABLED", "true");
  Chain chain = test.chain();
  auto const keys = chain.credentials(test.time.wall);
  REQUIRE_FALSE(keys);
  CHECK(keys.error().code == Errc::not_configured);
  REQUIRE(chain.tried().size() == 5);
  CHECK(chain.tried()[0].message == "AWS_ACCESS_KEY_ID is not set");
  CHECK(chain.tried()[1].message == "there is no profile 'default'");
  CHECK(chain.tried()[2].message == "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set");
  CHECK(chain.tried()[3].message.starts_with("container credentials: neither"));
  CHECK(chain.tried()[4].message == "imds: turned off by AWS_EC2_METADATA_DISABLED");
}

TEST_CASE("an endpoint of the metadata service that is no URL matters only where it is asked") {
  Setting test;
  test.environment.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "rubbish");
  auto const keys = test.chain().credentials(test.time.wall);
  REQUIRE_FALSE(keys);
  CHECK(keys.error().code == Errc::invalid);
  test.environment.set("AWS_ACCESS_KEY_ID", "AKIA");
  test.environment.set("AWS_SECRET_ACCESS_KEY", "s3cret");
  CHECK(test.chain().credentials(test.time.wall));
}

TEST_CASE("an answer that calls the credentials expired renews them once and is asked again") {
  Setting test;
  test.environment.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/keys");
  test.metadata.answers = {agent_gives("FIRST"), agent_gives("SECOND")};
  test.sns.answers = {
      Response{403, {}, "<ErrorResponse><Error><Code>ExpiredToken</Code></Error></ErrorResponse>"},
      Response{200, {}, ""}};
  Source const source(AssumeRoleCredentials<Chain, ScriptedTransport, FakeClock>(
      test.chain(), {ScriptedTransport(test.services), FakeClock(test.time), {}}, std::nullopt));
  Client<ScriptedTransport, Source, FakeClock> client(ScriptedTransport(test.sns), source, {},
                                                      FakeClock(test.time));
  auto const answer = client.call(
      caller_identity_request({.host = "localhost"}),
      {.scope = {.region = "eu-west-1", .service = "sts"}, .deadline = test.time.now + 1min},
      read_xml_error);
  CHECK(answer);
  auto const signed_by = [&](std::size_t number) {
    return std::string(
        find_header(test.sns.requests.at(number).headers, "authorization").value_or(""));
  };
  CHECK(signed_by(0).find("Credential=FIRST/") != std::string::npos);
  CHECK(signed_by(1).find("Credential=SECOND/") != std::string::npos);
}
