// SPDX-License-Identifier: MIT
#include "sla/process/launch.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../support/child_process.hpp"
#include "../support/hanging_program.hpp"
#include "../support/no_threads.hpp"
#include "../support/started_program.hpp"

using namespace sla;
using namespace sla::internal;
using std::chrono::seconds;

namespace {

Instant in(Duration duration) { return std::chrono::steady_clock::now() + duration; }

Launch launch(std::vector<std::string> words) { return Launch(support::plan_of(std::move(words))); }

}  // namespace

TEST_CASE("a start is known once the program is executed, and the child is the caller's") {
  auto one = launch({"/bin/sh", "-c", "exit 3"});
  REQUIRE(one.wait_until(in(seconds{60})));
  CHECK(one.started().failed == 0);
  CHECK(one.started().pid == one.pid());
  CHECK(OwnedChildren::of_this_process().has(one.pid()));
  CHECK_FALSE(one.give_up());
  CHECK(support::exit_code(one.pid()) == 3);
  one.release();
  CHECK_FALSE(OwnedChildren::of_this_process().has(one.started().pid));
}

TEST_CASE("a start that fails leaves nothing") {
  auto one = launch({"/there/is/none"});
  REQUIRE(one.wait_until(in(seconds{60})));
  CHECK(one.started().failed == ENOENT);
  CHECK(one.started().pid == -1);
  one.release();
  CHECK(support::no_child_is_left());
}

TEST_CASE("starts of many threads all succeed") {
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int run = 0; run < 25; ++run) {
        Launch one = launch({"/bin/true"});
        if (!one.wait_until(in(seconds{60})) || one.started().failed != 0) continue;
        if (support::exit_code(one.started().pid) == 0) ++good;
        one.release();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 100);
  CHECK(support::no_child_is_left());
}

TEST_CASE("a start that hangs is waited for only as long as the caller likes, and can be ended") {
  support::HangingProgram program;
  if (!program.hangs()) {
    MESSAGE("skipped: this kernel or user has no fanotify");
    return;
  }
  auto hanging = launch({program.path()});
  CHECK_FALSE(hanging.wait_until(in(std::chrono::milliseconds{50})));
  while (hanging.pid() == 0) std::this_thread::yield();

  auto other = launch({"/bin/true"});  // is not held up
  REQUIRE(other.wait_until(in(seconds{60})));
  CHECK(support::exit_code(other.pid()) == 0);
  other.release();

  // What hangs can be killed, and is then a child as any other.
  ::kill(hanging.pid(), SIGKILL);
  REQUIRE(hanging.wait_until(in(seconds{60})));
  int status = 0;
  CHECK(::waitpid(hanging.pid(), &status, 0) == hanging.pid());
  CHECK(WTERMSIG(status) == SIGKILL);
  hanging.release();
}

TEST_CASE("a start that was given up is ended and reaped as soon as it goes on") {
  support::HangingProgram program;
  if (!program.hangs()) {
    MESSAGE("skipped: this kernel or user has no fanotify");
    return;
  }
  auto hanging = launch({program.path()});
  while (hanging.pid() == 0) std::this_thread::yield();
  pid_t const pid = hanging.pid();
  CHECK(hanging.give_up());
  program.let_go();
  while (OwnedChildren::of_this_process().has(pid)) {
    std::this_thread::yield();
    (void)GivenUpStarts::of_this_process().sweep();
  }
  CHECK(support::no_child_is_left());
}

TEST_CASE("a child that fork made starts programs too, with a thread or without") {
  auto const start = [] {
    auto one = launch({"/bin/sh", "-c", "exit 7"});
    if (!one.wait_until(in(seconds{60})) || one.started().failed != 0) return 1;
    int status = 0;
    bool const reaped = ::waitpid(one.pid(), &status, 0) == one.pid();
    one.release();
    return reaped ? WEXITSTATUS(status) : 2;
  };
  CHECK(start() == 7);
  CHECK(in_child(start).exit_code == 7);
  auto const alone = [&] {
    NoThreads const none;
    return start();
  };
  CHECK(in_child(alone).exit_code == 7);
}
