// SPDX-License-Identifier: MIT
#include "sla/aws/service/sts.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "../../support/scripted_client.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

std::string const answer =
    "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n"
    "  <GetCallerIdentityResult>\n"
    "    <Arn>arn:aws:sts::123456789012:assumed-role/runner/session</Arn>\n"
    "    <UserId>AROAEXAMPLE:session</UserId>\n    <Account>123456789012</Account>\n"
    "  </GetCallerIdentityResult>\n"
    "  <ResponseMetadata><RequestId>01234567</RequestId></ResponseMetadata>\n"
    "</GetCallerIdentityResponse>\n";

}  // namespace

TEST_CASE("the identity is asked for by posting a form") {
  Url url{};
  url.host = "sts.eu-west-1.amazonaws.com";
  Request const request = caller_identity_request(url);
  CHECK(request.method == Method::post);
  CHECK(request.url == url);
  CHECK(request.body.text().value() == "Action=GetCallerIdentity&Version=2011-06-15");
}

TEST_CASE("the answer says account, ARN and user") {
  CHECK(parse_caller_identity({200, {}, answer}).value() ==
        CallerIdentity{"123456789012", "arn:aws:sts::123456789012:assumed-role/runner/session",
                       "AROAEXAMPLE:session"});
}

TEST_CASE("a success that is not one of STS is none") {
  for (std::string const body : {"", "<html/>", "<GetCallerIdentityResponse/>"}) {
    auto const identity = parse_caller_identity({200, {}, body});
    REQUIRE_FALSE(identity);
    CHECK(identity.error() == Error{Errc::unavailable,
                                    "the answer has no account and is not one of STS",
                                    http_status(200)});
  }
}

TEST_CASE("the identity is asked for in the region of the endpoint") {
  ScriptedClient fake{{200, {}, answer}};
  auto const identity = get_caller_identity(fake.client, {.region = "eu-west-1"}, fake.later);
  REQUIRE(identity);
  CHECK(identity->account == "123456789012");
  CHECK(to_string(fake.script.requests.at(0).url) == "https://sts.eu-west-1.amazonaws.com/");
  CHECK(fake.scope(0) == "20191123/eu-west-1/sts");
}

TEST_CASE("an error says what was asked") {
  ScriptedClient fake{{403,
                       {},
                       "<ErrorResponse><Error><Code>InvalidClientTokenId</Code></Error>"
                       "</ErrorResponse>"},
                      {200, {}, "<html/>"}};
  EndpointOptions const endpoint{.region = "eu-west-1"};
  CHECK(get_caller_identity(fake.client, endpoint, fake.later).error() ==
        Error{Errc::denied, "sts get caller identity: http 403: InvalidClientTokenId",
              http_status(403)});
  CHECK(get_caller_identity(fake.client, endpoint, fake.later).error().code == Errc::unavailable);
  CHECK(get_caller_identity(fake.client, {}, fake.later).error().message ==
        "sts get caller identity: no region is set");
}
