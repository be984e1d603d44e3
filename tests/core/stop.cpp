// SPDX-License-Identifier: MIT
#include "sla/core/stop.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <concepts>
#include <filesystem>
#include <iterator>
#include <optional>
#include <thread>
#include <utility>

#include "../support/child_process.hpp"

using namespace sla;
using namespace std::chrono_literals;

static_assert(std::move_constructible<Stop>);
static_assert(!std::copy_constructible<Stop>);
static_assert(!std::is_move_assignable_v<Stop>);

namespace {

bool has_news(Stop const& stop) {
  auto watched = stop.watch();
  return ::poll(watched.data(), watched.size(), 0) > 0;
}
bool is_blocked(int signal) {
  sigset_t mask;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  return ::sigismember(&mask, signal) == 1;
}
long open_descriptors() {
  auto const all = std::filesystem::directory_iterator("/proc/self/fd");
  return std::distance(begin(all), end(all));
}
/// Each signal counts, however soon after another.
Stop on_signals() {
  auto stop = Stop::on_signals({.told_twice = Duration::zero()});
  REQUIRE(stop.has_value());
  return *std::move(stop);
}

}  // namespace

TEST_CASE("the first request is to finish, the second for now, and more change nothing") {
  Stop const stop;
  CHECK(stop.level() == StopLevel::none);
  CHECK_FALSE(has_news(stop));
  stop.request();
  CHECK(has_news(stop));
  CHECK(stop.level() == StopLevel::finish);
  CHECK_FALSE(has_news(stop));
  CHECK(stop.level() == StopLevel::finish);
  stop.request();
  CHECK(stop.level() == StopLevel::now);
  stop.request();
  CHECK(stop.level() == StopLevel::now);
}

TEST_CASE("two requests before anybody asks are two requests") {
  Stop const stop;
  stop.request();
  stop.request();
  CHECK(stop.level() == StopLevel::now);
}

TEST_CASE("the deadline is the budget after the first request, and stays there") {
  Stop const stop{{.budget = 7s}};
  CHECK(stop.deadline() == std::nullopt);
  Instant const before = std::chrono::steady_clock::now();
  stop.request();
  CHECK(stop.level() == StopLevel::finish);
  Instant const after = std::chrono::steady_clock::now();
  auto const deadline = stop.deadline();
  REQUIRE(deadline.has_value());
  CHECK(*deadline >= before + 7s);
  CHECK(*deadline <= after + 7s);
  stop.request();
  CHECK(stop.deadline() == deadline);
}

TEST_CASE("a stop may be asked for at a time that is to come, which its deadline knows before") {
  Stop const stop{Stop::Options{.budget = 5s}};
  Instant const later = std::chrono::steady_clock::now() + 1h;
  stop.request_at(later);
  CHECK(stop.level() == StopLevel::none);
  CHECK_FALSE(stop.requested_at());
  CHECK(stop.deadline() == later + 5s);
  Instant const before = std::chrono::steady_clock::now();
  stop.request_at(before);
  CHECK(stop.level() == StopLevel::finish);
  CHECK(stop.level() == StopLevel::finish);
  CHECK(stop.deadline() >= before + 5s);
  stop.request();
  CHECK(stop.level() == StopLevel::now);
}

TEST_CASE("the budget is 25 seconds where nothing else is said") {
  CHECK(Stop::Options{}.budget == 25s);
  Stop const stop;
  stop.request();
  CHECK(*stop.deadline() > std::chrono::steady_clock::now() + 20s);
}

