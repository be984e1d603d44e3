// SPDX-License-Identifier: MIT
#include "sla/aws/call/skew.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string_view>

#include "sla/core/parse_time.hpp"

using namespace sla;
using namespace sla::aws;
using namespace std::chrono_literals;

namespace {

WallTime const noon = *parse_iso_time("2026-01-01T12:00:00Z");

/// An answer that says it is ten past noon.
Response ten_past_noon() {
  return {.status = 403, .headers = {{"date", "Thu, 01 Jan 2026 12:10:00 GMT"}}, .body = ""};
}

}  // namespace

TEST_CASE("the offset is what the service says less the middle of the exchange") {
  ClockSkew skew;
  skew.observe({noon, noon + 4s}, ten_past_noon());
  CHECK(skew.offset() == 598s);
}

TEST_CASE("an exchange that ended before it began says nothing") {
  ClockSkew skew;
  skew.observe({noon, noon - 1s}, ten_past_noon());
  CHECK(skew.offset() == 0s);
}

TEST_CASE("a date in another form says nothing") {
  ClockSkew skew(7s);
  skew.observe({noon, noon}, {.status = 200, .headers = {{"date", "2026-01-01T12:10:00Z"}}});
  CHECK(skew.offset() == 7s);
}

TEST_CASE("only the codes that may mean the time are explained by it") {
  ClockSkew skew;
  skew.observe({noon, noon}, ten_past_noon());
  for (std::string_view const code :
       {"InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure", "RequestTimeTooSkewed",
        "AccessDeniedException"}) {
    CAPTURE(code);
    CHECK(skew.explains(code, 0s));
  }
  for (std::string_view const code : {"ExpiredToken", "InvalidClientTokenId", "Throttling", ""}) {
    CAPTURE(code);
    CHECK_FALSE(skew.explains(code, 0s));
  }
}

TEST_CASE("the time explains nothing where it was off by no more than four minutes") {
  ClockSkew const skew(10min);
  CHECK_FALSE(skew.explains("SignatureDoesNotMatch", 10min));
  CHECK_FALSE(skew.explains("SignatureDoesNotMatch", 6min));
  CHECK(skew.explains("SignatureDoesNotMatch", 6min - 1s));
  CHECK_FALSE(skew.explains("SignatureDoesNotMatch", 14min));
  CHECK(skew.explains("SignatureDoesNotMatch", 14min + 1s));
}

TEST_CASE("a time in the past or the future explains a refusal too") {
  ClockSkew const skew(90min);
  for (std::string_view const code : {"RequestExpired", "RequestExpiredException",
                                      "RequestInTheFuture", "RequestTimeTooSkewed"}) {
    CHECK(skew.explains(code, 0s));
    CHECK_FALSE(skew.explains(code, 90min));
  }
}

TEST_CASE("what one copy learns the others know until they learn something themselves") {
  ClockSkew const known(90min);
  ClockSkew one = known;
  ClockSkew other = known;
  CHECK(other.offset() == 90min);
  one.observe({noon, noon}, {.headers = {{"date", "Thu, 01 Jan 2026 12:10:00 GMT"}}});
  CHECK(one.offset() == 10min);
  CHECK(other.offset() == 10min);
  other.observe({noon, noon}, {.headers = {{"date", "Thu, 01 Jan 2026 12:00:00 GMT"}}});
  CHECK(one.offset() == 10min);
  CHECK(other.offset() == 0min);
}
