// SPDX-License-Identifier: MIT
#include "sla/publisher/sns.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "../support/scripted_client.hpp"
#include "../support/spool_case.hpp"
#include "sla/publisher/topic.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

std::string const arn = "arn:aws:sns:eu-west-1:123456789012:results";
Response const refused{400,
                       {},
                       "<ErrorResponse><Error><Code>InvalidAction</Code></Error>"
                       "</ErrorResponse>"};
Response const published{200,
                         {},
                         "<PublishResponse><PublishResult><MessageId>m</MessageId>"
                         "</PublishResult></PublishResponse>"};

/// SNS's answer to a batch: those entries have arrived, that one has not.
Response batch_answer(int arrived, int failed = 0) {
  std::string text = "<PublishBatchResponse><PublishBatchResult><Successful>";
  for (int id = 1; id <= arrived; ++id) {
    if (id == failed) continue;
    text += "<member><Id>" + std::to_string(id) + "</Id><MessageId>m</MessageId></member>";
  }
  text += "</Successful><Failed>";
  if (failed != 0) {
    text += "<member><Id>" + std::to_string(failed) + "</Id><Code>InternalError</Code>" +
            "<SenderFault>false</SenderFault></member>";
  }
  return {200, {}, text + "</Failed></PublishBatchResult></PublishBatchResponse>"};
}

/// A topic that answers as it is told.
struct Topic {
  ScriptedClient fake;
  Sns<decltype(ScriptedClient::client)> sns;

  explicit Topic(std::initializer_list<Response> answers)
      : fake(answers), sns(std::move(fake.client), FixedTopic{arn}) {
    fake.time.now = std::chrono::steady_clock::now();
  }
  [[nodiscard]] std::string body(std::size_t number) const {
    return std::string(fake.script.requests.at(number).body.in_memory().value_or(""));
  }
};

std::vector<Report> some(std::size_t count) {
  std::vector<Report> reports;
  for (std::size_t i = 0; i < count; ++i) {
    reports.push_back(report_of("run" + std::to_string(i)));
    reports.back().job.service = "service" + std::to_string(i);
  }
  return reports;
}
bool holds(std::string const& text, std::string const& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

static_assert(BatchPublisher<Sns<decltype(ScriptedClient::client)>>);

TEST_CASE("several events are ten to a request, each with its attributes, all at once") {
  Topic topic{batch_answer(10), batch_answer(2)};
  auto const results = topic.sns.publish_all(some(12));
  REQUIRE(results.size() == 12);
  for (auto const& result : results) CHECK(result);
  CHECK(topic.fake.script.batches == std::vector<std::size_t>{2});
  CHECK(topic.body(0).starts_with("Action=PublishBatch&"));
  CHECK(holds(topic.body(0), "run0"));
  CHECK(holds(topic.body(0), "member.10.MessageAttributes.entry.1.Name=service"));
  CHECK(holds(topic.body(1), "run11"));
}

TEST_CASE("of several each has its own result") {
  Topic topic{batch_answer(3, 2)};
  auto const results = topic.sns.publish_all(some(3));
  CHECK(results[0]);
  CHECK(results[1].error().code == Errc::unavailable);
  CHECK(results[2]);
}

TEST_CASE("a service that knows no batches gets one message at a time from the fourth time on") {
  Topic topic{refused, refused, refused, published, published, published, published};
  for (int i = 0; i < 3; ++i) {
    for (auto const& result : topic.sns.publish_all(some(2))) {
      CHECK(result.error().code == Errc::rejected);
    }
  }
  for (int i = 0; i < 2; ++i) {
    for (auto const& result : topic.sns.publish_all(some(2))) CHECK(result);
  }
  CHECK(topic.fake.script.requests.size() == 7);
  CHECK(topic.body(3).starts_with("Action=Publish&"));
}

TEST_CASE("batches that are refused now and then, or denied, stay batches") {
  Response const denied{403, {}, ""};
  Topic topic{refused, refused, batch_answer(2), refused, refused, denied, denied, batch_answer(2)};
  for (int i = 0; i < 8; ++i) (void)topic.sns.publish_all(some(2));
  CHECK(topic.fake.script.requests.size() == 8);
}

TEST_CASE("without a topic none is published") {
  ScriptedClient fake{};
  struct Unknown {
    Result<std::string> arn() { return Error{Errc::unavailable, "no answer"}; }
  };
  Sns<decltype(ScriptedClient::client), Unknown> sns{std::move(fake.client), Unknown{}};
  for (auto const& result : sns.publish_all(some(2))) CHECK(result.error().message == "no answer");
}
