// SPDX-License-Identifier: MIT
// expect: Runner's fourth parameter must be a sla::Clock: movable, with now(), wall(), wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)
#include <concepts>

#include "minimal.hpp"
#include "sla/runner.hpp"

struct Case {
  sla::Instant now() { return {}; }
#ifndef REJECT
  sla::WallTime wall() { return {}; }
#endif
  sla::Wake wait_until(sla::Instant, sla::Stop const&) { return sla::Wake::due; }
  void sleep_until(sla::Instant) {}
};

int main() {
  sla::Runner runner{MinimalScheduler{}, MinimalExecutor{}, MinimalPublisher{}, Case{}};
  runner.run(sla::Job{}, sla::Stop{});
}
