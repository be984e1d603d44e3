// SPDX-License-Identifier: MIT
#pragma once
// What the refusal of a service means, whether the same request is worth another attempt, and the
// Error that tells people. Services put into their messages what they were sent: some give back the
// canonical request, line by line, session token included, so only the first line is kept.
#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sla/aws/wire/service_error.hpp"
#include "sla/core/error.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::aws {

/// Returns the bare name of a service's error code, in whichever form it comes:
/// `com.amazonaws.ssm#ThrottlingException:http://...` is `Throttling`.
[[nodiscard]] constexpr std::string_view bare_code(std::string_view code) noexcept {
  code = code.substr(0, code.find(':'));
  code.remove_prefix(code.find('#') + 1);  // npos + 1 is 0
  constexpr std::string_view ending = "Exception";
  if (code.size() > ending.size() && code.ends_with(ending)) code.remove_suffix(ending.size());
  return code;
}

namespace detail {

constexpr bool is_one_of(std::string_view code,
                         std::initializer_list<std::string_view> names) noexcept {
  return std::find(names.begin(), names.end(), code) != names.end();
}

/// What a bare code says by itself, whatever the HTTP status.
constexpr std::optional<Errc> meaning_of_code(std::string_view code) noexcept {
  if (is_one_of(code, {"Throttling", "Throttled", "RequestThrottled", "KMSThrottling",
                       "EC2Throttled", "TooManyRequests", "ProvisionedThroughputExceeded",
                       "TransactionInProgress", "RequestLimitExceeded", "BandwidthLimitExceeded",
                       "LimitExceeded", "SlowDown", "PriorRequestNotComplete"})) {
    return Errc::throttled;
  }
  if (is_one_of(code, {"RequestTimeout", "InternalError", "InternalFailure", "InternalServerError",
                       "ServiceUnavailable", "IDPCommunicationError", "ConditionalRequestConflict",
                       "OperationAborted"})) {
    return Errc::unavailable;
  }
  if (is_one_of(code, {"ExpiredToken", "InvalidToken"})) return Errc::expired;
  if (is_one_of(code, {"AccessDenied",
                       "AllAccessDisabled",
                       "AuthFailure",
                       "AuthorizationError",
                       "IDPRejectedClaim",
                       "IncompleteSignature",
                       "InvalidAccessKeyId",
                       "InvalidClientTokenId",
                       "InvalidIdentityToken",
                       "InvalidSignature",
                       "KMSAccessDenied",
                       "KMSOptInRequired",
                       "MissingAuthenticationToken",
                       "NotAuthorized",
                       "OptInRequired",
                       "RegionDisabled",
                       "RequestExpired",
                       "RequestInTheFuture",
                       "RequestTimeTooSkewed",
                       "SignatureDoesNotMatch",
                       "UnauthorizedOperation",
                       "UnrecognizedClient"})) {
    return Errc::denied;
  }
  if (is_one_of(code, {"NotFound", "NoSuchBucket", "NoSuchKey", "KMSNotFound", "ParameterNotFound",
                       "ResourceNotFound"})) {
    return Errc::not_found;
  }
  if (code == "PreconditionFailed") return Errc::exists;
  if (is_one_of(code, {"EntityTooLarge", "KeyTooLong", "KeyTooLongError", "MetadataTooLarge"})) {
    return Errc::unacceptable;
  }
  return std::nullopt;
}

constexpr Errc meaning_of_status(int status) noexcept {
  switch (status) {
    case 500:
    case 502:
    case 503:
    case 504:
      return Errc::unavailable;
    case 401:
    case 403:
      return Errc::denied;
    case 404:
      return Errc::not_found;
    case 412:
      return Errc::exists;
    case 413:
      return Errc::unacceptable;
    case 429:
      return Errc::throttled;
    default:
      return Errc::rejected;
  }
}

}  // namespace detail

/// Why an attempt may be repeated at once; the reason decides the price and the wait.
enum class RetryReason {
  none,        ///< asking again changes nothing
  transient,   ///< the connection or the service failed
  throttling,  ///< the service asks for fewer requests
};

/// What an answer that is no success means, and whether the same request is worth another attempt.
struct Refusal {
  Errc code = Errc::rejected;
  RetryReason reason = RetryReason::none;
};

/// Returns why an error of a transport or a service is worth another attempt, if it is.
[[nodiscard]] constexpr RetryReason retry_reason(Errc code) noexcept {
  if (code == Errc::throttled) return RetryReason::throttling;
  return retryable(code) ? RetryReason::transient : RetryReason::none;
}

/// Reads a refusal: the service's code decides, the HTTP status only where the code is not known. A
/// 429 that no code explains is Errc::throttled, but as in the SDKs not worth an attempt of its
/// own: whoever sends the message again does so much later.
[[nodiscard]] constexpr Refusal read_refusal(int status, std::string_view service_code) noexcept {
  auto const code = detail::meaning_of_code(bare_code(service_code));
  Errc const meaning = code ? *code : detail::meaning_of_status(status);
  if (!code && status == 429) return {meaning, RetryReason::none};
  return {meaning, retry_reason(meaning)};
}

/// `http 403: AccessDenied: not allowed (request id 4f2a)`.
[[nodiscard]] inline Error refusal_error(Errc code, int status, ServiceError const& said) {
  std::string message = "http " + std::to_string(status);
  std::string_view const words = trim(said.message);
  if (!said.code.empty()) message.append(": ").append(said.code, 0, 100);
  if (!words.empty()) message.append(": ").append(words.substr(0, words.find('\n')), 0, 500);
  if (!said.request_id.empty()) {
    message.append(" (request id ").append(said.request_id, 0, 100).append(")");
  }
  for (char& c : message) c = is_control(c) ? ' ' : c;
  return Error{code, std::move(message), http_status(status)};
}

}  // namespace sla::inline v1::aws
