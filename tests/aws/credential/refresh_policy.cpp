// SPDX-License-Identifier: MIT
#include "sla/aws/credential/refresh_policy.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>

#include "sla/core/parse_time.hpp"

using namespace sla;
using namespace sla::aws;
using namespace std::chrono_literals;

namespace {

WallTime const start = *parse_iso_time("2026-01-01T00:00:00Z");

RefreshPolicy holding(Duration lifetime, Stability stability = Stability::lasting) {
  RefreshPolicy policy;
  CHECK(policy.renew(start, {start + lifetime, stability}));
  return policy;
}

}  // namespace

TEST_CASE("the first credentials are asked for as often as somebody wants them") {
  RefreshPolicy policy;
  CHECK(policy.decide(start) == RefreshVerdict::now);
  policy.fail(start, RefreshFailure::passing, 0);
  CHECK(policy.decide(start) == RefreshVerdict::now);
  policy.fail(start, RefreshFailure::final, 0);
  CHECK(policy.decide(start) == RefreshVerdict::now);
  CHECK_FALSE(policy.usable_after_failure(start));
}

TEST_CASE("credentials that do not expire are used for ever") {
  RefreshPolicy policy;
  CHECK(policy.renew(start, {}));
  CHECK(policy.decide(start + 24h * 365) == RefreshVerdict::use);
}

TEST_CASE("the longer credentials live the earlier they are renewed") {
  CHECK(RefreshPolicy::advisory_window(20min) == 5min);
  CHECK(RefreshPolicy::advisory_window(4min) == 2min);
  CHECK(RefreshPolicy::advisory_window(20min + 1s) == 15min);
  CHECK(RefreshPolicy::advisory_window(90min - 1s) == 15min);
  CHECK(RefreshPolicy::advisory_window(90min) == 60min);
}

TEST_CASE("credentials are renewed ahead of their end, and all wait only after it") {
  RefreshPolicy const policy = holding(60min);
  CHECK(policy.decide(start + 45min - 1s) == RefreshVerdict::use);
  CHECK(policy.decide(start + 45min) == RefreshVerdict::ahead);
  CHECK(policy.decide(start + 60min - 1s) == RefreshVerdict::ahead);
  CHECK(policy.decide(start + 60min) == RefreshVerdict::now);
  CHECK(policy.decide(start + 61min) == RefreshVerdict::now);
}

TEST_CASE("after a failure nobody asks again for five to ten minutes, not even after the end") {
  for (double const jitter : {0.0, 0.5}) {
    CAPTURE(jitter);
    RefreshPolicy policy = holding(60min);
    policy.fail(start + 59min, RefreshFailure::passing, jitter);
    Duration const pause = 300s + std::chrono::duration_cast<Duration>(300s * jitter);
    CHECK(policy.decide(start + 59min + pause - 1s) == RefreshVerdict::use);
    CHECK(policy.decide(start + 59min + pause) == RefreshVerdict::now);
    CHECK(policy.usable_after_failure(start + 70min));
  }
}

TEST_CASE("an early failure is followed by one more attempt in the last minute") {
  RefreshPolicy policy = holding(60min);
  policy.fail(start + 55min, RefreshFailure::passing, 0.9);
  CHECK(policy.decide(start + 59min - 1s) == RefreshVerdict::use);
  CHECK(policy.decide(start + 59min) == RefreshVerdict::ahead);
}

TEST_CASE("success ends the pause") {
  RefreshPolicy policy = holding(60min);
  policy.fail(start + 46min, RefreshFailure::passing, 0);
  CHECK(policy.renew(start + 52min, {start + 64min, Stability::lasting}));
  CHECK(policy.decide(start + 52min) == RefreshVerdict::use);
  CHECK(policy.decide(start + 59min) == RefreshVerdict::ahead);
}

TEST_CASE("expired credentials do not replace what is there and count as a failure") {
  RefreshPolicy policy = holding(60min);
  CHECK_FALSE(policy.renew(start + 61min, {start + 30min, Stability::lasting}));
  CHECK(policy.expires() == start + 60min);
  CHECK(policy.decide(start + 62min) == RefreshVerdict::use);
  CHECK(policy.decide(start + 66min) == RefreshVerdict::now);
}

TEST_CASE("expired credentials are better than none, and are not asked for again at once") {
  RefreshPolicy policy;
  CHECK(policy.renew(start, {start - 10min, Stability::lasting}));
  CHECK(policy.decide(start + 299s) == RefreshVerdict::use);
  CHECK(policy.decide(start + 300s) == RefreshVerdict::now);
}

TEST_CASE("a refusal is remembered for one to five seconds and ends the use of what is there") {
  RefreshPolicy policy = holding(60min);
  policy.fail(start + 50min, RefreshFailure::final, 0.5);
  CHECK_FALSE(policy.usable_after_failure(start + 50min));
  CHECK(policy.decide(start + 50min + 2999ms) == RefreshVerdict::refuse);
  CHECK(policy.decide(start + 50min + 3s) == RefreshVerdict::now);
  policy.fail(start + 50min + 3s, RefreshFailure::passing, 0);
  CHECK_FALSE(policy.usable_after_failure(start + 50min + 3s));
  CHECK(policy.decide(start + 50min + 4s) == RefreshVerdict::now);
  CHECK(policy.renew(start + 51min, {start + 111min, Stability::lasting}));
  CHECK(policy.decide(start + 51min) == RefreshVerdict::use);
}

TEST_CASE("strict credentials are used until ten seconds before their end and never later") {
  RefreshPolicy policy = holding(60min, Stability::strict);
  CHECK(policy.decide(start + 45min - 1s) == RefreshVerdict::use);
  CHECK(policy.decide(start + 60min - 11s) == RefreshVerdict::ahead);
  CHECK(policy.decide(start + 60min - 10s) == RefreshVerdict::now);
  policy.fail(start + 60min - 10s, RefreshFailure::passing, 0);
  CHECK_FALSE(policy.usable_after_failure(start + 60min - 10s));
  CHECK(policy.decide(start + 61min) == RefreshVerdict::now);
}

TEST_CASE("credentials that a service rejected are renewed before they are used again") {
  RefreshPolicy policy = holding(60min);
  policy.expire(start + 10min);
  CHECK(policy.decide(start + 10min) == RefreshVerdict::now);
  policy.fail(start + 10min, RefreshFailure::passing, 0);
  CHECK(policy.decide(start + 11min) == RefreshVerdict::use);
  policy.expire(start + 12min);
  CHECK(policy.decide(start + 12min) == RefreshVerdict::use);
  CHECK(policy.decide(start + 15min) == RefreshVerdict::now);
}

TEST_CASE("a clock that is set back does not make a pause longer") {
  RefreshPolicy policy = holding(60min);
  policy.fail(start + 24h, RefreshFailure::passing, 0);
  CHECK(policy.decide(start + 59min) == RefreshVerdict::ahead);
}
