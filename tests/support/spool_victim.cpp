// SPDX-License-Identifier: MIT
// A runner without a test, made to be killed at any instant: it reports one run after another,
// delivers them to files, and says in one more file which runs it began and which were recorded.
// tests/support/spool_kills.py kills it, starts it again, and counts.
//
//   spool_victim FOLDER [COUNT]    FOLDER/spool is the spool, FOLDER/events and FOLDER/logs the
//   sinks
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>

#include "sla/core/descriptor.hpp"
#include "sla/core/run_id.hpp"
#include "sla/publisher/spool/disk.hpp"
#include "sla/publisher/spooled.hpp"

using namespace sla;
using namespace std::chrono_literals;

namespace {

/// Adds one line to a file, in one write.
Result<void> add_line(std::string const& path, std::string const& line) {
  auto const file = open_file(path, O_WRONLY | O_CREAT | O_APPEND);
  if (!file) return file.error();
  return write_all(file->get(), line + '\n');
}

/// Fails now and then, as a network does, and takes its time.
bool unlucky(Duration longest) {
  std::this_thread::sleep_for(random_duration(longest));
  return random_duration(99ns) < 10ns;
}

class Sink {
 public:
  explicit Sink(std::string folder) : folder_(std::move(folder)) {}

  Result<void> publish(Report const& report) const {
    if (unlucky(2ms)) return Error{Errc::throttled, "unlucky"};
    auto const added =
        add_line(folder_ + "/events", std::to_string(report.job.groups.size()) + ' ' +
                                          report.job.tag_id + ' ' + report.job.run_id + ' ' +
                                          std::string(to_string(report.outcome.verdict)));
    if (added && unlucky(0ms)) return Error{Errc::timed_out, "the answer got lost"};
    return added;
  }
  Result<std::string> store(Report const& report) const {
    if (unlucky(2ms)) return Error{Errc::unavailable, "unlucky"};
    auto const text = report.outcome.output.text();
    if (!text) return text.error();
    auto const added = add_line(folder_ + "/logs", report.job.run_id + ' ' + *text);
    if (!added) return added.error();
    return "file://" + folder_ + "/logs";
  }

 private:
  std::string folder_;
};

struct Timing {
  Duration longest{};
  void note(Duration taken) { longest = std::max(longest, taken); }
};

}  // namespace

int main(int count, char** words) {
  if (count < 2) return 64;
  std::string const folder = words[1];
  long const runs = count > 2 ? std::atol(words[2]) : 1'000'000'000;
  DeliveryStops const stops;
  Logger const log;
  auto spool = DiskSpool::open({.folder = folder + "/spool"}, log);
  if (!spool) {
    std::fprintf(stderr, "%s\n", spool.error().message.c_str());
    return 75;
  }
  std::string const logs = spool->logs();
  Spooled spooled{Sink{folder},
                  Sink{folder},
                  *std::move(spool),
                  stops,
                  {.delivery = {.backoff = {.first = 1ms, .longest = 20ms}}}};
  Timing timing;
  for (long number = 0; number < runs; ++number) {
    Report report{.started_at = std::chrono::system_clock::now()};
    report.job.service = "victim";
    report.job.tag_id = std::to_string(::getpid()) + '-' + std::to_string(number);
    report.job.run_id = new_run_id(report.started_at);
    std::string const text = "log of " + report.job.run_id;
    if (!add_line(folder + "/begun", report.job.run_id)) return 1;
    spooled.begin(report);
    std::this_thread::sleep_for(random_duration(3ms));
    report.outcome.output = Output(text);
    report.ended_at = std::chrono::system_clock::now();
    auto const start = std::chrono::steady_clock::now();
    (void)spooled.publish(report);
    timing.note(std::chrono::steady_clock::now() - start);
    if (!add_line(folder + "/recorded", report.job.run_id)) return 1;
    if (!add_line(folder + "/longest", std::to_string(timing.longest.count()))) return 1;
  }
  auto const left = spooled.finish(std::chrono::steady_clock::now() + 60s);
  return left.events + left.logs == 0 ? 0 : 1;
}
