// SPDX-License-Identifier: MIT
#include "sla/aws/call/refusal.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace sla;
using namespace sla::aws;

namespace {

/// A service's refusal and what it means.
struct Row {
  int status;
  std::string_view service_code;
  Errc code;
  RetryReason reason;
};

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

TEST_CASE("what the answer does not have is left out") {
  CHECK(refusal_error(Errc::unavailable, 503, {}) ==
        Error{Errc::unavailable, "http 503", http_status(503)});
  CHECK(refusal_error(Errc::denied, 403, {"AccessDenied", "", ""}).message ==
        "http 403: AccessDenied");
  CHECK(refusal_error(Errc::denied, 403, {"", "no", "7"}).message == "http 403: no (request id 7)");
}

TEST_CASE("the canonical request that some services give back is not repeated") {
  Error const error = refusal_error(
      Errc::denied, 403,
      {"SignatureDoesNotMatch", "\nThe signature is wrong.\n\nx-amz-security-token:TOKEN\n", ""});
  CHECK(error.message == "http 403: SignatureDoesNotMatch: The signature is wrong.");
}

TEST_CASE("a message is short and holds no control character, whatever the service sends") {
  std::string const junk = "a\r\x1b[2Jb" + std::string(100'000, 'x');
  Error const error = refusal_error(Errc::rejected, 400, {junk, junk, junk});
  CHECK(error.message.size() < 800);
  for (char const c : error.message) CHECK_FALSE(is_control(c));
}
