// SPDX-License-Identifier: MIT
#include "sla/aws/service/sns_batch.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../support/scripted_client.hpp"
#include "sla/aws/http/url.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

constexpr std::string_view topic = "arn:aws:sns:eu-west-1:123456789012:events";

std::vector<PublishInput> messages(std::vector<std::string> texts) {
  std::vector<PublishInput> inputs;
  for (std::string& text : texts) {
    inputs.emplace_back();
    inputs.back().topic_arn = topic;
    inputs.back().message = std::move(text);
  }
  return inputs;
}

/// An answer whose lists hold that.
Response answer(std::string const& successful, std::string const& failed = "") {
  return {200,
          {{"x-amzn-requestid", "r-1"}},
          "<PublishBatchResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">"
          "<PublishBatchResult><Successful>" +
              successful + "</Successful><Failed>" + failed +
              "</Failed></PublishBatchResult><ResponseMetadata><RequestId>r-1</RequestId>"
              "</ResponseMetadata></PublishBatchResponse>"};
}
std::string taken(std::size_t id) {
  std::string const text = std::to_string(id);
  return "<member><Id>" + text + "</Id><MessageId>id-" + text + "</MessageId></member>";
}
std::string refused(std::size_t id, std::string const& code, std::string const& fault) {
  return "<member><Id>" + std::to_string(id) + "</Id><Code>" + code +
         "</Code><Message>Invalid parameter: Message too &lt;long</Message><SenderFault>" + fault +
         "</SenderFault></member>";
}
Response all_taken(std::size_t count) {
  std::string list;
  for (std::size_t i = 1; i <= count; ++i) list += taken(i);
  return answer(list);
}
Response one_taken() {
  return {200,
          {},
          "<PublishResponse><PublishResult><MessageId>alone</MessageId></PublishResult>"
          "</PublishResponse>"};
}

std::string form(ScriptedClient const& fake, std::size_t number) {
  return fake.script.requests.at(number).body.text().value();
}
std::size_t entries(ScriptedClient const& fake, std::size_t number) {
  std::string const text = form(fake, number);
  std::size_t count = 0;
  for (std::size_t at = text.find(".Id="); at != std::string::npos;
       at = text.find(".Id=", at + 1)) {
    ++count;
  }
  return count;
}

std::string const context = "sns publish to " + std::string(topic) + ": ";

}  // namespace

TEST_CASE("messages are published in one form, each as an entry with an id") {
  ScriptedClient fake{all_taken(2)};
  auto inputs = messages({"first one", "second"});
  inputs[0].attributes = {{"service", AttributeType::string, "s"},
                          {"seconds", AttributeType::number, "1.5"}};
  auto const ids = publish_batches(fake.client, EndpointSettings{}, inputs, fake.later);
  REQUIRE(ids.size() == 2);
  CHECK(ids[0].value() == "id-1");
  CHECK(ids[1].value() == "id-2");
  CHECK(form(fake, 0) ==
        "Action=PublishBatch&Version=2010-03-31"
        "&TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A123456789012%3Aevents"
        "&PublishBatchRequestEntries.member.1.Id=1"
        "&PublishBatchRequestEntries.member.1.Message=first+one"
        "&PublishBatchRequestEntries.member.1.MessageAttributes.entry.1.Name=service"
        "&PublishBatchRequestEntries.member.1.MessageAttributes.entry.1.Value.DataType=String"
        "&PublishBatchRequestEntries.member.1.MessageAttributes.entry.1.Value.StringValue=s"
        "&PublishBatchRequestEntries.member.1.MessageAttributes.entry.2.Name=seconds"
        "&PublishBatchRequestEntries.member.1.MessageAttributes.entry.2.Value.DataType=Number"
        "&PublishBatchRequestEntries.member.1.MessageAttributes.entry.2.Value.StringValue=1.5"
        "&PublishBatchRequestEntries.member.2.Id=2"
        "&PublishBatchRequestEntries.member.2.Message=second");
  CHECK(to_string(fake.script.requests[0].url) == "https://sns.eu-west-1.amazonaws.com/");
  CHECK(fake.scope(0) == "20191123/eu-west-1/sns");
}

TEST_CASE("entries for a FIFO topic have a group and a deduplication id") {
  ScriptedClient fake{all_taken(2)};
  auto inputs = messages({"a", "b"});
  for (PublishInput& input : inputs) {
    input.topic_arn += ".fifo";
    input.group_id = "my group";
    input.deduplication_id = "run-" + input.message;
  }
  CHECK(publish_batches(fake.client, EndpointSettings{}, inputs, fake.later).size() == 2);
  CHECK(form(fake, 0).ends_with(
      "&PublishBatchRequestEntries.member.2.Id=2&PublishBatchRequestEntries.member.2.Message=b"
      "&PublishBatchRequestEntries.member.2.MessageGroupId=my_group"
      "&PublishBatchRequestEntries.member.2.MessageDeduplicationId=run-b"));
}

TEST_CASE("no messages make no request, and one is published as any other") {
  ScriptedClient fake{one_taken()};
  CHECK(publish_batches(fake.client, EndpointSettings{}, {}, fake.later).empty());
  CHECK(fake.script.requests.empty());
  auto const ids = publish_batches(fake.client, EndpointSettings{}, messages({"only"}), fake.later);
  REQUIRE(ids.size() == 1);
  CHECK(ids[0].value() == "alone");
  CHECK(form(fake, 0).starts_with("Action=Publish&"));
}

