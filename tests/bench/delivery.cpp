// SPDX-License-Identifier: MIT
// How many results one process delivers to a server:
//   delivery SERVICES RATE SECONDS BACKLOG LOG LINGER URL [SPOOL]
// First a BACKLOG waits, then RATE results a second are added for so long, of as many services in
// turn, each with a log of LOG bytes unless that is 0; events wait LINGER milliseconds at most for
// more to go with them; the spool is in memory unless there is a folder for it. Says as JSON how
// long the backlog took, how old new results were when they were delivered, what a result cost and
// how large the process became.
#include "sla/publisher/delivery.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sla/core/file_apart.hpp"
#include "sla/publisher/spooled.hpp"
#include "sla/spool/disk.hpp"
#include "sla/spool/either.hpp"
#include "sla/spool/memory.hpp"
#include "tests/support/aws_sinks.hpp"
#include "tests/support/meter.hpp"

namespace {

using Spool = sla::EitherSpool<sla::MemorySpool, sla::DiskSpool>;

/// What arrived; for the thread that delivers and the one that waits.
struct Arrivals {
  std::atomic<unsigned long> backlog{0};
  std::atomic<unsigned long> fresh{0};
  std::mutex mutex{};
  std::vector<double> ages{};  ///< of new results, in milliseconds
};

/// Publishes to an Sns, and notes what it took.
class Noted {
 public:
  Noted(sla::Sns<AwsSinks::Client> sns, Arrivals& arrivals)
      : sns_(std::move(sns)), arrivals_(&arrivals) {}

  sla::Result<void> publish(sla::Report const& report) {
    auto done = sns_.publish(report);
    if (done) note(report);
    return done;
  }
  std::vector<sla::Result<void>> publish_all(std::vector<sla::Report> const& reports) {
    auto results = sns_.publish_all(reports);
    for (std::size_t i = 0; i < reports.size(); ++i) {
      if (results[i]) note(reports[i]);
    }
    return results;
  }

 private:
  void note(sla::Report const& report) {
    if (report.job.run_id.starts_with("old")) {
      ++arrivals_->backlog;
      return;
    }
    std::lock_guard const lock(arrivals_->mutex);
    ++arrivals_->fresh;
    arrivals_->ages.push_back(std::chrono::duration<double, std::milli>(
                                  std::chrono::system_clock::now() - report.ended_at)
                                  .count());
  }

  sla::Sns<AwsSinks::Client> sns_;
  Arrivals* arrivals_;
};

/// The backlog of a disk is there at once: it is written without syncs.
bool syncs = true;

sla::Report result_of(unsigned long service, std::string run, std::size_t log) {
  sla::Report report;
  report.job.service = "check-" + std::to_string(service);
  report.job.run_id = std::move(run);
  report.ended_at = report.started_at =
      std::chrono::time_point_cast<sla::WallTime::duration>(std::chrono::system_clock::now());
  report.outcome.verdict = sla::Verdict::pass;
  report.outcome.output = sla::Output(std::string(log, 'x'));
  return report;
}

long peak() {
  auto const status = sla::internal::read_file("/proc/self/status", 65536);
  std::size_t const found = status ? status->find("VmHWM:") : std::string::npos;
  return found == std::string::npos ? -1 : std::strtol(status->c_str() + found + 6, nullptr, 10);
}
double at(std::vector<double> const& sorted, double part) {
  if (sorted.empty()) return 0;
  return sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
}
template <class Done>
double seconds_until(Done done, std::chrono::seconds limit) {
  auto const begin = std::chrono::steady_clock::now();
  while (!done() && std::chrono::steady_clock::now() - begin < limit) {
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

/// In the place of the C library's.
extern "C" int fdatasync(int file) {
  return syncs ? static_cast<int>(::syscall(SYS_fdatasync, file)) : 0;
}

int main(int count, char** words) {
  if (count != 8 && count != 9) return 64;
  auto const number = [&](int at) { return std::strtoul(words[at], nullptr, 10); };
  unsigned long const services = number(1), rate = number(2), time = number(3), backlog = number(4);
  std::size_t const log = number(5);
  std::chrono::milliseconds const linger{number(6)};
  sla::Logger const silent{{.format = sla::LogFormat::none}};
  std::uint64_t const room = std::uint64_t{4} << 30U;
  Spool spool = count == 8
                    ? Spool(sla::MemorySpool({.limit = room}, silent))
                    : Spool(*sla::DiskSpool::open({.folder = words[8], .limit = room}, silent));
  syncs = false;
  for (unsigned long i = 0; i < backlog; ++i) {
    sla::Report report = result_of(i % services, "old-" + std::to_string(i), log);
    report.ended_at -=
        std::chrono::seconds{(backlog - i) / services};  // each service once a second
    spool.add(report);
  }
  syncs = true;
  sla::DeliveryStops const stops;
  AwsSinks const sinks{words[7]};
  Arrivals arrivals;
  Meter meter;
  meter.start();
  sla::Spooled spooled{
      sinks.logs(),
      Noted{sinks.events(), arrivals},
      std::move(spool),
      stops,
      {.delivery = {.upload = log == 0 ? sla::UploadLogs::never : sla::UploadLogs::always,
                    .linger = linger}},
      sla::SteadyClock{},
      silent};
  std::thread producer([&] {
    auto const begin = std::chrono::steady_clock::now();
    for (unsigned long i = 0; i < rate * time; ++i) {
      std::this_thread::sleep_until(
          begin + std::chrono::duration_cast<sla::Duration>(std::chrono::duration<double>(
                      static_cast<double>(i) / static_cast<double>(rate))));
      // New ones are of services of their own, where there is a backlog.
      (void)spooled.publish(result_of(backlog == 0 ? i % services : services + i % services,
                                      "new-" + std::to_string(i), log));
    }
  });
  std::chrono::seconds const limit{240};
  double const drained = seconds_until([&] { return arrivals.backlog == backlog; }, limit);
  producer.join();
  double const rest = seconds_until([&] { return arrivals.fresh == rate * time; }, limit);
  double const cpu = meter.cpu(), wall = meter.wall() / 1e6;
  bool const all = arrivals.backlog == backlog && arrivals.fresh == rate * time;
  std::sort(arrivals.ages.begin(), arrivals.ages.end());
  auto const results = static_cast<double>(backlog + rate * time);
  std::printf(
      "{\"all\": %s, \"results\": %.0f, \"a_second\": %.0f, \"backlog_s\": %.2f, \"rest_s\": %.2f, "
      "\"age_median_ms\": %.1f, \"age_p99_ms\": %.1f, \"cpu_us\": %.1f, \"peak_kib\": %ld}\n",
      all ? "true" : "false", results, results / wall, drained, rest, at(arrivals.ages, 0.5),
      at(arrivals.ages, 0.99), cpu / results, peak());
  return all ? 0 : 1;
}
