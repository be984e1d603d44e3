// SPDX-License-Identifier: MIT
#include "sla/aws/http/transport.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace sla;
using namespace sla::aws;

TEST_CASE("a header is found in any case, the first of its name") {
  std::vector<Header> const headers{{"Date", "a"}, {"x-amz-id", "b"}, {"X-Amz-Id", "c"}};
  CHECK(find_header(headers, "date") == "a");
  CHECK(find_header(headers, "X-AMZ-ID") == "b");
  CHECK_FALSE(find_header(headers, "x-amz"));
}

TEST_CASE("the Host header has a port only if it is not the scheme's own") {
  auto const host_of = [](Url const& url) {
    std::string text;
    host_header_to(text, url);
    return text;
  };
  CHECK(host_of({.host = "a.test"}) == "a.test");
  CHECK(host_of({.host = "a.test", .port = 443}) == "a.test");
  CHECK(host_of({.host = "a.test", .port = 80}) == "a.test:80");
  CHECK(host_of({.scheme = Scheme::http, .host = "a.test", .port = 80}) == "a.test");
  CHECK(host_of({.scheme = Scheme::http, .host = "[::1]", .port = 443}) == "[::1]:443");
  CHECK(port_of({.host = "a.test"}) == 443);
  CHECK(port_of({.scheme = Scheme::http, .host = "a.test"}) == 80);
  CHECK(port_of({.host = "a.test", .port = 4566}) == 4566);
}

TEST_CASE("a URL as a text is what it was parsed from") {
  CHECK(to_string(Url{.host = "a.test"}) == "https://a.test/");
  CHECK(to_string(Url{.scheme = Scheme::http,
                      .host = "a.test",
                      .port = 8080,
                      .path = "/a%20b",
                      .query = "x=1"}) == "http://a.test:8080/a%20b?x=1");
}

TEST_CASE("only a status from 200 to 299 is a success") {
  for (auto const& [status, ok] : {std::pair{199, false}, {200, true}, {299, true}, {300, false}}) {
    CHECK(Response{.status = status}.ok() == ok);
  }
}
