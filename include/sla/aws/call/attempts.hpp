// SPDX-License-Identifier: MIT
#pragma once
// The attempts of one small request, such as those for credentials: repeated by the rule of
// aws/call/retry.hpp, each within a time limit of its own. Clients of services keep a quota over
// many calls instead.
#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "sla/aws/call/retry.hpp"
#include "sla/aws/http/transport.hpp"
#include "sla/core/clock.hpp"
#include "sla/core/random.hpp"
#include "sla/core/result.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

/// Limits of the attempts.
struct AttemptLimits {
  int attempts = 3;                         ///< the first one included
  Duration each = std::chrono::seconds{5};  ///< for one attempt; one that needs more is given it
  Duration pause = Duration::zero();        ///< between two attempts at least
};

/// Calls `attempt(deadline)` until `judge(answer)` sees no reason for another one, or the attempts
/// are used up; returns the last answer. What took all of its time has twice as much the next
/// time.
template <class C, class Attempt, class Judge>
auto repeat_attempts(C& clock, AttemptLimits limits, Attempt attempt, Judge judge) {
  RetryQuota quota;
  Retry retry({.max_attempts = limits.attempts}, quota);
  for (;;) {
    Instant const deadline = clock.now() + limits.each;
    auto answer = attempt(deadline);
    if (clock.now() >= deadline) limits.each *= 2;
    auto const next = retry.fail({.reason = judge(answer), .jitter = random_fraction()});
    if (next.verdict != RetryVerdict::retry) return answer;
    clock.sleep_until(clock.now() + std::max<Duration>(next.delay, limits.pause));
  }
}

/// One transport for several users, one at a time: copies send over the same connection. Not
/// thread-safe.
template <class T>
class SharedTransport {
  using Held = internal::HeldTransport<T>;

 public:
  explicit SharedTransport(T transport) : held_(std::make_shared<Held>(std::move(transport))) {}

  [[nodiscard]] Result<Response> send(Request const& request, Instant deadline) {
    return held_->send(request, deadline);
  }
  [[nodiscard]] std::vector<Result<Response>> send_all(
      std::vector<Request> const& requests, Instant deadline) requires BatchTransport<Held> {
    return held_->send_all(requests, deadline);
  }

 private:
  std::shared_ptr<Held> held_;

  static_assert(
      Transport<T>,
      "SharedTransport's parameter must be a sla::aws::Transport: movable, with "
      "sla::Result<sla::aws::Response> send(sla::aws::Request const&, sla::Instant deadline)");
};

}  // namespace sla::inline v1::aws
