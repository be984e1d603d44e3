// SPDX-License-Identifier: MIT
// The time of one run of /bin/true through an executor, beside a bare posix_spawn and waitpid in
// the same process. The two take turns, so that a busy machine troubles both alike.
#include <benchmark/benchmark.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "sla/executor/direct.hpp"

namespace {

using Seconds = std::chrono::duration<double>;

template <class Run>
double seconds(Run run) {
  auto const begin = std::chrono::steady_clock::now();
  run();
  return Seconds(std::chrono::steady_clock::now() - begin).count();
}

double median(std::vector<double>& all) {
  auto const middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::nth_element(all.begin(), middle, all.end());
  return *middle;
}

void bare() {
  char name[] = "/bin/true";
  char* words[] = {name, nullptr};
  pid_t pid = -1;
  int status = 0;
  if (::posix_spawn(&pid, name, nullptr, nullptr, words, ::environ) == 0) {
    ::waitpid(pid, &status, 0);
  }
}

/// `bare_us` and `run_us` are medians; `ratio` is that of the two, to stay at or below 1.15.
void run_of_true(benchmark::State& state) {
  auto const stop = sla::Stop::on_signals();
  if (!stop) return state.SkipWithError(stop.error().message.c_str());
  sla::Direct<> executor(sla::ProcessOptions{.pass_through = -1});
  sla::Job const job{.command = {"/bin/true"}};
  std::vector<double> bare_times;
  std::vector<double> run_times;
  for (auto _ : state) {
    bare_times.push_back(seconds(bare));
    run_times.push_back(seconds([&] {
      auto const outcome = executor.execute(job, *stop);
      if (!outcome || outcome->verdict != sla::Verdict::pass) state.SkipWithError("it failed");
    }));
    state.SetIterationTime(run_times.back());
  }
  state.counters["bare_us"] = median(bare_times) * 1e6;
  state.counters["run_us"] = median(run_times) * 1e6;
  state.counters["ratio"] = median(run_times) / median(bare_times);
}
BENCHMARK(run_of_true)->UseManualTime()->Iterations(3000)->Repetitions(3);

}  // namespace

BENCHMARK_MAIN();