TEST_CASE("a batch has at most ten entries, and all batches are sent at once") {
  ScriptedClient fake{all_taken(10), all_taken(10), one_taken()};
  auto const ids = publish_batches(fake.client, EndpointSettings{},
                                   messages(std::vector<std::string>(21, "m")), fake.later);
  REQUIRE(ids.size() == 21);
  CHECK(ids[0].value() == "id-1");
  CHECK(ids[19].value() == "id-10");
  CHECK(ids[20].value() == "alone");
  CHECK(fake.script.batches == std::vector<std::size_t>{3});
  CHECK(entries(fake, 0) == 10);
  CHECK(entries(fake, 1) == 10);
}

TEST_CASE("a batch has at most 262,144 bytes of messages and attributes, a large one its own") {
  ScriptedClient fake{all_taken(2), all_taken(2), one_taken(), all_taken(2)};
  auto inputs =
      messages({std::string(262'000, 'a'), std::string(144, 'b'), std::string(262'000, 'c'),
                std::string(130, 'd'), std::string(300'000, 'e'), "f", "g"});
  inputs[3].attributes = {{"names", AttributeType::string, "\x01"}};  // 5 + 6 + 3, as U+FFFD
  inputs[4].size_limit = 1'048'576;
  for (auto const& id : publish_batches(fake.client, EndpointSettings{}, inputs, fake.later)) {
    CHECK(id);
  }
  CHECK(fake.script.batches == std::vector<std::size_t>{4});
  inputs[3].attributes[0].name = "longer";
  ScriptedClient other{all_taken(2), one_taken(), one_taken(), one_taken(), all_taken(2)};
  CHECK(publish_batches(other.client, EndpointSettings{}, inputs, other.later).size() == 7);
  CHECK(other.script.batches == std::vector<std::size_t>{5});
}

TEST_CASE("an entry that failed has its own error, by its code or else by whose fault it is") {
  ScriptedClient fake{
      answer(taken(2), refused(1, "InvalidParameter", "true") +
                           refused(3, "InternalError", "false") + refused(4, "Throttled", "true") +
                           refused(5, "Unheard", "true") + refused(6, "Unheard", "false"))};
  auto const ids = publish_batches(fake.client, EndpointSettings{},
                                   messages({"1", "2", "3", "4", "5", "6", "7"}), fake.later);
  REQUIRE(ids.size() == 7);
  CHECK(ids[1].value() == "id-2");
  std::vector<Errc> codes;
  for (auto const& id : ids) codes.push_back(id ? Errc::exists : id.error().code);
  CHECK(codes == std::vector<Errc>{Errc::unacceptable, Errc::exists, Errc::unavailable,
                                   Errc::throttled, Errc::rejected, Errc::unavailable,
                                   Errc::unavailable});
  CHECK(ids[0].error() ==
        Error{Errc::unacceptable,
              context + "http 200: InvalidParameter: Invalid parameter: Message too <long "
                        "(request id r-1)",
              http_status(200)});
  CHECK(ids[6].error() ==
        Error{Errc::unavailable, context + "the answer does not say what became of the message"});
}

TEST_CASE("ids that were never given out and pages of proxies name no message") {
  for (Response const& strange :
       {answer(taken(0) + taken(3) +
               "<member><Id>x</Id><MessageId>no</MessageId></member>"
               "<member><Id>1</Id></member>"),
        Response{200, {}, "<html>please log in</html>"}, Response{200, {}, ""}}) {
    CAPTURE(strange.body);
    ScriptedClient fake{strange};
    for (auto const& id :
         publish_batches(fake.client, EndpointSettings{}, messages({"1", "2"}), fake.later)) {
      REQUIRE_FALSE(id);
      CHECK(id.error().code == Errc::unavailable);
    }
  }
}

TEST_CASE("what publish() would not send is not sent, and the others are") {
  ScriptedClient fake{all_taken(2)};
  auto inputs = messages({"a", "", "c", "d", "e"});
  inputs[3].topic_arn += "-other";
  inputs[4].topic_arn = "arn";
  auto const ids = publish_batches(fake.client, EndpointSettings{}, inputs, fake.later);
  REQUIRE(ids.size() == 5);
  CHECK(ids[0].value() == "id-1");
  CHECK(ids[1].error() == Error{Errc::unacceptable, context + "the message is empty"});
  CHECK(ids[2].value() == "id-2");
  CHECK(ids[3].error().code == Errc::invalid);
  CHECK(ids[4].error().code == Errc::invalid);
  CHECK(entries(fake, 0) == 2);
}

TEST_CASE("a batch that is refused gives its messages that error, and the next batch its own") {
  ScriptedClient fake{
      {400,
       {},
       "<ErrorResponse><Error><Code>InvalidAction</Code><Message>Could not find it</Message>"
       "</Error><RequestId>r-1</RequestId></ErrorResponse>"},
      {413, {}, ""},
      all_taken(2)};
  auto const ids = publish_batches(fake.client, EndpointSettings{},
                                   messages(std::vector<std::string>(22, "m")), fake.later);
  REQUIRE(ids.size() == 22);
  for (std::size_t i = 0; i < 10; ++i) {
    CHECK(ids[i].error() ==
          Error{Errc::rejected,
                context + "http 400: InvalidAction: Could not find it (request id r-1)",
                http_status(400)});
  }
  CHECK(ids[10].error().code == Errc::rejected);  // a message alone may be small enough
  CHECK(ids[20].value() == "id-1");
}

TEST_CASE("batches go to the custom endpoint, and nowhere if there is none to be made") {
  EndpointSettings settings{};
  settings.custom[0] = parse_url("http://localhost:5000").value();
  ScriptedClient fake{all_taken(2)};
  CHECK(publish_batches(fake.client, settings, messages({"a", "b"}), fake.later)[0]);
  CHECK(to_string(fake.script.requests.at(0).url) == "http://localhost:5000/");
}
