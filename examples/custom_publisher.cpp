// SPDX-License-Identifier: MIT
// A publisher of one's own, combined with the scheduler and the executor that come with sla: two
// runs, one that passes and one that does not, each shown in a line.
#include <cstdio>

#include "sla/executor/shell.hpp"
#include "sla/runner.hpp"
#include "sla/scheduler/once.hpp"

struct Traffic {
  sla::Result<void> publish(sla::Report const& report) {
    char const* const light = report.succeeded() ? "green" : "red";
    if (std::printf("%s: %s\n", report.job.service.c_str(), light) < 0) {
      return sla::system_error("stdout");
    }
    return {};
  }
};

int main() {
  sla::Stop const stop;
  for (char const* const command : {"test -d /", "test -f /"}) {
    sla::Runner runner{sla::Once{}, sla::Shell{}, Traffic{}};
    runner.run({.service = command, .command = {command}}, stop);
  }
}
