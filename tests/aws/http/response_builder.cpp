// SPDX-License-Identifier: MIT
#include "sla/aws/http/response_builder.hpp"

#include <doctest/doctest.h>

#include <initializer_list>
#include <string_view>
#include <utility>

using namespace sla;
using namespace sla::aws;

namespace {

/// What a head makes of itself, ended or not.
Result<Response> build(std::initializer_list<std::string_view> lines) {
  ResponseBuilder builder(1000);
  for (std::string_view const line : lines) {
    if (auto taken = builder.line(line); !taken) return taken.error();
  }
  return std::move(builder).finish(200);
}

}  // namespace

TEST_CASE("names become lower case, values lose the blanks around them") {
  auto const response = build(
      {"HTTP/1.1 200 OK\r\n", "ETag: \t\"a: b\" \r\n", "X-Empty:\r\n", "no colon\r\n", "\r\n"});
  REQUIRE(response);
  CHECK(response->status == 200);
  REQUIRE(response->headers.size() == 2);
  CHECK(response->headers[0].name == "etag");
  CHECK(response->headers[0].value == "\"a: b\"");
  CHECK(response->headers[1].value.empty());
}

TEST_CASE("a line that begins with a blank goes on with the header before it") {
  auto const response =
      build({"HTTP/1.1 200 OK\r\n", " lost\r\n", "A: 1\r\n", "\t 2: 3\r\n", "\r\n"});
  REQUIRE(response);
  REQUIRE(response->headers.size() == 1);
  CHECK(response->headers[0].value == "1 2: 3");
}

TEST_CASE("of several answers the last one counts") {
  ResponseBuilder builder(1000);
  for (std::string_view const line : {"HTTP/1.1 100 Continue\r\n", "A: 1\r\n", "\r\n",
                                      "HTTP/1.1 200 OK\r\n", "B: 2\r\n", "\r\n"}) {
    CHECK(builder.line(line));
  }
  CHECK(builder.body("one "));
  CHECK(builder.body("two"));
  CHECK(builder.line("X-Trailer: 3\r\n"));
  auto const response = std::move(builder).finish(200);
  REQUIRE(response);
  CHECK(response->body == "one two");
  REQUIRE(response->headers.size() == 2);
  CHECK(response->headers[0].name == "b");
  CHECK(response->headers[1].name == "x-trailer");
}

TEST_CASE("a head that was cut off is no answer") {
  CHECK_FALSE(build({}));
  CHECK_FALSE(build({"HTTP/1.1 200 OK\r\n", "ETag: \"a\"\r\n"}));
  CHECK_FALSE(build({"HTTP/1.1 100 Continue\r\n", "\r\n", "HTTP/1.1 200 OK\r\n"}));
}

TEST_CASE("the limit counts everything that arrives") {
  ResponseBuilder builder(20);
  CHECK(builder.line("HTTP/1.1 200\r\n"));  // 14
  CHECK(builder.line("\r\n"));
  CHECK(builder.body("four"));
  auto const more = builder.body("5");
  REQUIRE_FALSE(more);
  CHECK(more.error() == Error{Errc::unavailable, "the answer is larger than 20 bytes"});
}
