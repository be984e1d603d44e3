// SPDX-License-Identifier: MIT
#include "sla/aws/service/arn.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace {

std::string problem(std::string_view text) {
  auto const arn = sla::aws::parse_topic_arn(text);
  if (arn) return "none";
  CHECK(arn.error().code == sla::Errc::invalid);
  return arn.error().message;
}

}  // namespace

TEST_CASE("an ARN has six parts") {
  auto const arn = sla::aws::parse_arn("arn:aws-cn:sns:cn-north-1:123456789012:topic");
  REQUIRE(arn);
  CHECK(*arn == sla::aws::Arn{"aws-cn", "sns", "cn-north-1", "123456789012", "topic"});
}

TEST_CASE("the resource of an ARN keeps its colons and slashes") {
  auto const arn = sla::aws::parse_arn("arn:aws:iam::123456789012:role/path/name:with:colons");
  REQUIRE(arn);
  CHECK(arn->region.empty());
  CHECK(arn->resource == "role/path/name:with:colons");
}

TEST_CASE("an ARN is written as it was read") {
  for (std::string_view const text :
       {"arn:aws:s3:::bucket", "arn:aws:sns:eu-west-1:123456789012:t.fifo", "arn:a:b:::c:d:"}) {
    auto const arn = sla::aws::parse_arn(text);
    REQUIRE(arn);
    CHECK(sla::aws::to_string(*arn) == text);
  }
}

TEST_CASE("what has other parts is no ARN") {
  for (std::string_view const text : {"", "arn", "topic", "arn:aws:sns:eu-west-1:123456789012",
                                      "urn:aws:sns:eu-west-1:123456789012:t", "ARN:aws:s3:::b"}) {
    CAPTURE(text);
    auto const arn = sla::aws::parse_arn(text);
    REQUIRE_FALSE(arn);
    CHECK(arn.error().message == "'" + std::string(text) +
                                     "' is no ARN: it must read "
                                     "arn:partition:service:region:account:resource");
  }
}

TEST_CASE("partition, service and resource of an ARN are not empty") {
  for (std::string_view const text : {"arn::s3:::b", "arn:aws::::b", "arn:aws:s3:::"}) {
    auto const arn = sla::aws::parse_arn(text);
    REQUIRE_FALSE(arn);
    CHECK(arn.error().message ==
          "'" + std::string(text) + "' is no ARN: its partition, service or resource is empty");
  }
}

TEST_CASE("an ARN with a line break is refused without repeating it") {
  CHECK(sla::aws::parse_arn("arn:aws:s3:::a\nb").error().message ==
        "an ARN holds no blanks and no control characters");
  CHECK(sla::aws::parse_arn("arn:aws:s3:::a ").error().message ==
        "an ARN holds no blanks and no control characters");
}

TEST_CASE("a topic is an ARN of SNS with region, account and name") {
  auto const arn =
      sla::aws::parse_topic_arn("arn:aws-us-gov:sns:us-gov-west-1:123456789012:My_topic-1");
  REQUIRE(arn);
  CHECK(arn->region == "us-gov-west-1");
  CHECK(arn->resource == "My_topic-1");
  CHECK(sla::aws::parse_topic_arn("arn:aws:sns:eu-west-1:123456789012:t.fifo"));
}

TEST_CASE("what is wrong with a topic is said") {
  CHECK(problem("my-topic").ends_with("arn:partition:service:region:account:resource"));
  CHECK(problem("arn:aws:sqs:eu-west-1:123456789012:t") ==
        "'arn:aws:sqs:eu-west-1:123456789012:t' is no topic: its service is not sns");
  CHECK(problem("arn:aws:sns::123456789012:t").ends_with(": its region is no region"));
  CHECK(problem("arn:aws:sns:evil.com/:123456789012:t").ends_with(": its region is no region"));
  CHECK(problem("arn:aws:sns:eu-west-1::t").ends_with(": its account must be 12 digits"));
  CHECK(problem("arn:aws:sns:eu-west-1:12345678901x:t").ends_with("its account must be 12 digits"));
  CHECK(problem("arn:aws:sns:eu-west-1:1234567890123:t").ends_with("account must be 12 digits"));
  CHECK(problem("arn:aws:sns:eu-west-1:123456789012:t:0-1-2")
            .ends_with(": it has a part too many, as the ARN of a subscription has"));
  CHECK(problem("arn:aws:sns:eu-west-1:123456789012:a.b").find("the name of a topic is") !=
        std::string::npos);
}

TEST_CASE("a topic's name is 1 to 256 letters, digits, hyphens and underscores") {
  CHECK(sla::aws::check_topic_name("a"));
  CHECK(sla::aws::check_topic_name("A-b_9"));
  CHECK(sla::aws::check_topic_name(std::string(256, 'a')));
  CHECK(sla::aws::check_topic_name(std::string(251, 'a') + ".fifo"));
  for (std::string const& name :
       {std::string(), std::string(257, 'a'), std::string(".fifo"), std::string(252, 'a') + ".fifo",
        std::string("a.b"), std::string("a b"), std::string("a/b"), std::string("\xC3\xBC")}) {
    CAPTURE(name);
    CHECK_FALSE(sla::aws::check_topic_name(name));
  }
}

TEST_CASE("a FIFO topic is known by the end of its name") {
  CHECK(sla::aws::is_fifo_topic("arn:aws:sns:eu-west-1:123456789012:t.fifo"));
  CHECK_FALSE(sla::aws::is_fifo_topic("arn:aws:sns:eu-west-1:123456789012:t"));
  CHECK_FALSE(sla::aws::is_fifo_topic("fifo"));
}

TEST_CASE("a topic's ARN is made from its name, in the partition of the region") {
  auto const arn =
      sla::aws::topic_arn({.region = "cn-north-1", .account = "123456789012", .name = "events"});
  REQUIRE(arn);
  CHECK(sla::aws::to_string(*arn) == "arn:aws-cn:sns:cn-north-1:123456789012:events");
  CHECK_FALSE(sla::aws::topic_arn({.region = "", .account = "123456789012", .name = "events"}));
  CHECK_FALSE(sla::aws::topic_arn({.region = "eu-west-1", .account = "1", .name = "events"}));
  CHECK_FALSE(
      sla::aws::topic_arn({.region = "eu-west-1", .account = "123456789012", .name = "a:b"}));
}
