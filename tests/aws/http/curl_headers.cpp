// SPDX-License-Identifier: MIT
#include "sla/aws/http/curl_headers.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace sla;
using namespace sla::aws;

TEST_CASE("libcurl is told to leave out what the request does not have") {
  CHECK(curl_headers(std::vector<Header>{}).value() ==
        std::vector<std::string>{
            "Accept:", "Content-Type:", "Expect:", "User-Agent: " + user_agent()});
}

TEST_CASE("what the request has stands there once, whatever its case") {
  CHECK(curl_headers({{"content-type", "a/b"},
                      {"ACCEPT", "*/*"},
                      {"user-agent", "me"},
                      {"expect", "100-continue"},
                      {"X-Empty", ""},
                      {"X-Blank", " "}})
            .value() == std::vector<std::string>{"content-type: a/b", "ACCEPT: */*",
                                                 "user-agent: me", "expect: 100-continue",
                                                 "X-Empty;", "X-Blank;"});
}

TEST_CASE("a header that is none is refused, and its value is not told") {
  for (Header const& header :
       {Header{"", "secret"}, Header{"A B", "secret"}, Header{"A:", "secret"},
        Header{"A;", "secret"}, Header{"A\n", "secret"}, Header{"A", "secret\r\nB: 1"},
        Header{"A", std::string("secret\0", 7)}}) {
    auto const lines = curl_headers({header});
    REQUIRE_FALSE(lines);
    CHECK(lines.error().code == Errc::invalid);
    CHECK(lines.error().message.find("secret") == std::string::npos);
  }
}
