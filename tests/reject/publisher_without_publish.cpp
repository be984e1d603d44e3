// SPDX-License-Identifier: MIT
// expect: Runner's third parameter must be a sla::Publisher: movable, with sla::Result<void> publish(sla::Report const&)
#include <concepts>

#include "minimal.hpp"
#include "sla/runner.hpp"

struct Case {
#ifndef REJECT
  sla::Result<void> publish(sla::Report const&) { return {}; }
#endif
};

int main() {
  sla::Runner runner{MinimalScheduler{}, MinimalExecutor{}, Case{}, MinimalClock{}};
  runner.run(sla::Job{}, sla::Stop{});
}
