// SPDX-License-Identifier: MIT
// The smallest runner: a command every 30 seconds, each result as a line of JSON on stdout.
#include "sla/executor/direct.hpp"
#include "sla/publisher/console.hpp"
#include "sla/runner.hpp"
#include "sla/scheduler/fixed_delay.hpp"

int main(int count, char** words) {
  auto const stop = sla::Stop::on_signals();
  if (!stop || count < 2) return 64;
  sla::Job const job{.service = "minimal", .command = {words + 1, words + count}};
  sla::Runner runner{sla::FixedDelay{std::chrono::seconds{30}}, sla::Direct{}, sla::Console{}};
  runner.run(job, *stop);
}
