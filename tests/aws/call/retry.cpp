// SPDX-License-Identifier: MIT
#include "sla/aws/call/retry.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string_view>
#include <vector>

using namespace sla;
using namespace sla::aws;
using namespace std::chrono_literals;

namespace {

/// A service's refusal and what it means.
struct Row {
  int status;
  std::string_view service_code;
  Errc code;
  RetryReason reason;
};

Duration delay_of(RetryReason reason, std::vector<Retry::Failure> const& earlier,
                  std::optional<std::string_view> retry_after = {}, double jitter = 1) {
  RetryQuota quota;
  Retry retry({.max_attempts = 100}, quota);
  for (auto const& failure : earlier) (void)retry.fail(failure);
  return retry.fail({reason, jitter, retry_after}).delay;
}

}  // namespace

TEST_CASE("the bare code has neither the namespace, nor the exception, nor the documentation") {
  CHECK(bare_code("Throttling") == "Throttling");
  CHECK(bare_code("ThrottlingException") == "Throttling");
  CHECK(bare_code("com.amazonaws.ssm#ThrottlingException") == "Throttling");
  CHECK(bare_code("aws.x#ThrottlingException:http://internal.example/#top") == "Throttling");
  CHECK(bare_code("ThrottlingException:http://internal.example/") == "Throttling");
  CHECK(bare_code("Exception") == "Exception");
  CHECK(bare_code("").empty());
  CHECK(bare_code("#").empty());
}

TEST_CASE("a refusal means what its code says, and where that is unknown what its status says") {
  using enum Errc;
  constexpr auto none = RetryReason::none;
  constexpr auto transient = RetryReason::transient;
  constexpr auto throttling = RetryReason::throttling;
  for (Row const& row : {
           Row{400, "Throttling", throttled, throttling},
           Row{400, "ThrottlingException", throttled, throttling},
           Row{400, "ThrottledException", throttled, throttling},
           Row{429, "Throttled", throttled, throttling},
           Row{400, "KMSThrottling", throttled, throttling},
           Row{400, "KMSThrottlingException", throttled, throttling},
           Row{400, "RequestThrottled", throttled, throttling},
           Row{400, "RequestThrottledException", throttled, throttling},
           Row{429, "TooManyRequestsException", throttled, throttling},
           Row{400, "ProvisionedThroughputExceededException", throttled, throttling},
           Row{400, "TransactionInProgressException", throttled, throttling},
           Row{503, "RequestLimitExceeded", throttled, throttling},
           Row{509, "BandwidthLimitExceeded", throttled, throttling},
           Row{400, "LimitExceededException", throttled, throttling},
           Row{503, "SlowDown", throttled, throttling},
           Row{400, "PriorRequestNotComplete", throttled, throttling},
           Row{400, "EC2ThrottledException", throttled, throttling},
           Row{429, "", throttled, none},
           Row{500, "", unavailable, transient},
           Row{502, "", unavailable, transient},
           Row{503, "ServiceUnavailable", unavailable, transient},
           Row{504, "", unavailable, transient},
           Row{400, "RequestTimeout", unavailable, transient},
           Row{400, "RequestTimeoutException", unavailable, transient},
           Row{500, "InternalError", unavailable, transient},
           Row{500, "InternalFailure", unavailable, transient},
           Row{400, "IDPCommunicationError", unavailable, transient},
           Row{409, "ConditionalRequestConflict", unavailable, transient},
           Row{409, "OperationAborted", unavailable, transient},
           Row{400, "ExpiredToken", expired, none},
           Row{403, "ExpiredTokenException", expired, none},
           Row{400, "InvalidToken", expired, none},
           Row{403, "AccessDenied", denied, none},
           Row{400, "AccessDeniedException", denied, none},
           Row{403, "AuthorizationError", denied, none},
           Row{403, "SignatureDoesNotMatch", denied, none},
           Row{403, "InvalidClientTokenId", denied, none},
           Row{400, "UnrecognizedClientException", denied, none},
           Row{403, "", denied, none},
           Row{403, "Unheard", denied, none},
           Row{401, "", denied, none},
           Row{404, "", not_found, none},
           Row{404, "NotFound", not_found, none},
           Row{404, "NoSuchBucket", not_found, none},
           Row{400, "ParameterNotFound", not_found, none},
           Row{412, "", exists, none},
           Row{412, "PreconditionFailed", exists, none},
           Row{400, "InvalidParameter", rejected, none},
           Row{400, "ValidationException", rejected, none},
           Row{413, "", unacceptable, none},
           Row{400, "EntityTooLarge", unacceptable, none},
           Row{400, "KeyTooLongError", unacceptable, none},
           Row{400, "MetadataTooLarge", unacceptable, none},
           Row{400, "BadDigest", rejected, none},
           Row{409, "", rejected, none},
           Row{301, "PermanentRedirect", rejected, none},
           Row{501, "", rejected, none},
           Row{505, "", rejected, none},
       }) {
    CAPTURE(row.status);
    CAPTURE(row.service_code);
    Refusal const refusal = read_refusal(row.status, row.service_code);
    CHECK(refusal.code == row.code);
    CHECK(refusal.reason == row.reason);
  }
}

TEST_CASE("what a transport reports is worth another attempt where it may pass") {
  CHECK(retry_reason(Errc::unavailable) == RetryReason::transient);
  CHECK(retry_reason(Errc::timed_out) == RetryReason::transient);
  CHECK(retry_reason(Errc::throttled) == RetryReason::throttling);
  CHECK(retry_reason(Errc::invalid) == RetryReason::none);
  CHECK(retry_reason(Errc::stopped) == RetryReason::none);
}

TEST_CASE("the quota never goes below nothing nor above its capacity") {
  RetryQuota quota(10);
  CHECK_FALSE(quota.take(11));
  CHECK(quota.tokens() == 10);
  CHECK(quota.take(10));
  CHECK(quota.tokens() == 0);
  quota.give_back(1000);
  CHECK(quota.tokens() == RetryQuota::capacity);
  CHECK(RetryQuota(-1).tokens() == 0);
  CHECK(RetryQuota(501).tokens() == RetryQuota::capacity);
}

TEST_CASE("a wait is a random part of what doubles with each attempt") {
  CHECK(delay_of(RetryReason::transient, {}, {}, 0) == 0ms);
  CHECK(delay_of(RetryReason::transient, {}, {}, 0.5) == 25ms);
  CHECK(delay_of(RetryReason::throttling, {}, {}, 0.25) == 250ms);
  std::vector<Retry::Failure> const many(60, Retry::Failure{RetryReason::throttling, 1, {}});
  CHECK(delay_of(RetryReason::throttling, many) == 20s);
}

TEST_CASE("a wait that the service asks for is bounded, however it is written") {
  CHECK(delay_of(RetryReason::transient, {}, " 1500 ") == 1500ms);
  CHECK(delay_of(RetryReason::transient, {}, "9223372036854775807") == 5050ms);
  CHECK(delay_of(RetryReason::transient, {}, "9223372036854775808") == 50ms);
  CHECK(delay_of(RetryReason::transient, {}, "") == 50ms);
  CHECK(delay_of(RetryReason::transient, {}, "1.5") == 50ms);
}

TEST_CASE("fewer than one attempt is one attempt") {
  RetryQuota quota;
  Retry retry({.max_attempts = 0}, quota);
  CHECK(retry.fail({.reason = RetryReason::transient}).verdict == RetryVerdict::attempts_used_up);
  CHECK(retry.attempts() == 1);
  CHECK(quota.tokens() == RetryQuota::capacity);
}
