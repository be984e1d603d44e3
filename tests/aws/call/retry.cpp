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

Duration delay_of(RetryReason reason, std::vector<Retry::Failure> const& earlier,
                  std::optional<std::string_view> retry_after = {}, double jitter = 1) {
  RetryQuota quota;
  Retry retry({.max_attempts = 100}, quota);
  for (auto const& failure : earlier) (void)retry.fail(failure);
  return retry.fail({reason, jitter, retry_after}).delay;
}

}  // namespace

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
