// SPDX-License-Identifier: MIT
#pragma once
// Whether to ask a service again, and after how long: the standard retry mode 2.1 that the AWS SDKs
// share. Everything here is pure: the waiting, the random numbers and the deadline are the
// caller's. https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "sla/aws/call/refusal.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

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

  /// Returns how many attempts ended so far.
  [[nodiscard]] int attempts() const noexcept { return attempts_; }

  /// Takes in that an attempt failed, and says whether there is another one, which is then paid
  /// for.
  [[nodiscard]] Decision fail(Failure const& failure) noexcept {
    ++attempts_;
    if (failure.reason == RetryReason::none) return {RetryVerdict::not_retryable};
    if (attempts_ >= options_.max_attempts) return {RetryVerdict::attempts_used_up};
    int const cost = failure.reason == RetryReason::throttling ? 5 : 14;
    if (!quota_->take(cost)) return {RetryVerdict::quota_used_up};
    last_cost_ = cost;
    return {RetryVerdict::retry, delay(failure)};
  }

  /// An attempt succeeded: gives back what the last retry cost, or one token if there was none.
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
