// SPDX-License-Identifier: MIT
// How long the shipped program ($SLA_RUNNER) takes from its start to that of its first command,
// beside the same command started directly. The two take turns, so that a busy machine troubles
// both alike. The command ($SLA_TEST_CHILD) says when it began.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace {

long long now() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Starts the program and gives the microseconds until its command began; below 0 where it did not.
double microseconds_to_command(std::vector<std::string> words) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return -1;
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t pid = -1;
  long long const begin = now();
  int const failed =
      ::posix_spawn(&pid, arguments[0], &files, nullptr, arguments.data(), ::environ);
  ::posix_spawn_file_actions_destroy(&files);
  ::close(ends[1]);
  std::array<char, 64> line{};
  ssize_t const size = failed == 0 ? ::read(ends[0], line.data(), line.size() - 1) : 0;
  ::close(ends[0]);
  if (failed == 0) ::waitpid(pid, nullptr, 0);
  if (size <= 0) return -1;
  return static_cast<double>(std::strtoll(line.data(), nullptr, 10) - begin) / 1e3;
}

double median(std::vector<double>& all) {
  auto const middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::nth_element(all.begin(), middle, all.end());
  return *middle;
}

/// `runner_us` is the median of what the runner adds; it is to stay at or below 1000. The sinks are
/// those of a real set-up, at an address where nobody listens.
void start_of_first_command(benchmark::State& state) {
  char const* const runner = std::getenv("SLA_RUNNER");
  char const* const child = std::getenv("SLA_TEST_CHILD");
  if (runner == nullptr || *runner == '\0' || child == nullptr) {
    return state.SkipWithError("SLA_RUNNER does not name the static program");
  }
  for (auto const& [name, value] : {std::pair{"AWS_ENDPOINT_URL", "https://127.0.0.1:9"},
                                    {"AWS_MAX_ATTEMPTS", "1"},
                                    {"AWS_ACCESS_KEY_ID", "bench"},
                                    {"AWS_SECRET_ACCESS_KEY", "bench"}}) {
    ::setenv(name, value, 1);
  }
  std::vector<double> bare_times;
  std::vector<double> added_times;
  for (auto _ : state) {
    double const bare = microseconds_to_command({child, "now"});
    double const all = microseconds_to_command(
        {runner, "--service", "bench", "--sns-topic-arn", "arn:aws:sns:eu-west-1:123456789012:t",
         "--s3-bucket-name", "bench", "--once", "--", child, "now"});
    if (bare < 0 || all < 0) return state.SkipWithError("the command did not begin");
    bare_times.push_back(bare);
    added_times.push_back(all - bare);
    state.SetIterationTime(all / 1e6);
  }
  state.counters["bare_us"] = median(bare_times);
  state.counters["runner_us"] = median(added_times);
}
BENCHMARK(start_of_first_command)->UseManualTime()->Iterations(200)->Repetitions(3);

}  // namespace

BENCHMARK_MAIN();
