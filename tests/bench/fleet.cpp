// SPDX-License-Identifier: MIT
// Many checks in one process, each of them /bin/true, its event and its log sent to a server:
//   fleet CHECKS PERIOD_SECONDS TIME_SECONDS URL
// Says as JSON how late runs began, what a run cost and how large the process became; beside it how
// late a bare process woke that slept to every hundredth of a second meanwhile. The first period is
// not counted.
#include "sla/fleet.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sla/aws/sign/digest.hpp"
#include "sla/executor/direct.hpp"
#include "sla/publisher/spooled.hpp"
#include "sla/scheduler/fixed_rate.hpp"
#include "sla/spool/memory.hpp"
#include "tests/support/aws_sinks.hpp"
#include "tests/support/meter.hpp"

namespace {

struct Starts {
  std::mutex mutex{};
  sla::Instant count_from{};
  std::optional<Meter> meter{};
  std::vector<double> late{};  ///< in milliseconds
};

/// A FixedRate that remembers what it said.
class Noted {
 public:
  Noted(sla::Duration period, sla::Instant* due) : rate_(period), due_(due) {}
  std::optional<sla::Instant> next(sla::Instant now) {
    auto const next = rate_.next(now);
    if (next) *due_ = *next;
    return next;
  }

 private:
  sla::FixedRate rate_;
  sla::Instant* due_;
};

/// Notes how late a run begins, then runs it.
class Timed {
 public:
  Timed(Starts* starts, sla::Instant const* due) : starts_(starts), due_(due) {}
  sla::Result<sla::Outcome> execute(sla::Job const& job, sla::Stop const& stop) {
    sla::Instant const now = std::chrono::steady_clock::now();
    if (now >= starts_->count_from) {
      std::lock_guard const lock(starts_->mutex);
      if (!starts_->meter) starts_->meter.emplace().start();
      starts_->late.push_back(std::chrono::duration<double, std::milli>(now - *due_).count());
    }
    return executor_.execute(job, stop);
  }
  void run_beside_others() noexcept { executor_.run_beside_others(); }

 private:
  sla::Direct<sla::aws::Sha256> executor_{sla::ProcessOptions{.pass_through = -1}};
  Starts* starts_;
  sla::Instant const* due_;
};

double at(std::vector<double> const& sorted, double part) {
  if (sorted.empty()) return 0;
  return sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
}

/// A process that does nothing but sleep to each instant of a grid.
class Sleeper {
 public:
  Sleeper(sla::Instant from, sla::Instant until) {
    if (::pipe2(ends_, O_CLOEXEC) != 0 || (pid_ = ::fork()) != 0) return;
    std::vector<double> late;
    for (sla::Instant next = from; next < until; next += std::chrono::milliseconds{10}) {
      sla::SteadyClock{}.sleep_until(next);
      std::chrono::duration<double, std::milli> const over = sla::SteadyClock{}.now() - next;
      late.push_back(over.count());
    }
    std::sort(late.begin(), late.end());
    double const found[] = {at(late, 0.5), at(late, 0.99)};
    ::_exit(::write(ends_[1], found, sizeof found) == sizeof found ? 0 : 1);
  }
  /// Median and 99 of 100, in milliseconds.
  std::array<double, 2> late() {
    std::array<double, 2> found{-1, -1};
    if (::read(ends_[0], found.data(), sizeof found) != sizeof found) found = {-1, -1};
    ::waitpid(pid_, nullptr, 0);
    return found;
  }

 private:
  int ends_[2] = {-1, -1};
  pid_t pid_ = -1;
};

long peak() {
  auto const status = sla::internal::read_file("/proc/self/status", 65536);
  std::size_t const found = status ? status->find("VmHWM:") : std::string::npos;
  return found == std::string::npos ? -1 : std::strtol(status->c_str() + found + 6, nullptr, 10);
}

}  // namespace

int main(int count, char** words) {
  if (count != 5) return 64;
  auto const checks = std::strtoul(words[1], nullptr, 10);
  std::chrono::seconds const period{std::atoi(words[2])}, time{std::atoi(words[3])};
  sla::Instant const begin = std::chrono::steady_clock::now();
  Sleeper sleeper(begin + period, begin + time);
  auto const stop = sla::Stop::on_signals();
  if (!stop) return 71;
  sla::DeliveryStops const stops;
  AwsSinks const sinks{words[4]};
  sla::Spooled spooled{sinks.logs(), sinks.events(), sla::MemorySpool{}, stops};
  Starts starts;
  std::vector<sla::Instant> due(checks);
  sla::Fleet<Noted, Timed, decltype(spooled)> fleet({.spread = period});
  for (std::size_t i = 0; i < checks; ++i) {
    fleet.add({.service = "check-" + std::to_string(i), .command = {"/bin/true"}},
              Noted{period, &due[i]}, Timed{&starts, &due[i]}, spooled);
  }
  starts.count_from = begin + period;
  std::thread timer([&] {
    std::this_thread::sleep_until(begin + time);
    stop->request();
  });
  sla::Tally const tally = fleet.run(*stop);
  timer.join();
  sla::SpoolCount const left =
      spooled.finish(std::chrono::steady_clock::now() + std::chrono::seconds{30});
  if (!starts.meter || tally.failed != 0 || left.events != 0) return 1;
  double const cpu = starts.meter->cpu();
  std::sort(starts.late.begin(), starts.late.end());
  auto const runs = static_cast<double>(starts.late.size());
  auto const [median, most] = sleeper.late();
  std::printf(
      "{\"runs\": %.0f, \"late_median_ms\": %.3f, \"late_p99_ms\": %.3f, \"cpu_us\": %.1f, "
      "\"peak_kib\": %ld, \"bare_median_ms\": %.3f, \"bare_p99_ms\": %.3f}\n",
      runs, at(starts.late, 0.5), at(starts.late, 0.99), cpu / runs, peak(), median, most);
  return 0;
}
