// SPDX-License-Identifier: MIT
// Runs the published cases of the standard retry mode 2.1: answers in, verdict, quota and delay
// out.
#include <doctest/doctest.h>
#include <simdjson.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "../../support/conformance.hpp"
#include "sla/aws/call/retry.hpp"

using namespace sla;
using namespace sla::aws;
using simdjson::dom::element;

namespace {

/// A member that need not be there.
template <class T>
std::optional<T> optional_member(element const& object, std::string_view name) {
  T value{};
  if (object[name].get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

Duration to_duration(double seconds) {
  return std::chrono::round<Duration>(std::chrono::duration<double>(seconds));
}

bool succeeded(element const& response) {
  return optional_member<std::int64_t>(response, "status").value_or(0) == 200;
}

RetryReason reason_of(element const& response) {
  if (auto const error = optional_member<std::string_view>(response, "transportError")) {
    return retry_reason(*error == "readTimeout" ? Errc::timed_out : Errc::unavailable);
  }
  auto const status = static_cast<int>(std::int64_t{response["status"]});
  auto const code = optional_member<std::string_view>(response, "errorCode");
  return read_refusal(status, code.value_or("")).reason;
}

std::optional<std::string_view> retry_after(element const& response) {
  std::string_view value;
  if (response["headers"]["x-amz-retry-after"].get(value) != simdjson::SUCCESS) return {};
  return value;
}

std::string_view to_string(RetryVerdict verdict) {
  switch (verdict) {
    case RetryVerdict::retry:
      return "retryRequest";
    case RetryVerdict::not_retryable:
      return "notRetryable";
    case RetryVerdict::attempts_used_up:
      return "maxAttemptsExceeded";
    case RetryVerdict::quota_used_up:
      return "retryQuotaExceeded";
  }
  return "";
}

void check_attempt(element const& attempt, Retry& retry, RetryQuota const& quota, double jitter) {
  element const response = attempt["response"];
  element const expected = attempt["expected"];
  std::string_view const outcome = expected["outcome"];
  if (succeeded(response)) {
    retry.succeed();
    CHECK(outcome == "success");
  } else {
    auto const next = retry.fail({reason_of(response), jitter, retry_after(response)});
    CHECK(outcome == to_string(next.verdict));
    auto const delay = optional_member<double>(expected, "delaySeconds");
    if (delay) CHECK(next.delay == to_duration(*delay));
  }
  CHECK(quota.tokens() == std::int64_t{expected["retryQuota"]});
}

void check_case(element const& one) {
  element const given = one["given"];
  RetryQuota quota(static_cast<int>(std::int64_t{given["initialRetryTokens"]}));
  RetryOptions const options{
      .max_attempts = static_cast<int>(std::int64_t{given["maxAttempts"]}),
      .max_delay = to_duration(double{given["maxBackoffSeconds"]}),
  };
  for (element const operation : one["operations"]) {
    Retry retry(options, quota);
    for (element const attempt : operation["attempts"]) {
      check_attempt(attempt, retry, quota, double{given["jitterFactor"]});
    }
  }
}

element load(simdjson::dom::parser& parser) {
  return parser.load(conformance_file("retry/standard-retry-2.1.json"));
}

}  // namespace

TEST_CASE("every published case ends as expected") {
  simdjson::dom::parser parser;
  int cases = 0;
  for (element const one : load(parser)["tests"]) {
    CAPTURE(std::string(std::string_view{one["name"]}));
    check_case(one);
    ++cases;
  }
  CHECK(cases == 25);
}

TEST_CASE("the published table of waits holds") {
  simdjson::dom::parser parser;
  element const table = load(parser)["backoffTable"];
  RetryQuota quota;
  Retry retry({.max_attempts = 100}, quota);
  for (double const seconds : table["seconds"]) {
    CHECK(retry.fail({RetryReason::transient, double{table["jitterFactor"]}, {}}).delay ==
          to_duration(seconds));
  }
}
