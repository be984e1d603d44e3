// SPDX-License-Identifier: MIT
#include "sla/aws/service/sns.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "../../support/scripted_client.hpp"
#include "sla/aws/http/url.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

constexpr std::string_view topic = "arn:aws:sns:eu-west-1:123456789012:events";

PublishInput message(std::string text) {
  PublishInput input{};
  input.topic_arn = topic;
  input.message = std::move(text);
  return input;
}
PublishInput with(MessageAttribute attribute) {
  PublishInput input = message("m");
  input.attributes.push_back(std::move(attribute));
  return input;
}

/// The form of the request, or why there is none.
std::string form(PublishInput const& input) {
  auto const request = publish_request(input, Url{});
  if (request) return request->body.text().value();
  CHECK(request.error().code == Errc::unacceptable);
  return request.error().message;
}
std::string named(std::string name) { return form(with({.name = std::move(name), .value = "v"})); }
std::string number(std::string value) {
  return form(with({"n", AttributeType::number, std::move(value)}));
}
/// The value that is sent for an attribute, still encoded.
std::string sent(std::string value) {
  std::string const text = form(with({.name = "n", .value = std::move(value)}));
  std::string_view const key = "StringValue=";
  std::size_t const start = text.find(key);
  return start == std::string::npos ? text : text.substr(start + key.size());
}

}  // namespace

TEST_CASE("a message is published by posting a form") {
  PublishInput input = message("{\"succeeded\": true}");
  input.attributes = {{"service", AttributeType::string, "example-service"},
                      {"groups", AttributeType::string_array, "[\"a\",\"b\"]"},
                      {"seconds", AttributeType::number, "1.5"}};
  Url url{};
  url.host = "sns.eu-west-1.amazonaws.com";
  auto const request = publish_request(input, url);
  REQUIRE(request);
  CHECK(request->method == Method::post);
  CHECK(to_string(request->url) == "https://sns.eu-west-1.amazonaws.com/");
  CHECK(find_header(request->headers, "content-type") ==
        "application/x-www-form-urlencoded; charset=utf-8");
  CHECK(request->body.text().value() ==
        "Action=Publish&Version=2010-03-31"
        "&TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A123456789012%3Aevents"
        "&Message=%7B%22succeeded%22%3A+true%7D"
        "&MessageAttributes.entry.1.Name=service"
        "&MessageAttributes.entry.1.Value.DataType=String"
        "&MessageAttributes.entry.1.Value.StringValue=example-service"
        "&MessageAttributes.entry.2.Name=groups"
        "&MessageAttributes.entry.2.Value.DataType=String.Array"
        "&MessageAttributes.entry.2.Value.StringValue=%5B%22a%22%2C%22b%22%5D"
        "&MessageAttributes.entry.3.Name=seconds"
        "&MessageAttributes.entry.3.Value.DataType=Number"
        "&MessageAttributes.entry.3.Value.StringValue=1.5");
}

TEST_CASE("what is no topic is refused before anything is sent") {
  PublishInput input = message("m");
  input.topic_arn = "arn:aws:sqs:eu-west-1:123456789012:events";
  auto const request = publish_request(input, Url{});
  REQUIRE_FALSE(request);
  CHECK(request.error().code == Errc::invalid);
  CHECK(request.error().message.ends_with("its service is not sns"));
}

TEST_CASE("a message is text that XML can carry") {
  CHECK(form(message("")) == "the message is empty");
  CHECK(form(message("a\xFF")) == "the message is not UTF-8");
  CHECK(form(message("\xED\xA0\x80")) == "the message is not UTF-8");
  std::string const control = "the message holds a control character, which SNS refuses";
  CHECK(form(message("\x1b[31mred")) == control);
  CHECK(form(message(std::string("a\0b", 3))) == control);
  CHECK(form(message("\xEF\xBF\xBF")) == control);
  CHECK(form(message("tab\tline\r\n\x7f \xF0\x9F\x98\x80"))
            .ends_with("&Message=tab%09line%0D%0A%7F+%F0%9F%98%80"));
}

