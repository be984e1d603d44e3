// SPDX-License-Identifier: MIT
// expect: Runner's second parameter must be a sla::Executor: movable, with sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&)
#include <concepts>

#include "minimal.hpp"
#include "sla/runner.hpp"

struct Case {
#ifdef REJECT
  sla::Outcome execute(sla::Job const&, sla::Stop const&) { return {}; }
#else
  sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&) { return sla::Outcome{}; }
#endif
};

int main() {
  sla::Runner runner{MinimalScheduler{}, Case{}, MinimalPublisher{}, MinimalClock{}};
  runner.run(sla::Job{}, sla::Stop{});
}
