// SPDX-License-Identifier: MIT
// expect: Runner's second parameter must be a sla::Executor: movable, with sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&)
#include <concepts>

#include "minimal.hpp"
#include "sla/runner.hpp"

struct Case : MinimalExecutor {
#ifdef REJECT
  int const limit = 1;  // made from another Case, but never assigned
#endif
};

int main() {
  sla::Runner runner{MinimalScheduler{}, Case{}, MinimalPublisher{}, MinimalClock{}};
  runner.run(sla::Job{}, sla::Stop{});
}
