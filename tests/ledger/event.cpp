// SPDX-License-Identifier: MIT
#include "sla/ledger/event.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace sla::ledger;

TEST_CASE("an event is read with all that the ledger wants to know") {
  EventReader reader;
  auto const event = reader.read(
      R"({"service":"shop","group":["a"],"groups":["a","b"],"succeeded":false,"timestamp":"1",)"
      R"("testExecutionSecs":"1","runId":"r","verdict":"timeout","startedAtMs":1000,"durationMs":250,)"
      R"("logUri":"s3://b/k","bootId":"boot","seq":7,"prevEndMs":900,"nextExpectedByMs":5000,)"
      R"("location":"eu","counted":false,"degraded":true,"flaky":true,"further":{}})");
  REQUIRE(event);
  CHECK(event->service == "shop");
  CHECK(event->groups == std::vector<std::string_view>{"a", "b"});
  CHECK_FALSE(event->succeeded);
  CHECK(event->end == 1250);
  CHECK(event->duration == 250);
  CHECK(event->run_id == "r");
  CHECK(event->verdict == "timeout");
  CHECK(event->log_uri == "s3://b/k");
  CHECK(event->boot_id == "boot");
  CHECK(event->seq == 7);
  CHECK(event->previous_end == 900);
  CHECK(event->next_expected_by == 5000);
  CHECK(event->location == "eu");
  CHECK_FALSE(event->counted);
  CHECK(event->degraded);
  CHECK(event->flaky);
}

TEST_CASE("an event of the earlier runner is read in whole seconds, in both formats") {
  EventReader reader;
  for (std::string_view const timestamp : {"\"1574515200\"", "1574515200"}) {
    auto const event = reader.read(R"({"service":"shop","succeeded":true,"timestamp":)" +
                                   std::string(timestamp) + R"(,"testExecutionSecs":"914"})");
    REQUIRE(event);
    CHECK(event->end == 1'574'515'200'000);
    CHECK(event->duration == 914'000);
    CHECK(event->verdict == "pass");
    CHECK(event->counted);
    CHECK(event->seq == 0);
    CHECK(event->boot_id.empty());
    CHECK(event->run_id.empty());
  }
  // A number without a boot says nothing, and the other way round.
  auto const event =
      reader.read(R"({"service":"a","succeeded":false,"timestamp":"5","seq":3,"prevEndMs":1})");
  REQUIRE(event);
  CHECK(event->seq == 0);
  CHECK_FALSE(event->previous_end);
  CHECK(event->verdict == "fail");
}

TEST_CASE("the envelope of SNS is opened, and knows a message that comes twice") {
  EventReader reader;
  std::string const envelope =
      R"({"Type":"Notification","MessageId":"m-1","TopicArn":"arn:aws:sns:eu-west-1:1:t","Message":)";
  auto event =
      reader.read(envelope + R"("{\"service\":\"shop\",\"succeeded\":true,\"timestamp\":\"5\"}"})");
  REQUIRE(event);
  CHECK(event->service == "shop");
  CHECK(event->run_id == "m-1");
  event = reader.read(
      envelope +
      R"("{\"service\":\"a\",\"succeeded\":true,\"timestamp\":\"5\",\"runId\":\"r\"}"})");
  REQUIRE(event);
  CHECK(event->run_id == "r");
  CHECK_FALSE(reader.read(envelope + R"("hello"})"));
}

TEST_CASE("what is no event is told from one") {
  EventReader reader;
  for (std::string_view const line :
       {"", "hello", "[]", "{}", R"({"service":"","succeeded":true,"timestamp":"5"})",
        R"({"service":"a","timestamp":"5"})",
        R"({"service":"a","succeeded":"true","timestamp":"5"})",
        R"({"service":"a","succeeded":true})",
        R"({"service":"a","succeeded":true,"timestamp":"x"})",
        R"({"service":"a","succeeded":true,"timestamp":-5})",
        R"({"service":"a","succeeded":true,"timestamp":9999999999999})"}) {
    CAPTURE(line);
    CHECK_FALSE(reader.read(line));
  }
  CHECK(reader.read(R"({"service":"a","succeeded":true,"timestamp":5})"));
}
