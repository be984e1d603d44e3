// SPDX-License-Identifier: MIT
// Many checks in one process, in code: fleet FOLDER SECONDS SERVICE COMMAND [SERVICE COMMAND]...
// Every so many seconds each command runs, and the folder gets events.ndjson and the logs. Checks
// that are in a file need no program of their own: `sla-runner --checks FILE` runs them. Here add()
// takes any scheduler, executor and publisher; all checks share one delivery.
#include "sla/fleet.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "sla/executor/shell.hpp"
#include "sla/publisher/directory.hpp"
#include "sla/publisher/event_file.hpp"
#include "sla/publisher/spooled.hpp"
#include "sla/scheduler/fixed_rate.hpp"
#include "sla/spool/memory.hpp"

using Delivery = sla::Spooled<sla::Directory, sla::EventFile, sla::MemorySpool>;

int main(int count, char** words) {
  std::chrono::duration<double> const seconds{count > 2 ? std::strtod(words[2], nullptr) : 0};
  auto const period = std::chrono::duration_cast<sla::Duration>(seconds);
  auto const stop = sla::Stop::on_signals();
  if (!stop || count < 5 || count % 2 == 0 || period <= sla::Duration::zero()) {
    std::fprintf(stderr, "usage: fleet FOLDER SECONDS SERVICE COMMAND [SERVICE COMMAND]...\n");
    return 64;
  }
  sla::DeliveryStops const stops;
  Delivery delivery{sla::Directory{{.path = words[1]}}, sla::EventFile{{.folder = words[1]}},
                    sla::MemorySpool{}, stops};
  sla::Fleet<sla::FixedRate, sla::Shell<>, Delivery> checks({.workers = 16, .spread = period});
  sla::ProcessOptions const options{.timeout = std::chrono::seconds{60},
                                    .pass_through = -1};  // many commands at once: logs only
  for (int i = 3; i + 1 < count; i += 2) {
    checks.add({.service = words[i], .command = {words[i + 1]}}, sla::FixedRate{period},
               sla::Shell<>{options}, delivery);
  }
  checks.run(*stop);
  delivery.finish(std::chrono::steady_clock::now() + std::chrono::seconds{5});
}
