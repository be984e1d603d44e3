// SPDX-License-Identifier: MIT
#include "sla/core/apart.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "../support/child_process.hpp"
#include "../support/no_threads.hpp"
#include "../support/pipe.hpp"

using namespace sla;
using std::chrono::seconds;

namespace {

Instant in(Duration wait) { return std::chrono::steady_clock::now() + wait; }

}  // namespace

TEST_CASE("work apart shares memory and descriptors, and is nobody's child to end") {
  struct Shared {
    std::vector<std::string> texts{};
    Pipe pipe{};
    std::atomic<pid_t> pid{0};
    std::atomic<bool> go{false};
  };
  auto const shared = std::make_shared<Shared>();
  auto const work = Apart::start([shared] {
    shared->pid = ::getpid();
    for (int i = 0; i < 1000; ++i) shared->texts.push_back(std::string(100, 'x'));
    while (!shared->go) (void)::usleep(1000);
    (void)::write(shared->pipe.writer.get(), "done", 4);
  });
  REQUIRE(work);
  while (shared->pid == 0) (void)::usleep(1000);
  CHECK(shared->pid != ::getpid());
  CHECK(Apart::any());
  CHECK(Apart::has(shared->pid));
  CHECK_FALSE(Apart::has(::getpid()));
  CHECK_FALSE(work->join_until(in(std::chrono::milliseconds{1})));
  shared->go = true;
  CHECK(work->join_until(in(seconds{30})));
  CHECK(shared->texts.size() == 1000);
  char buffer[8];
  CHECK(::read(shared->pipe.reader.get(), buffer, sizeof buffer) == 4);
  CHECK_FALSE(Apart::has(shared->pid));
  CHECK_FALSE(Apart::any());
}

TEST_CASE("the end of the program neither waits for work apart nor leaves it behind") {
  Pipe const pipe;
  auto const end = in_child([&] {
    auto const work = Apart::start([&] {
      for (;;) ::pause();
    });
    return work ? 7 : 1;
  });
  CHECK(end.exit_code == 7);
}

TEST_CASE("the death of the program ends work apart too") {
  Pipe pipe;
  auto const end = in_child([&] {
    auto const work = Apart::start([&] {
      for (;;) ::pause();
    });
    (void)::kill(::getpid(), SIGKILL);
    return work ? 7 : 1;
  });
  CHECK(end.signal == SIGKILL);
  pipe.writer.reset();
  char byte;
  CHECK(::read(pipe.reader.get(), &byte, 1) == 0);  // it holds its end open no more
}

TEST_CASE("where there can be no thread there is no work") {
  NoThreads const no_threads;
  CHECK(Apart::start([] {}).error().code == Errc::system);
}
