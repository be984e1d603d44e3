// SPDX-License-Identifier: MIT
#include "sla/core/thread.hpp"

#include <doctest/doctest.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>

#include "../support/no_threads.hpp"

using namespace sla;

static_assert(std::is_nothrow_move_constructible_v<internal::Thread>);
static_assert(!std::is_copy_constructible_v<internal::Thread>);

TEST_CASE("a thread does its work, and join() waits for it") {
  int done = 0;
  std::thread::id where;
  auto owned = std::make_unique<int>(7);
  auto thread = internal::Thread::start([&, owned = std::move(owned)] {
    done = *owned;
    where = std::this_thread::get_id();
  });
  REQUIRE(thread);
  thread->join();
  CHECK(done == 7);
  CHECK(where != std::this_thread::get_id());
  thread->join();  // there is nothing more to wait for
}

TEST_CASE("whoever lets a thread go waits for it, and one that was moved from waits for nothing") {
  std::atomic<bool> go{false}, done{false};
  {
    auto first = internal::Thread::start([&] {
      go.wait(false);
      done = true;
    });
    REQUIRE(first);
    internal::Thread const second = *std::move(first);
    go = true;
    go.notify_all();
  }
  CHECK(done);
}

TEST_CASE("a thread hears no signals, and the one that started it hears what it heard before") {
  sigset_t before, inside, after;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
  auto thread = internal::Thread::start([&] { ::pthread_sigmask(SIG_SETMASK, nullptr, &inside); });
  REQUIRE(thread);
  thread->join();
  ::pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (int const signal : {SIGTERM, SIGINT, SIGUSR1, SIGHUP, SIGCHLD, SIGPIPE}) {
    CHECK(::sigismember(&inside, signal) == 1);
    CHECK(::sigismember(&after, signal) == ::sigismember(&before, signal));
  }
}

TEST_CASE("where there can be no thread that is an error, and nothing was called") {
  bool called = false;
  auto const kept = std::make_shared<int>(1);
  {
    NoThreads const none;
    auto const thread = internal::Thread::start([&called, kept] { called = true; });
    REQUIRE_FALSE(thread);
    CHECK(thread.error().code == Errc::system);
    CHECK(thread.error().message == "thread: Resource temporarily unavailable");
    CHECK(thread.error().system_number() == EAGAIN);
  }
  CHECK_FALSE(called);
  CHECK(kept.use_count() == 1);
  CHECK(internal::Thread::start([] {}));
}