TEST_CASE("a request from another thread wakes whoever polls") {
  Stop const stop;
  std::thread other([&] { stop.request(); });
  auto watched = stop.watch();
  CHECK(::poll(watched.data(), watched.size(), 10'000) == 1);
  other.join();
  CHECK(stop.level() == StopLevel::finish);
}

TEST_CASE("a stop that is moved keeps what it knows") {
  Stop first{{.budget = 3s}};
  first.request();
  CHECK(first.level() == StopLevel::finish);
  auto const deadline = first.deadline();
  Stop const second = std::move(first);
  CHECK(second.level() == StopLevel::finish);
  CHECK(second.deadline() == deadline);
  second.request();
  CHECK(second.level() == StopLevel::now);
}

TEST_CASE("a stop for another thread starts children alike, and hears what is passed on alone") {
  Stop const stop = on_signals();
  Stop const other = stop.for_another_thread();
  CHECK(::sigismember(&other.child_mask(), SIGTERM) == 0);
  ::raise(SIGTERM);
  stop.request();
  CHECK(stop.level() == StopLevel::now);
  CHECK(other.level() == StopLevel::none);
  other.request();
  CHECK(has_news(other));
  CHECK(other.level() == StopLevel::finish);
  CHECK(*other.deadline() - *stop.deadline() < std::chrono::seconds{10});
}

TEST_CASE("a stop without signals blocks none and asks for no run") {
  Stop const stop;
  for (int const signal : {SIGTERM, SIGINT, SIGUSR1, SIGHUP, SIGCHLD, SIGPIPE}) {
    CHECK_FALSE(is_blocked(signal));
  }
  CHECK_FALSE(stop.take_run_now());
  CHECK_FALSE(stop.take_child_ended());
}

TEST_CASE("TERM, INT, QUIT and RTMIN+3 are requests to stop, and it is known which came") {
  for (int const signal : {SIGTERM, SIGINT, SIGQUIT, SIGRTMIN + 3}) {
    Stop const stop = on_signals();
    CHECK(stop.level() == StopLevel::none);
    ::raise(signal);
    CHECK(has_news(stop));
    CHECK(stop.level() == StopLevel::finish);
    CHECK(stop.deadline().has_value());
    for (int other = 1; other <= 64; ++other) CHECK(stop.told_by(other) == (other == signal));
    ::raise(signal);
    CHECK(stop.level() == StopLevel::now);
  }
  Stop const stop = on_signals();
  ::raise(SIGTERM);
  ::raise(SIGINT);
  CHECK(stop.level() == StopLevel::now);
}

TEST_CASE("a signal soon after another is the same request told twice, by whatever signal") {
  auto const stop = Stop::on_signals({.told_twice = 1h});
  REQUIRE(stop);
  ::raise(SIGTERM);
  ::raise(SIGINT);
  CHECK(stop->level() == StopLevel::finish);
  ::raise(SIGTERM);
  CHECK(stop->level() == StopLevel::finish);
  CHECK(stop->told_by(SIGTERM));
  CHECK(stop->told_by(SIGINT));
  CHECK_FALSE(stop->told_by(SIGQUIT));
  stop->request();  // from code it is meant
  CHECK(stop->level() == StopLevel::now);
  CHECK(Stop::Options{}.told_twice == 500ms);
}

TEST_CASE("a stop heeds its signals and no others; one from code heeds none") {
  Stop const stop = on_signals();
  Stop const other = stop.for_another_thread();
  for (int const signal : {SIGTERM, SIGINT, SIGQUIT, SIGRTMIN + 3}) {
    CHECK(stop.heeds(signal));
    CHECK(other.heeds(signal));
    CHECK_FALSE(Stop().heeds(signal));
  }
  for (int const signal : {0, SIGKILL, SIGUSR1, SIGHUP}) CHECK_FALSE(stop.heeds(signal));
  ::raise(SIGQUIT);
  CHECK(stop.level() == StopLevel::finish);
  other.request_as(stop);
  CHECK(other.level() == StopLevel::finish);
  CHECK(other.told_by(SIGQUIT));
  CHECK_FALSE(other.told_by(SIGTERM));
}

TEST_CASE("a signal and a request add up") {
  Stop const stop = on_signals();
  ::raise(SIGTERM);
  stop.request();
  CHECK(stop.level() == StopLevel::now);
}

TEST_CASE("USR1 asks for one run, CHLD tells of a child, and neither stops anything") {
  Stop const stop = on_signals();
  ::raise(SIGUSR1);
  ::raise(SIGUSR1);
  ::raise(SIGCHLD);
  CHECK(has_news(stop));
  CHECK(stop.level() == StopLevel::none);
  CHECK_FALSE(has_news(stop));
  CHECK(stop.take_run_now());
  CHECK_FALSE(stop.take_run_now());
  CHECK(stop.take_child_ended());
  CHECK_FALSE(stop.take_child_ended());
  CHECK(stop.deadline() == std::nullopt);
}

TEST_CASE("HUP and PIPE change nothing") {
  auto const end = in_child([] {
    auto const stop = Stop::on_signals();
    ::raise(SIGHUP);
    ::raise(SIGPIPE);
    bool const untouched =
        stop->level() == StopLevel::none && !stop->take_run_now() && !stop->take_child_ended();
    ::_exit(untouched ? 0 : 1);
    return 1;
  });
  CHECK(end.exit_code == 0);
}

TEST_CASE("the signals are blocked while the stop lives; a child gets the mask from before") {
  long const descriptors = open_descriptors();
  auto const handler = [](int signal) {
    struct sigaction action {};
    ::sigaction(signal, nullptr, &action);
    return action.sa_handler;
  };
  auto const term_handler = handler(SIGTERM);
  {
    Stop first = on_signals();
    Stop const stop = std::move(first);
    for (int const signal : {SIGTERM, SIGINT, SIGUSR1, SIGHUP, SIGCHLD, SIGPIPE}) {
      CAPTURE(signal);
      CHECK(is_blocked(signal));
      CHECK(::sigismember(&stop.child_mask(), signal) == 0);
    }
    CHECK((handler(SIGTERM) == term_handler));
    CHECK((handler(SIGHUP) == SIG_DFL));
    CHECK((handler(SIGPIPE) == SIG_DFL));
  }
  for (int const signal : {SIGTERM, SIGINT, SIGUSR1, SIGHUP, SIGCHLD, SIGPIPE}) {
    CHECK_FALSE(is_blocked(signal));
  }
  CHECK(open_descriptors() == descriptors);
}

TEST_CASE("what was blocked before stays blocked, for a child and afterwards") {
  sigset_t one;
  ::sigemptyset(&one);
  ::sigaddset(&one, SIGUSR1);
  ::sigaddset(&one, SIGUSR2);
  ::pthread_sigmask(SIG_BLOCK, &one, nullptr);
  {
    Stop const stop = on_signals();
    CHECK(::sigismember(&stop.child_mask(), SIGUSR1) == 1);
    CHECK(::sigismember(&stop.child_mask(), SIGUSR2) == 1);
    CHECK(::sigismember(&stop.child_mask(), SIGTERM) == 0);
  }
  CHECK(is_blocked(SIGUSR1));
  CHECK_FALSE(is_blocked(SIGTERM));
  ::pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
}

TEST_CASE("a signal that nobody took does not end the program when its stop goes") {
  for (int const signal : {SIGHUP, SIGPIPE, SIGUSR1, SIGTERM, SIGINT, SIGQUIT, SIGRTMIN + 3}) {
    CAPTURE(signal);
    auto const end = in_child([signal] {
      {
        auto const stop = Stop::on_signals();
        stop->request();
        (void)stop->level();
        ::raise(signal);
      }
      return 0;
    });
    CHECK(end.signal == 0);
    CHECK(end.exit_code == 0);
  }
}
