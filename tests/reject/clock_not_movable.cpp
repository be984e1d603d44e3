// SPDX-License-Identifier: MIT
// expect: Runner's fourth parameter must be a sla::Clock: movable, with now(), wall(), wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)
#include <concepts>

#include "minimal.hpp"
#include "sla/runner.hpp"

struct Case : MinimalClock {
#ifdef REJECT
  int const limit = 1;  // made from another Case, but never assigned
#endif
};

int main() {
  sla::Runner runner{MinimalScheduler{}, MinimalExecutor{}, MinimalPublisher{}, Case{}};
  runner.run(sla::Job{}, sla::Stop{});
}
