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
#include <thread>
#include <vector>

#include "../support/child_process.hpp"
#include "../support/no_threads.hpp"
#include "../support/pipe.hpp"

using namespace sla;
using std::chrono::seconds;

namespace {

Instant in(Duration wait) { return std::chrono::steady_clock::now() + wait; }

}  // namespace

TEST_CASE("a call apart shares memory and descriptors, and is nobody's child to end") {
  std::vector<std::string> texts;
  Pipe pipe;
  std::atomic<pid_t> pid{0}, program{0};
  std::atomic<bool> go{false};
  std::thread caller([&] {
    auto body = [&] {
      for (int i = 0; i < 1000; ++i) texts.push_back(std::string(100, 'x'));
      program = CallsApart::program();
      pid = ::getpid();
      while (!go) (void)::usleep(1000);
      (void)::write(pipe.writer.get(), "done", 4);
    };
    CallsApart::make(body);
  });
  while (pid == 0) (void)::usleep(1000);
  CHECK(pid != ::getpid());
  CHECK(program == ::getpid());
  CHECK(CallsApart::program() == ::getpid());
  CHECK(CallsApart::any());
  CHECK(CallsApart::has(pid));
  CHECK_FALSE(CallsApart::has(::getpid()));
  CHECK_FALSE(CallsApart::has(0));
  go = true;
  caller.join();
  CHECK(texts.size() == 1000);
  char buffer[8];
  CHECK(::read(pipe.reader.get(), buffer, sizeof buffer) == 4);
  CHECK_FALSE(CallsApart::has(pid));
  CHECK_FALSE(CallsApart::any());
}

TEST_CASE("many calls at once each give their answer") {
  std::vector<std::thread> callers;
  std::atomic<int> sum{0};
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] {
      for (int k = 0; k < 100; ++k) {
        std::string text;
        auto body = [&] { text = std::string(300, 'y'); };
        CallsApart::make(body);
        sum += static_cast<int>(text.size());
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(sum == 8 * 100 * 300);
}

TEST_CASE("the end of the program neither waits for a call apart nor leaves it behind") {
  for (bool const killed : {false, true}) {
    Pipe pipe;
    auto const end = in_child([&] {
      auto const thread = Apart::start([] {
        auto body = [] {
          for (;;) ::pause();
        };
        CallsApart::make(body);
      });
      while (!CallsApart::any()) (void)::usleep(1000);
      if (killed) (void)::kill(::getpid(), SIGKILL);
      return thread ? 7 : 1;
    });
    CHECK(end.exit_code == (killed ? -1 : 7));
    pipe.writer.reset();
    char byte;
    CHECK(::read(pipe.reader.get(), &byte, 1) == 0);  // it holds its end open no more
  }
}

TEST_CASE("a thread that may be abandoned is waited for as long as its starter likes") {
  auto const go = std::make_shared<std::atomic<bool>>(false);
  auto thread = Apart::start([go] {
    while (!*go) (void)::usleep(1000);
  });
  REQUIRE(thread);
  CHECK_FALSE(thread->join_until(in(std::chrono::milliseconds{1})));
  *go = true;
  thread->join();
  CHECK(thread->join_until(in(seconds{0})));
  NoThreads const no_threads;
  CHECK(Apart::start([] {}).error().code == Errc::system);
}

TEST_CASE("what a thread ends with is over once it was waited for") {
  static std::atomic<int> ends = 0;
  struct Last {
    ~Last() { ++ends; }
  };
  for (int count = 1; count <= 200; ++count) {
    auto thread = Apart::start([] { thread_local Last const last; });
    REQUIRE(thread);
    REQUIRE(thread->join_until(in(std::chrono::hours{1})));
    REQUIRE(ends == count);
  }
}
