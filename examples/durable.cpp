// SPDX-License-Identifier: MIT
// A runner that loses nothing: each result is in ./spool before the next run begins, and from there
// goes to ./results in the background. What a kill -9 leaves behind follows at the next start.
#include <chrono>
#include <utility>

#include "sla/executor/announced.hpp"
#include "sla/executor/direct.hpp"
#include "sla/publisher/directory.hpp"
#include "sla/publisher/event_file.hpp"
#include "sla/publisher/spooled.hpp"
#include "sla/runner.hpp"
#include "sla/scheduler/fixed_delay.hpp"
#include "sla/spool/disk.hpp"

int main(int count, char** words) {
  auto const stop = sla::Stop::on_signals();
  auto spool = sla::DiskSpool::open({.folder = "spool"});
  if (!stop || !spool || count < 2) return 64;
  sla::Direct<> const test{{.log_folder = spool->logs()}};
  sla::DeliveryStops const stops;
  sla::Spooled results{sla::Directory{{.path = "results", .sync = true}},
                       sla::EventFile{{.folder = "results", .sync = true}}, *std::move(spool),
                       stops};
  sla::Runner runner{sla::FixedDelay{std::chrono::seconds{30}}, sla::Announced{test, results},
                     results};
  runner.run({.service = "durable", .command = {words + 1, words + count}}, *stop);
  results.finish(*stop->deadline());
}
