// SPDX-License-Identifier: MIT
#include "sla/executor/judgement.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

using namespace sla;
using namespace sla::internal;

namespace {

Stop on_signals() {
  auto stop = Stop::on_signals();
  REQUIRE(stop);
  return *std::move(stop);
}

constexpr ProgramEnd exited(int code) { return {CLD_EXITED, code}; }
constexpr ProgramEnd killed(int signal) { return {CLD_KILLED, signal}; }

}  // namespace

TEST_CASE("a program that ends by itself passes with 0, fails with a code, or is signaled") {
  Stop const stop = on_signals();
  struct {
    ProgramEnd end;
    Verdict verdict;
    int code;
    int signal;
  } const table[] = {
      {exited(0), Verdict::pass, 0, 0},
      {exited(1), Verdict::fail, 1, 0},
      {exited(143), Verdict::fail, 143, 0},
      {killed(SIGTERM), Verdict::signaled, 143, SIGTERM},
      {killed(SIGKILL), Verdict::signaled, 137, SIGKILL},
      {{CLD_DUMPED, SIGSEGV}, Verdict::signaled, 139, SIGSEGV},
  };
  for (auto const& row : table) {
    Outcome const outcome = judge(row.end, stop);
    CHECK(outcome.verdict == row.verdict);
    CHECK(outcome.exit_code == row.code);
    CHECK(outcome.signal == row.signal);
  }
}

TEST_CASE("a program that the runner ended has the runner's reason, whatever it then said") {
  for (ProgramEnd const end : {exited(0), exited(3), killed(SIGTERM)}) {
    CHECK(judge_cut(end, Verdict::timeout).verdict == Verdict::timeout);
    CHECK(judge_cut(end, Verdict::interrupted).verdict == Verdict::interrupted);
  }
  CHECK(judge_cut(exited(3), Verdict::timeout).exit_code == 3);
}

TEST_CASE("a program that the signal of the stop ended was cut short, and by another was not") {
  for (int const signal : {SIGTERM, SIGINT, SIGQUIT, SIGRTMIN + 3}) {
    Stop const stop = on_signals();
    ::raise(signal);
    CHECK(judge(killed(signal), stop).verdict == Verdict::interrupted);
    CHECK(judge(exited(128 + signal), stop).verdict == Verdict::interrupted);
    CHECK(judge(killed(signal), stop).exit_code == 128 + signal);
    CHECK(judge(exited(0), stop).verdict == Verdict::pass);
    CHECK(judge(exited(1), stop).verdict == Verdict::fail);
    CHECK(judge(killed(SIGKILL), stop).verdict == Verdict::signaled);
    int const other = signal == SIGTERM ? SIGINT : SIGTERM;
    CHECK(judge(killed(other), stop).verdict == Verdict::signaled);
    CHECK(judge(exited(128 + other), stop).verdict == Verdict::fail);
  }
}

TEST_CASE("the stop may be heard of a moment after the end that it caused") {
  Stop const stop = on_signals();
  std::thread init([] { ::kill(::getpid(), SIGTERM); });
  CHECK(judge(killed(SIGTERM), stop).verdict == Verdict::interrupted);
  init.join();
}

TEST_CASE("a stop from code is no signal, and explains no end") {
  Stop const stop;
  CHECK(judge(killed(SIGTERM), stop).verdict == Verdict::signaled);
  stop.request();
  CHECK(judge(killed(SIGTERM), stop).verdict == Verdict::signaled);
}

TEST_CASE("a start that failed is a spawn error, or cut short where a stop came upon a shortage") {
  Stop const stop;
  Outcome outcome = judge_start("/there/is/none", ENOENT, stop);
  CHECK(outcome.verdict == Verdict::spawn_error);
  CHECK(outcome.exit_code == 127);
  CHECK(outcome.reason == "could not start /there/is/none: No such file or directory");
  CHECK(judge_start("/bin/true", EAGAIN, stop).verdict == Verdict::spawn_error);
  CHECK(judge_start("/bin/true", EAGAIN, stop).exit_code == 126);
  stop.request();
  CHECK(judge_start("/bin/true", EAGAIN, stop).verdict == Verdict::interrupted);
  CHECK(judge_start("/bin/true", EACCES, stop).verdict == Verdict::spawn_error);
  outcome = judge_hanging_start("/mnt/test", Verdict::timeout);
  CHECK(outcome.verdict == Verdict::timeout);
  CHECK(outcome.exit_code == 137);
  CHECK(outcome.reason == "the start of /mnt/test hangs: its file system does not answer");
}

TEST_CASE("a remark says what went on, what was given up and what was not passed on") {
  CHECK(remark_of({}).empty());
  CHECK(remark_of({.went_on = true}) ==
        "the command went on in the background, where its exit code is not known");
  CHECK(remark_of({.went_on = true, .ended = true}) ==
        "the command went on in the background and was ended");
  CHECK(remark_of({.ended = true}) == "the command went on in the background and was ended");
  CHECK(remark_of({.given_up = "touch (7, state D)", .not_passed_on = 5}) ==
        "could not be ended and was given up: touch (7, state D); 5 bytes of output were not "
        "passed on to stdout");
}
