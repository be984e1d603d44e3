// SPDX-License-Identifier: MIT
// A fleet of probes: probe NAME URL [NAME URL]... asks each URL every 30 seconds. The events go to
// stdout.
#include <chrono>

#include "sla/executor/http_probe.hpp"
#include "sla/fleet.hpp"
#include "sla/publisher/console.hpp"
#include "sla/scheduler/fixed_rate.hpp"

int main(int count, char** words) {
  auto const stop = sla::Stop::on_signals();
  if (!stop || count < 3) return 64;
  std::chrono::seconds const period{30};
  sla::Fleet<sla::FixedRate, sla::HttpProbe<>, sla::Console> fleet({.spread = period});
  for (int i = 1; i + 1 < count; i += 2) {
    sla::HttpProbeOptions const probe{.url = words[i + 1], .timeout = std::chrono::seconds{10}};
    fleet.add({.service = words[i]}, sla::FixedRate{period}, sla::HttpProbe<>{probe}, {});
  }
  fleet.run(*stop);
}
