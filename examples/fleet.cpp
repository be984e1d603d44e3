// SPDX-License-Identifier: MIT
// Many checks in one process: fleet CHECKS.json FOLDER. The file holds
//   {"checks": [{"service": "shop", "command": "curl -fsS https://shop.example.com", "every": 30,
//                "timeout": 10, "groups": ["web"]}, ...]}
// and the folder gets events.ndjson and the logs. In code it is the same: add() for each check.
#include "sla/fleet.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "sla/aws/reply.hpp"
#include "sla/executor/shell.hpp"
#include "sla/publisher/directory.hpp"
#include "sla/publisher/event_file.hpp"
#include "sla/publisher/spool/memory.hpp"
#include "sla/publisher/spooled.hpp"
#include "sla/scheduler/fixed_rate.hpp"

using Delivery = sla::Spooled<sla::Directory, sla::EventFile, sla::MemorySpool>;
using Checks = sla::Fleet<sla::FixedRate, sla::Shell<>, Delivery>;

sla::Duration seconds(double count) {
  return std::chrono::duration_cast<sla::Duration>(std::chrono::duration<double>(count));
}

/// Adds one check; what is wrong with it otherwise.
sla::Result<void> add(Checks& checks, sla::JsonReply const& check, Delivery const& delivery) {
  auto const service = check.required_text("service"), command = check.required_text("command");
  double const every = check.number("every").value_or(0),
               timeout = check.number("timeout").value_or(60);
  if (!service || !command || every <= 0 || every > 1e9 || timeout <= 0 || timeout > 1e9) {
    return sla::Error{sla::Errc::invalid,
                      "each check needs a service, a command and every, a number of seconds"};
  }
  sla::Job job{.service = std::string(*service), .command = {std::string(*command)}};
  for (auto const& group : check.items("groups"))
    job.groups.emplace_back(group.text().value_or(""));
  sla::ProcessOptions const options{.timeout = seconds(timeout),
                                    .pass_through = -1,  // many commands at once: logs only
                                    .leftovers = sla::Leftovers::leave};
  checks.add(std::move(job), sla::FixedRate{seconds(every)}, sla::Shell<>{options}, delivery);
  return {};
}

int main(int count, char** words) {
  if (count != 3) {
    std::fprintf(stderr, "usage: fleet CHECKS.json FOLDER\n");
    return 64;
  }
  auto const text = sla::read_file(words[1], sla::JsonReply::size_limit);
  auto const file = text ? sla::JsonReply::parse(*text) : text.error();
  auto const list = file ? file->items("checks") : std::vector<sla::JsonReply>{};
  auto const stop = sla::Stop::on_signals();
  if (list.empty() || !stop) {
    std::fprintf(stderr, "%s: must be a JSON object with a list of \"checks\"%s%s\n", words[1],
                 text ? "" : ": ", text ? "" : text.error().message.c_str());
    return 78;
  }
  sla::DeliveryStops const stops;
  Delivery delivery{sla::Directory{{.path = words[2]}}, sla::EventFile{{.folder = words[2]}},
                    sla::MemorySpool{}, stops};
  double shortest = 1e9;
  for (auto const& check : list) shortest = std::min(shortest, check.number("every").value_or(0));
  Checks checks({.workers = 16, .spread = seconds(shortest)});
  for (auto const& check : list) {
    if (auto added = add(checks, check, delivery); !added) {
      std::fprintf(stderr, "%s: %s\n", words[1], added.error().message.c_str());
      return 78;
    }
  }
  checks.run(*stop);
  delivery.finish(std::chrono::steady_clock::now() + std::chrono::seconds{5});
}
