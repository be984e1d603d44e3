// SPDX-License-Identifier: MIT
// Runs the published cases of clock skew correction: answers and times in, signing times, outcome
// and the skew that stays out.
#include <doctest/doctest.h>
#include <simdjson.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "../../support/conformance.hpp"
#include "sla/aws/call/retry.hpp"
#include "sla/aws/call/skew.hpp"
#include "sla/core/parse_time.hpp"

using namespace sla;
using namespace sla::aws;
using simdjson::dom::element;

namespace {

WallTime time_of(element const& object, std::string_view name) {
  return parse_iso_time(std::string_view{object[name]}).value();
}

Response response_of(element const& given) {
  Response response{.status = static_cast<int>(std::int64_t{given["statusCode"]})};
  for (auto const header : simdjson::dom::object(given["headers"])) {
    response.headers.push_back({lower(header.key), std::string(std::string_view{header.value})});
  }
  return response;
}

/// Sends what the case sends for one operation; whether it ended in success.
bool run_operation(element const& operation, ClockSkew& skew) {
  RetryQuota quota;
  std::int64_t max_attempts = 0;
  if (operation["maxAttempts"].get(max_attempts) != simdjson::SUCCESS) max_attempts = 3;
  Retry retry({.max_attempts = static_cast<int>(max_attempts)}, quota);
  bool again = true;
  for (element const attempt : operation["attempts"]) {
    CHECK(again);
    Exchange const exchange{time_of(attempt, "clientTimeAtSend"),
                            time_of(attempt, "clientTimeAtReceive")};
    Duration const used = skew.offset();
    CHECK(exchange.sent + used == time_of(attempt, "expectedSigningTime"));
    Response const response = response_of(attempt["response"]);
    skew.observe(exchange, response);
    if (response.ok()) return true;
    std::string_view code;
    if (attempt["response"]["errorCode"].get(code) != simdjson::SUCCESS) code = "";
    RetryReason reason = read_refusal(response.status, code).reason;
    if (skew.explains(code, used)) reason = RetryReason::transient;
    again = retry.fail({.reason = reason}).verdict == RetryVerdict::retry;
  }
  CHECK_FALSE(again);
  return false;
}

}  // namespace

TEST_CASE("every published case ends as expected") {
  simdjson::dom::parser parser;
  int cases = 0;
  element const all = parser.load(conformance_file("retry/clock-skew-test-cases.json"));
  for (element const one : all["tests"]) {
    CAPTURE(std::string(std::string_view{one["description"]}));
    ClockSkew skew;
    for (element const operation : one["operations"]) {
      skew = ClockSkew(std::chrono::seconds{std::int64_t{operation["initialClientSkew"]}});
      bool const success = run_operation(operation, skew);
      CHECK(success == (std::string_view{operation["expectedOutcome"]} == "success"));
      CHECK(skew.offset() == std::chrono::seconds{std::int64_t{operation["expectedClientSkew"]}});
    }
    ++cases;
  }
  CHECK(cases == 10);
}