TEST_CASE("the limit counts the bytes of message and attributes, not of the form") {
  CHECK(form(message(std::string(262'144, ' '))).starts_with("Action=Publish"));
  CHECK(form(message(std::string(262'145, 'x'))) ==
        "message and attributes have 262145 bytes, and the limit is 262144");
  PublishInput input = message("\xC3\xBC");                      // 2 bytes
  input.attributes = {{"name", AttributeType::string, "\x01"}};  // 4 + 6 + 3, as U+FFFD
  input.size_limit = 14;
  CHECK(form(input) == "message and attributes have 15 bytes, and the limit is 14");
  input.size_limit = 15;
  CHECK(form(input).starts_with("Action=Publish"));
}

TEST_CASE("what an attribute cannot hold is replaced") {
  CHECK(sent("plain \xC3\xBC \xE2\x82\xAC") == "plain+%C3%BC+%E2%82%AC");
  CHECK(sent("\xF0\x9F\x98\x80!") == "%EF%BF%BD%21");
  CHECK(sent("a\tb\nc\x1b\x7f") == "a%EF%BF%BDb%EF%BF%BDc%EF%BF%BD%EF%BF%BD");
  CHECK(sent("\xFF\xC3") == "%EF%BF%BD%EF%BF%BD");
  CHECK(sent("\xEF\xBF\xBE") == "%EF%BF%BD");
}

TEST_CASE("the names of attributes are checked, not changed") {
  for (std::string const name : {"a", "service", "A-b_c.d", "awsome", "aws"}) {
    CAPTURE(name);
    CHECK(named(name).starts_with("Action=Publish"));
  }
  CHECK(named(std::string(256, 'a')).starts_with("Action=Publish"));
  for (std::string const& name :
       {std::string(), std::string(257, 'a'), std::string(".a"), std::string("a."),
        std::string("a..b"), std::string("AWS.x"), std::string("aws.x"), std::string("Amazon.x"),
        std::string("a b"), std::string("a/b"), std::string("\xC3\xBC")}) {
    CAPTURE(name);
    CHECK(named(name) == "'" + name + "' cannot be the name of an attribute");
  }
}

TEST_CASE("an attribute has a value and is there once") {
  CHECK(form(with({.name = "n"})) == "the attribute n is empty");
  PublishInput twice = with({.name = "n", .value = "1"});
  twice.attributes.push_back({.name = "n", .value = "2"});
  CHECK(form(twice) == "the attribute n is there twice");
}

TEST_CASE("a message has at most 10 attributes") {
  PublishInput input = message("m");
  for (int i = 0; i < 10; ++i) {
    input.attributes.push_back({.name = "n" + std::to_string(i), .value = "v"});
  }
  CHECK(form(input).starts_with("Action=Publish"));
  input.attributes.push_back({.name = "n10", .value = "v"});
  CHECK(form(input) == "more than 10 attributes: raw subscriptions would lose the message");
}

TEST_CASE("a number is within a thousand million and has at most 5 decimals") {
  for (std::string const value : {"0", "-1", "1.5", "0.00001", "1000000000", "-1000000000"}) {
    CAPTURE(value);
    CHECK(number(value).starts_with("Action=Publish"));
  }
  for (std::string const value : {"x", "1e3", "0.000001", "1000000001", "-1000000000.5", ".5", "1.",
                                  "-", "--1", "+1", " 1", "nan", "inf", "0x1"}) {
    CAPTURE(value);
    CHECK(number(value) == "the attribute n must be a number within 10^9 with at most 5 decimals");
  }
}

TEST_CASE("a FIFO topic gets a group and a deduplication id") {
  PublishInput input = message("m");
  input.topic_arn += ".fifo";
  input.group_id = "example-service";
  CHECK(form(input).ends_with("&Message=m&MessageGroupId=example-service"));
  input.deduplication_id = "run-1";
  CHECK(form(input).ends_with("&MessageGroupId=example-service&MessageDeduplicationId=run-1"));
}

TEST_CASE("a FIFO topic needs a group") {
  PublishInput input = message("m");
  input.topic_arn += ".fifo";
  CHECK(form(input) == "a FIFO topic needs a group id");
}

TEST_CASE("the ids of FIFO topics are cut and cleaned") {
  PublishInput input = message("m");
  input.topic_arn += ".fifo";
  input.group_id = "my service\n\xC3\xBC!~";
  input.deduplication_id = std::string(200, 'x');
  CHECK(form(input).ends_with("&MessageGroupId=my_service___%21~&MessageDeduplicationId=" +
                              std::string(128, 'x')));
}

TEST_CASE("other topics get neither id") {
  PublishInput input = message("m");
  input.group_id = "g";
  input.deduplication_id = "d";
  CHECK(form(input).ends_with("&Message=m"));
}

TEST_CASE("the answer holds the id of the message") {
  Response const response{
      200,
      {},
      "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult>"
      "<MessageId> 567910cd-659e-55d4-8ccb-5aaf14679dc0\n</MessageId></PublishResult>"
      "<ResponseMetadata><RequestId>d74b8436</RequestId></ResponseMetadata></PublishResponse>"};
  CHECK(parse_publish_answer(response).value() == "567910cd-659e-55d4-8ccb-5aaf14679dc0");
}

TEST_CASE("a success that is not one of SNS is none") {
  for (std::string const body :
       {"", "<html>welcome</html>", "{}",
        "<PublishResponse><PublishResult><MessageId/></PublishResult></PublishResponse>"}) {
    auto const id = parse_publish_answer({200, {}, body});
    REQUIRE_FALSE(id);
    CHECK(id.error() == Error{Errc::unavailable,
                              "the answer has no MessageId and is not one of SNS",
                              http_status(200)});
  }
}

TEST_CASE("a message goes to the region of its topic, whatever region is set elsewhere") {
  ScriptedClient fake{{200,
                       {},
                       "<PublishResponse><PublishResult><MessageId>id-1</MessageId></PublishResult>"
                       "</PublishResponse>"}};
  PublishInput input = message("m");
  input.topic_arn = "arn:aws-cn:sns:cn-north-1:123456789012:events";
  CHECK(publish(fake.client, EndpointSettings{}, input, fake.later).value() == "id-1");
  REQUIRE(fake.script.requests.size() == 1);
  CHECK(to_string(fake.script.requests[0].url) == "https://sns.cn-north-1.amazonaws.com.cn/");
  CHECK(fake.scope(0) == "20191123/cn-north-1/sns");
}

TEST_CASE("a message goes to the custom endpoint where there is one") {
  ScriptedClient fake{{403, {}, ""}};
  EndpointSettings settings{};
  settings.custom[0] = parse_url("http://localhost:5000").value();
  CHECK_FALSE(publish(fake.client, settings, message("m"), fake.later));
  REQUIRE(fake.script.requests.size() == 1);
  CHECK(to_string(fake.script.requests[0].url) == "http://localhost:5000/");
}

TEST_CASE("an error says that it came from publishing, and to which topic") {
  ScriptedClient fake{{404,
                       {},
                       "<ErrorResponse><Error><Code>NotFound</Code><Message>Topic does not exist"
                       "</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"}};
  CHECK(publish(fake.client, EndpointSettings{}, message("m"), fake.later).error() ==
        Error{Errc::not_found,
              "sns publish to arn:aws:sns:eu-west-1:123456789012:events: http 404: NotFound: Topic "
              "does not exist (request id r-1)",
              http_status(404)});
  CHECK(publish(fake.client, EndpointSettings{}, message(""), fake.later).error() ==
        Error{Errc::unacceptable,
              "sns publish to arn:aws:sns:eu-west-1:123456789012:events: the message is empty"});
  CHECK(fake.script.requests.size() == 1);
}

TEST_CASE("a page of a proxy is no delivery") {
  ScriptedClient fake{{200, {}, "<html>please log in</html>"}};
  CHECK(publish(fake.client, EndpointSettings{}, message("m"), fake.later).error().message ==
        "sns publish to arn:aws:sns:eu-west-1:123456789012:events: the answer has no MessageId and "
        "is not one of SNS");
}

TEST_CASE("a message is refused for its content where the words of SNS say so, and only there") {
  struct Row {
    std::string_view code;
    std::string_view words;
    bool content;
  };
  for (Row const& row : {
           Row{"InvalidParameter", "Invalid parameter: Message too long", true},
           Row{"InvalidParameter", "Invalid parameter: Empty message", true},
           Row{"InvalidParameter", "Invalid parameter: MessageAttributes Reason: no", true},
           Row{"InvalidParameterValue", "The message attribute 'a' has no value", true},
           Row{"ParameterValueInvalid", "The message attribute 'a' has an invalid type", true},
           Row{"InvalidParameter", "Invalid parameter: TopicArn", false},
           Row{"InvalidParameter", "Invalid parameter: TopicArn Reason: no Message there", false},
           Row{"InvalidParameter", "Invalid parameter: MessageGroupId", false},
           Row{"InvalidParameter", "Invalid parameter: MessageDeduplicationId", false},
           Row{"InvalidParameter", "", false},
           Row{"ValidationError", "the message is not valid", false},
           Row{"AuthorizationError", "no message for you", false},
       }) {
    CAPTURE(row.words);
    ServiceError const said{std::string(row.code), std::string(row.words), {}};
    CHECK(is_about_content(said) == row.content);
  }
}
