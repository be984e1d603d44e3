// SPDX-License-Identifier: MIT
// Covers: core/futex.hpp, core/helper.hpp
#include "sla/core/apart.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "../support/child_process.hpp"
#include "../support/eventually.hpp"
#include "../support/no_threads.hpp"
#include "../support/pipe.hpp"

using namespace sla;
using namespace sla::internal;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using support::eventually;

namespace {

Instant in(Duration wait) { return std::chrono::steady_clock::now() + wait; }

pid_t pid_of_call() {
  pid_t pid = 0;
  auto body = [&] { pid = ::getpid(); };
  CallsApart::make(body);
  return pid;
}

}  // namespace

TEST_CASE("a call apart shares memory and descriptors, and is nobody's child to end") {
  std::vector<std::string> texts;
  Pipe pipe;
  pid_t pid = 0, program = 0;
  bool here = false;
  auto body = [&] {
    for (int i = 0; i < 1000; ++i) texts.push_back(std::string(100, 'x'));
    pid = ::getpid();
    program = CallsApart::program();
    here = CallsApart::here();
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
    (void)::write(pipe.writer.get(), "done", 4);
  };
  CallsApart::make(body);
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
  CHECK(pid != ::getpid());
  CHECK(program == ::getpid());
  CHECK(CallsApart::program() == ::getpid());
  CHECK(here);
  CHECK_FALSE(CallsApart::here());
  CHECK(texts.size() == 1000);
  char buffer[8];
  CHECK(::read(pipe.reader.get(), buffer, sizeof buffer) == 4);
}

TEST_CASE("a helper leaves no child behind its call") {
  for (int i = 0; i < 100; ++i) {
    CHECK(pid_of_call() != ::getpid());
    CHECK(::waitpid(-1, nullptr, WNOHANG | __WALL) == -1);
  }
}

TEST_CASE("where many calls are expected one helper makes call after call, and ends behind them") {
  CallsApart::expect_many(true);
  pid_t const first = pid_of_call();
  CHECK(first != ::getpid());
  CHECK(pid_of_call() == first);
  CHECK(CallsApart::finish(in(minutes{2})));
  CHECK(::kill(first, 0) == -1);
  pid_t const second = pid_of_call();
  CHECK(second != first);
  CHECK(eventually([&] { return ::kill(second, 0) != 0; }));  // by itself
  CHECK(pid_of_call() != second);
  CHECK(CallsApart::finish(in(minutes{2})));
  CallsApart::expect_many(false);
}

TEST_CASE("a helper that somebody kills is replaced") {
  CallsApart::expect_many(true);
  pid_t const first = pid_of_call();
  (void)::kill(first, SIGKILL);
  CHECK(eventually([&] { return ::kill(first, 0) != 0; }));
  for (int i = 0; i < 100; ++i) CHECK(pid_of_call() != ::getpid());
  auto body = [] { (void)::kill(::getpid(), SIGKILL); };
  CallsApart::make(body);
  CHECK(pid_of_call() != ::getpid());
  CallsApart::expect_many(false);
}

TEST_CASE("a call that takes too long goes on without its caller") {
  struct Body {
    std::atomic<bool> go{false};
    std::atomic<bool> done{false};

    void operator()() {
      done = eventually([&] { return go.load(); });
    }
  };
  auto const body = Shared<Body>::make();
  CHECK_FALSE(CallsApart::make_within(body, milliseconds{1}));
  CHECK_FALSE(CallsApart::finish(in(seconds{0})));
  CHECK(pid_of_call() != ::getpid());
  body->go = true;
  CHECK(eventually([&] { return body.is_sole(); }));
  CHECK(body->done);
  CHECK(eventually([] { return CallsApart::finish(in(minutes{2})); }));
}

TEST_CASE("where there can be no helper the caller makes the call, or it is not made") {
  CHECK(eventually([] { return CallsApart::finish(in(minutes{2})); }));
  NoThreads const none;
  CHECK(pid_of_call() == ::getpid());
  auto const body = Shared<std::function<void()>>::make([] { FAIL("called"); });
  CHECK_FALSE(CallsApart::make_within(body, minutes{2}));
  CHECK(body.is_sole());
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
      std::atomic<bool> begun{false};
      auto const thread = Apart::start([&] {
        auto body = [&] {
          begun = true;
          for (;;) ::pause();
        };
        CallsApart::make(body);
      });
      if (!eventually([&] { return begun.load(); })) return 2;
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
  auto thread = Apart::start([go] { (void)eventually([&] { return go->load(); }); });
  REQUIRE(thread);
  CHECK_FALSE(thread->join_until(in(milliseconds{1})));
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
