// SPDX-License-Identifier: MIT
// expect: Runner's first parameter must be a sla::Scheduler: movable, with std::optional<sla::Instant> next(sla::Instant now)
#include <concepts>

#include "minimal.hpp"
#include "sla/runner.hpp"

struct Case {
#ifndef REJECT
  std::optional<sla::Instant> next(sla::Instant now) { return now; }
#endif
};

int main() {
  sla::Runner runner{Case{}, MinimalExecutor{}, MinimalPublisher{}, MinimalClock{}};
  runner.run(sla::Job{}, sla::Stop{});
}
