// SPDX-License-Identifier: MIT
// How fast a command's output is captured, beside a bare loop from a pipe to a memfd in the same
// process. The arguments: bytes a piece that the command writes at a time, whether the output is
// passed through to a file, whether a digest is taken, whether all is kept instead of the first
// and last 8 MiB. 1 GiB each, 4 MiB of single bytes; $SLA_TEST_CHILD names the program of
// support/test_child.cpp.
#include "sla/executor/capture.hpp"

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "sla/aws/sign/digest.hpp"
#include "sla/executor/direct.hpp"

namespace {

using Seconds = std::chrono::duration<double>;

/// One byte at a time is a system call for each of them.
constexpr std::uint64_t total(std::int64_t piece) { return piece == 1 ? 4U << 20U : 1ULL << 30U; }

std::vector<std::string> command(std::int64_t piece) {
  char const* const child = std::getenv("SLA_TEST_CHILD");
  return {child != nullptr ? child : "SLA_TEST_CHILD is not set", "write",
          std::to_string(total(piece)), std::to_string(piece)};
}

template <class Run>
double seconds(Run run) {
  auto const begin = std::chrono::steady_clock::now();
  run();
  return Seconds(std::chrono::steady_clock::now() - begin).count();
}

/// The same command and as large a pipe; read and write, and nothing else. It keeps all, or as
/// much of it as the executor, or writes it to the file too.
std::uint64_t bare(std::int64_t piece, std::uint64_t limit, int file) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return 0;
  sla::Descriptor const reader{ends[0]};
  sla::Descriptor writer{ends[1]};
  ::fcntl(reader.get(), F_SETPIPE_SZ, 1 << 20);
  std::vector<std::string> words = command(piece);
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, writer.get(), STDOUT_FILENO);
  pid_t pid = 0;
  int const failed = ::posix_spawn(&pid, pointers[0], &actions, nullptr, pointers.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  writer.reset();
  if (failed != 0) return 0;
  sla::Descriptor const memory{::memfd_create("bare", MFD_CLOEXEC)};
  std::vector<char> buffer(64 * 1024);
  std::uint64_t done = 0;
  for (;;) {
    ssize_t const n = ::read(reader.get(), buffer.data(), buffer.size());
    if (n <= 0) break;
    auto const size = static_cast<std::size_t>(n);
    if (::pwrite(memory.get(), buffer.data(), size, static_cast<off_t>(done % limit)) != n) break;
    if (file >= 0 && ::write(file, buffer.data(), size) != n) break;
    done += size;
  }
  ::waitpid(pid, nullptr, 0);
  return done;
}

/// Average speeds. `ratio` is beside a bare loop that keeps everything; `ratio_same` is beside one
/// that does the same work: keeps no more, and writes to the file too.
template <class D>
void measure(benchmark::State& state, int file) {
  sla::Stop const stop;
  std::uint64_t const all = total(state.range(0));
  std::uint64_t const limit = state.range(3) != 0 ? 0 : 16U << 20U;
  sla::Direct<D> executor(sla::ProcessOptions{.log_limit = limit, .pass_through = file});
  sla::Job const job{.command = command(state.range(0))};
  double bare_time = 0;
  double same_time = 0;
  double run_time = 0;
  auto const empty_file = [&] {
    if (file >= 0 && (::ftruncate(file, 0) != 0 || ::lseek(file, 0, SEEK_SET) != 0)) {
      state.SkipWithError("the file cannot be emptied");
    }
  };
  auto const run_bare = [&](std::uint64_t most, int to) {
    if (bare(state.range(0), most, to) != all) state.SkipWithError("the bare loop failed");
  };
  for (auto _ : state) {
    bare_time += seconds([&] { run_bare(all, -1); });
    same_time += seconds([&] { run_bare(limit == 0 ? all : limit, file); });
    empty_file();
    double const time = seconds([&] {
      auto const outcome = executor.execute(job, stop);
      if (!outcome || outcome->exit_code != 0) state.SkipWithError("the run failed");
    });
    empty_file();
    run_time += time;
    state.SetIterationTime(time);
  }
  auto const bytes = static_cast<double>(all) * static_cast<double>(state.iterations());
  state.counters["bare_GBs"] = bytes / bare_time / 1e9;
  state.counters["same_GBs"] = bytes / same_time / 1e9;
  state.counters["run_GBs"] = bytes / run_time / 1e9;
  state.counters["ratio"] = bare_time / run_time;
  state.counters["ratio_same"] = same_time / run_time;
}

void capture(benchmark::State& state) {
  auto const file = sla::internal::open_unnamed_file();
  if (!file) return state.SkipWithError(file.error().message.c_str());
  int const pass_through = state.range(1) != 0 ? file->get() : -1;
  if (state.range(2) != 0) {
    measure<sla::aws::Sha256>(state, pass_through);
  } else {
    measure<sla::NoDigest>(state, pass_through);
  }
}
BENCHMARK(capture)
    ->ArgNames({"piece", "to_file", "digest", "all"})
    ->ArgsProduct({{64 * 1024, 4 * 1024}, {0, 1}, {0, 1}, {0}})
    ->Args({1, 0, 1, 0})
    ->Args({64 * 1024, 0, 0, 1})
    ->Args({64 * 1024, 0, 1, 1})
    ->UseManualTime()
    ->Iterations(3)
    ->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
