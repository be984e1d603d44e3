// SPDX-License-Identifier: MIT
#include "sla/app/settings/checks.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace {

std::string reason(sla::Result<void> const& checked) {
  return checked ? "" : checked.error().message;
}

}  // namespace

TEST_CASE("a control character breaks every setting but the command") {
  for (std::string const text : {"a\rb", "a\nb", "a\tb", "\x01", "a\x7f"}) {
    CAPTURE(text);
    for (auto const check :
         {sla::app::check_line, sla::app::check_name, sla::app::check_service,
          sla::app::check_period, sla::app::check_topic_arn, sla::app::check_topic,
          sla::app::check_bucket, sla::app::check_namespace}) {
      CHECK(reason(check(text)) == "holds a control character");
    }
    CHECK(sla::app::check_command(text));
  }
}

TEST_CASE("a name is UTF-8, a line need not be") {
  CHECK(sla::app::check_line("a\xff"));
  CHECK(reason(sla::app::check_name("a\xff")) == "is not valid UTF-8");
  CHECK(reason(sla::app::check_service("a\xff")) == "is not valid UTF-8");
  CHECK(sla::app::check_name("z\xC3\xBCrich"));
}

TEST_CASE("a service may be called what a path or a sentence is called") {
  for (std::string const text :
       {"a", "a/b", "../../etc", "..", "two words", "\xC3\xBC\xF0\x9F\x98\x80"}) {
    CAPTURE(text);
    CHECK(sla::app::check_service(text));
  }
  CHECK(reason(sla::app::check_service("  ")) == "is blank");
  CHECK(sla::app::check_service(std::string(900, 'x')));
  CHECK(reason(sla::app::check_service(std::string(901, 'x'))) ==
        "is longer than 900 bytes, more than the key of a log can hold");
}

TEST_CASE("a command is more than blanks") {
  CHECK(reason(sla::app::check_command(" \n\t")) == "is blank");
  CHECK(sla::app::check_command("curl x\ncurl y"));
}

TEST_CASE("a period is more than nothing, and whether it is a number shows when it is read") {
  CHECK(reason(sla::app::check_period("0")) == "is not more than 0 seconds");
  CHECK(reason(sla::app::check_period("0.0000000001")) == "is not more than 0 seconds");
  CHECK(sla::app::check_period("0.5"));
  CHECK(sla::app::check_period("x"));
}

TEST_CASE("the ARN of a topic is taken apart before any request") {
  for (std::string const arn :
       {"arn:aws:sns:eu-west-1:123456789012:sla", "arn:aws-cn:sns:cn-north-1:123456789012:sla",
        "arn:aws-us-gov:sns:us-gov-west-1:123456789012:sla.fifo"}) {
    CAPTURE(arn);
    CHECK(reason(sla::app::check_topic_arn(arn)).empty());
  }
  for (std::string const arn :
       {"sla", "arn:aws:sns", "arn:aws:sqs:eu-west-1:123456789012:sla",
        "arn:aws:sns:eu-west-1:12345:sla", "arn:aws:sns:eu west:123456789012:sla",
        "arn:aws:sns:eu-west-1:123456789012:", "arn:aws:sns:eu-west-1:123456789012:a:b",
        "'' \xff"}) {
    CAPTURE(arn);
    std::string const why = reason(sla::app::check_topic_arn(arn));
    CHECK(why.starts_with("is no "));
    CHECK(why.find(arn) == std::string::npos);
  }
}

TEST_CASE("the names of topics and buckets keep to the rules of their services") {
  CHECK(sla::app::check_topic("sla-events_1.fifo"));
  CHECK(reason(sla::app::check_topic("a b")).starts_with("is no topic: "));
  CHECK(reason(sla::app::check_topic(".fifo")).starts_with("is no topic: "));
  CHECK(reason(sla::app::check_topic(std::string(257, 'x'))).starts_with("is no topic: "));
  CHECK(sla::app::check_bucket("my-logs.example"));
  for (std::string const name : {"ab", "a/b", "s3://logs", "-logs", "lo gs", "1.2.3.4", "a..b"}) {
    CAPTURE(name);
    CHECK(reason(sla::app::check_bucket(name)).starts_with("is not the name of a bucket: "));
  }
}

TEST_CASE("a namespace of metrics keeps to the alphabet of CloudWatch and is not AWS's own") {
  for (std::string const name : {"SLA-Monitor", "a", "Shop/Web #1: x_y.z", "AWS", "aws/x", "#"}) {
    CAPTURE(name);
    CHECK(sla::app::check_namespace(name));
  }
  for (std::string const name : {"", " ", ":a", "AWS/SNS",
                                 "gr\xC3\xB6\xC3\x9F"
                                 "e",
                                 "a&b", "a*"}) {
    CAPTURE(name);
    CHECK(reason(sla::app::check_namespace(name))
              .starts_with("cannot be one: a namespace of metrics"));
  }
  CHECK(sla::app::check_namespace(std::string(255, 'x')));
  CHECK_FALSE(sla::app::check_namespace(std::string(256, 'x')));
}
