// SPDX-License-Identifier: MIT
// Many checks in one process: fleet CHECKS.json FOLDER. The file holds
//   {"checks": [{"service": "shop", "command": "curl -fsS https://shop.example.com", "every": 30,
//                "timeout": 10, "groups": ["web"]}, ...]}
// and the folder gets events.ndjson and the logs. In code it is the same: add() for each check.
#include "sla/fleet.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "sla/app/nearest.hpp"
#include "sla/app/quoted.hpp"
#include "sla/aws/wire/reply.hpp"
#include "sla/executor/shell.hpp"
#include "sla/publisher/directory.hpp"
#include "sla/publisher/event_file.hpp"
#include "sla/publisher/spooled.hpp"
#include "sla/scheduler/fixed_rate.hpp"
#include "sla/spool/memory.hpp"

using Delivery = sla::Spooled<sla::Directory, sla::EventFile, sla::MemorySpool>;
using Checks = sla::Fleet<sla::FixedRate, sla::Shell<>, Delivery>;

struct Check {
  sla::Job job;
  sla::Duration every, timeout;
};

/// Reads the fields of an object of the file, and notes what is wrong with each.
struct Fields {
  sla::aws::JsonReply const& object;
  std::string name;  ///< of the object; begins each problem
  std::vector<std::string>& problems;

  void wrong(std::string_view field, std::string const& why) const {
    problems.push_back(name + ": " + sla::app::quoted(field) + ' ' + why);
  }
  void only(std::vector<std::string_view> const& known) const {
    for (std::string_view const field : object.names()) {
      bool const good = std::count(known.begin(), known.end(), field) != 0;
      if (!good) wrong(field, "is unknown" + sla::app::nearest_hint(field, known));
    }
  }
  std::string text(std::string_view field) const {
    auto const text = object.text(field).value_or("");
    if (text.empty()) wrong(field, "must be a text that is not empty");
    return std::string(text);
  }
  std::vector<std::string> texts(std::string_view field) const {
    std::vector<std::string> all;
    for (auto const& item : object.items(field)) all.emplace_back(item.text().value_or(""));
    auto const list = object.find({field});
    bool const good = !list || (list->is_array() && std::count(all.begin(), all.end(), "") == 0);
    if (!good) wrong(field, "must be a list of texts that are not empty");
    return all;
  }
  /// Where the field is missing the fallback; 0 is none.
  sla::Duration seconds(std::string_view field, double fallback = 0) const {
    double const count = object.find({field}) ? object.number(field).value_or(0) : fallback;
    bool const good = count >= 0.001 && count <= 1e9;
    if (!good) wrong(field, "must be a number of seconds from 0.001 to 1e9");
    std::chrono::duration<double> const seconds{good ? count : 1};
    return std::chrono::duration_cast<sla::Duration>(seconds);
  }
};

Check read_check(Fields const& check) {
  check.only({"service", "command", "every", "timeout", "groups"});
  return {{.service = check.text("service"),
           .groups = check.texts("groups"),
           .command = {check.text("command")}},
          check.seconds("every"),
          check.seconds("timeout", 60)};
}

std::vector<Check> read_checks(std::string const& path, std::vector<std::string>& problems) {
  std::vector<Check> checks;
  auto const text = sla::read_file(path, sla::aws::JsonReply::size_limit);
  if (!text) problems.push_back(text.error().message);
  auto const file = sla::aws::JsonReply::parse_file(text.value_or("{}"));
  if (!file) problems.push_back(path + ": " + file.error().message);
  if (!problems.empty()) return checks;
  Fields const whole{*file, path, problems};
  whole.only({"checks"});
  for (auto const& check : file->items("checks")) {
    std::string const service = sla::app::quoted(check.text("service").value_or(""));
    std::string const number = std::to_string(checks.size() + 1);
    checks.push_back(read_check({check, path + ": check " + number + ' ' + service, problems}));
  }
  if (checks.empty()) whole.wrong("checks", "must be a list of at least one check");
  return checks;
}

int main(int count, char** words) {
  if (count != 3) {
    std::fprintf(stderr, "usage: fleet CHECKS.json FOLDER\n");
    return 64;
  }
  std::vector<std::string> problems;
  auto const list = read_checks(words[1], problems);
  auto const stop = sla::Stop::on_signals();
  if (!stop) problems.push_back(stop.error().message);
  for (auto const& problem : problems) std::fprintf(stderr, "%s\n", problem.c_str());
  if (!problems.empty()) return 78;
  sla::DeliveryStops const stops;
  Delivery delivery{sla::Directory{{.path = words[2]}}, sla::EventFile{{.folder = words[2]}},
                    sla::MemorySpool{}, stops};
  sla::Duration shortest = list[0].every;
  for (auto const& check : list) shortest = std::min(shortest, check.every);
  Checks checks({.workers = 16, .spread = shortest});
  for (auto const& check : list) {
    sla::ProcessOptions const options{.timeout = check.timeout,
                                      .pass_through = -1};  // many commands at once: logs only
    checks.add(check.job, sla::FixedRate{check.every}, sla::Shell<>{options}, delivery);
  }
  checks.run(*stop);
  delivery.finish(std::chrono::steady_clock::now() + std::chrono::seconds{5});
}
