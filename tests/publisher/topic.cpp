// SPDX-License-Identifier: MIT
#include "sla/publisher/topic.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "../support/scripted_client.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

std::string const identity =
    "<GetCallerIdentityResponse><GetCallerIdentityResult>"
    "<Arn>arn:aws:sts::123456789012:assumed-role/runner/session</Arn>"
    "<UserId>AROAEXAMPLE:session</UserId><Account>123456789012</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>";

}  // namespace

TEST_CASE("the account of a named topic is asked for once") {
  ScriptedClient fake{{200, {}, identity}};
  NamedTopic topic(std::move(fake.client), {.name = "results", .region = "eu-west-1"});
  CHECK(topic.arn().value() == "arn:aws:sns:eu-west-1:123456789012:results");
  CHECK(topic.arn().value() == "arn:aws:sns:eu-west-1:123456789012:results");
  CHECK(fake.script.requests.size() == 1);
}

TEST_CASE("the partition of a topic is that of its region") {
  ScriptedClient fake{{200, {}, identity}};
  NamedTopic topic(std::move(fake.client), {.name = "results", .region = "cn-north-1"});
  CHECK(topic.arn().value() == "arn:aws-cn:sns:cn-north-1:123456789012:results");
}

TEST_CASE("an account that is not known yet is asked for again, and the error names the topic") {
  ScriptedClient fake{{403, {}, "<ErrorResponse><Error><Code>X</Code></Error></ErrorResponse>"},
                      {200, {}, identity}};
  NamedTopic topic(std::move(fake.client), {.name = "results", .region = "eu-west-1"});
  auto const refused = topic.arn();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("topic results: ") == 0);
  CHECK(topic.arn().value() == "arn:aws:sns:eu-west-1:123456789012:results");
}

TEST_CASE("for a topic whose ARN is known nobody is asked") {
  ScriptedClient fake{};
  std::string const arn = "arn:aws:sns:eu-west-1:123456789012:results";
  CHECK(FixedTopic(arn).arn().value() == arn);
  NamedTopic topic(std::move(fake.client), FixedTopic(arn));
  CHECK(topic.arn().value() == arn);
  CHECK(fake.script.requests.empty());
}
