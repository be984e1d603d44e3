// SPDX-License-Identifier: MIT
// expect: Runner's first parameter must be a sla::Scheduler: movable, with std::optional<sla::Instant> next(sla::Instant now)
#include <concepts>

#include "minimal.hpp"
#include "sla/runner.hpp"

struct Case : MinimalScheduler {
#ifdef REJECT
  int const limit = 1;  // made from another Case, but never assigned
#endif
};

int main() {
  sla::Runner runner{Case{}, MinimalExecutor{}, MinimalPublisher{}, MinimalClock{}};
  runner.run(sla::Job{}, sla::Stop{});
}
