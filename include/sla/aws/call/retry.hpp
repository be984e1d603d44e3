// SPDX-License-Identifier: MIT
#pragma once
// What the refusal of a service means, whether to ask again, and after how long: the standard retry
// mode 2.1 that the AWS SDKs share. Everything here is pure: the waiting, the random numbers and
// the deadline are the caller's.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "sla/core/error.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

/// The bare name of a service's error code, in whichever form it comes:
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

/// Whether an error of a transport or a service is worth another attempt.
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

/// The tokens that pay for retries: while a service fails for everybody, a client runs out of them
/// and asks once per call. Lives as long as its client. Not thread-safe.
class RetryQuota {
 public:
  static constexpr int capacity = 500;

  RetryQuota() = default;
  explicit RetryQuota(int tokens) noexcept : tokens_(std::clamp(tokens, 0, capacity)) {}

  [[nodiscard]] int tokens() const noexcept { return tokens_; }
  /// Takes that many tokens, or none and says no.
  [[nodiscard]] bool take(int cost) noexcept {
    if (cost > tokens_) return false;
    tokens_ -= cost;
    return true;
  }
  void give_back(int tokens) noexcept { tokens_ = std::min(capacity, tokens_ + tokens); }

 private:
  int tokens_ = capacity;
};

/// Limits of the retries.
struct RetryOptions {
  int max_attempts = 3;  ///< the first one included; AWS_MAX_ATTEMPTS
  Duration max_delay = std::chrono::seconds{20};
};

/// What to do after a failed attempt.
enum class RetryVerdict {
  retry,
  not_retryable,
  attempts_used_up,
  quota_used_up,
};

/// The retries of one call: tell it how each attempt ended. The quota outlives it.
class Retry {
 public:
  /// One failed attempt.
  struct Failure {
    RetryReason reason = RetryReason::none;
    double jitter = 0;                                 ///< at random, from 0 to below 1
    std::optional<std::string_view> retry_after = {};  ///< x-amz-retry-after, in milliseconds
  };
  struct Decision {
    RetryVerdict verdict = RetryVerdict::not_retryable;
    Duration delay = Duration::zero();  ///< before the next attempt
  };

  Retry(RetryOptions options, RetryQuota& quota) noexcept : options_(options), quota_(&quota) {}

  /// How many attempts ended so far.
  [[nodiscard]] int attempts() const noexcept { return attempts_; }

  /// An attempt failed: whether there is another one, which is then paid for.
  [[nodiscard]] Decision fail(Failure const& failure) noexcept {
    ++attempts_;
    if (failure.reason == RetryReason::none) return {RetryVerdict::not_retryable};
    if (attempts_ >= options_.max_attempts) return {RetryVerdict::attempts_used_up};
    int const cost = failure.reason == RetryReason::throttling ? 5 : 14;
    if (!quota_->take(cost)) return {RetryVerdict::quota_used_up};
    last_cost_ = cost;
    return {RetryVerdict::retry, delay(failure)};
  }

  /// An attempt succeeded: gives back what the last retry cost, or one token where there was none.
  void succeed() noexcept {
    ++attempts_;
    quota_->give_back(last_cost_ == 0 ? 1 : last_cost_);
  }

 private:
  [[nodiscard]] Duration delay(Failure const& failure) const noexcept {
    using namespace std::chrono;
    Duration longest = failure.reason == RetryReason::throttling ? seconds{1} : milliseconds{50};
    for (int i = 1; i < attempts_ && longest < options_.max_delay; ++i) longest *= 2;
    longest = std::min(longest, options_.max_delay);
    auto const computed = duration_cast<Duration>(duration<double, Duration::period>(longest) *
                                                  std::clamp(failure.jitter, 0.0, 1.0));
    if (!failure.retry_after) return computed;
    auto const asked = parse_integer(trim(*failure.retry_after));
    if (!asked || *asked < 0) return computed;
    Duration const wanted = milliseconds{std::min<std::int64_t>(*asked, 3'600'000)};
    return std::clamp<Duration>(wanted, computed, computed + seconds{5});
  }

  RetryOptions options_;
  RetryQuota* quota_;
  int attempts_ = 0;
  int last_cost_ = 0;
};

}  // namespace sla::inline v1::aws
