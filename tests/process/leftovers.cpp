// SPDX-License-Identifier: MIT
#include "sla/process/leftovers.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <limits>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../support/child_process.hpp"
#include "../support/started_program.hpp"
#include "../support/test_child.hpp"

namespace {

using namespace sla;
using namespace sla::internal;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

using support::await_end;
using support::exit_code;

auto in(Duration duration) {
  return [end = std::chrono::steady_clock::now() + duration] { return end; };
}

/// The mark of one run; each test has its own.
RunMark new_mark() { return {.number = RunMark::new_number()}; }

pid_t start(std::vector<std::string> const& words, RunMark const& mark) {
  return support::start(words, mark.number);
}

bool is_alive(pid_t pid) { return ::kill(pid, 0) == 0; }

/// Ends a process that no run owns.
void end(pid_t pid) {
  ::kill(pid, SIGKILL);
  CHECK(::waitpid(pid, nullptr, 0) == pid);
}

}  // namespace

TEST_CASE("without children there is nothing to reap and nothing to end") {
  CHECK_FALSE(reap_children());
  Ended const ended = end_run(new_mark(), in(hours{1}));
  CHECK(ended.given_up.empty());
  CHECK(ended.killed == 0);
}

TEST_CASE("orphans become our children") {
  adopt_orphans();
  int is_subreaper = 0;
  REQUIRE(::prctl(PR_GET_CHILD_SUBREAPER, &is_subreaper, 0, 0, 0) == 0);
  CHECK(is_subreaper == 1);
}

TEST_CASE("what was killed is counted behind an ended child that has an owner") {
  auto const slot = OwnedChildren::of_this_process().reserve();
  *slot = support::start({"/bin/true"});
  await_end(*slot);
  RunMark const mark = new_mark();
  pid_t const left = start({"/bin/sleep", "60"}, mark);
  CHECK(end_run(mark, in(hours{1})).killed == 1);
  CHECK_FALSE(is_alive(left));
  CHECK(exit_code(*slot) == 0);
  OwnedChildren::of_this_process().release(slot);
}

TEST_CASE("reaping takes every ended child and leaves the living and the owned one") {
  pid_t const ended = support::start({"/bin/true"});
  pid_t const living = support::start({"/bin/sleep", "60"});
  await_end(ended);
  CHECK(reap_children());
  CHECK(::waitpid(ended, nullptr, WNOHANG) == -1);

  auto const slot = OwnedChildren::of_this_process().reserve();
  *slot = support::start({"/bin/sh", "-c", "exit 5"});
  await_end(*slot);
  CHECK(reap_children());
  CHECK(exit_code(*slot) == 5);
  OwnedChildren::of_this_process().release(slot);
  ::kill(living, SIGKILL);
  await_end(living);
  CHECK_FALSE(reap_children());
  CHECK(support::no_child_is_left());
}

TEST_CASE("what came from a run is ended, and what did not is left alone") {
  RunMark const mark = new_mark(), other = new_mark();
  pid_t const helper = support::start({"/bin/sleep", "60"});
  pid_t const others = start({"/bin/sleep", "60"}, other);
  pid_t const ours = start({"/bin/sleep", "60"}, mark);
  CHECK(processes_of(mark) == std::vector<pid_t>{ours});
  Ended const ended = end_run(mark, in(hours{1}));
  CHECK(ended.given_up.empty());
  CHECK(ended.killed == 1);
  CHECK_FALSE(is_alive(ours));
  CHECK(is_alive(helper));
  CHECK(is_alive(others));
  end(helper);
  CHECK(end_run(other, in(hours{1})).killed == 1);
  CHECK(support::no_child_is_left());
}

TEST_CASE("only what had to be killed counts as killed") {
  RunMark const mark = new_mark();
  await_end(start({"/bin/true"}, mark));
  start({"/bin/sleep", "60"}, mark);
  CHECK(end_run(mark, in(hours{1})).killed == 1);
  CHECK(support::no_child_is_left());
}

TEST_CASE("a process is found whatever it calls itself, and named when it is given up") {
  RunMark const mark = new_mark();
  TemporaryFolder const folder;
  std::string const script =
      support::file_in(folder, "a) Z 1 (b", "#!/bin/sh\nwhile :; do sleep 60; done\n", 0755);
  pid_t const living = start({script}, mark);
  std::string name;
  while (name != "a) Z 1 (b") name = read_row(living).name;  // until it is executed
  CHECK(end_run(mark, in(hours{1})).given_up.empty());
  CHECK(support::no_child_is_left());
}

TEST_CASE("orphans of every kind are ended, however they got away") {
  adopt_orphans();
  pid_t const helper = support::start({"/bin/sleep", "600"});
  for (int i = 0; i < 20; ++i) {
    RunMark const mark = new_mark();
    CHECK(exit_code(start(support::test_child({"orphans", "9"}), mark)) == 9);
    Ended const ended = end_run(mark, in(hours{1}));
    CHECK(ended.given_up.empty());
    CHECK(ended.killed == 3);
  }
  // Without an environment, with another session, parent and group.
  RunMark const mark = new_mark();
  CHECK(exit_code(start({"/bin/sh", "-c", "env -i setsid -f sh -c 'sleep 60; :'"}, mark)) == 0);
  CHECK(end_run(mark, in(hours{1})).given_up.empty());
  CHECK(processes_of(mark).empty());
  CHECK(is_alive(helper));
  end(helper);
  CHECK(support::no_child_is_left());
}

TEST_CASE("a parent that ends because its child was killed is counted as killed") {
  adopt_orphans();
  for (int i = 0; i < 20; ++i) {
    RunMark const mark = new_mark();
    (void)start({"/bin/sh", "-c", "sleep 60; exit 137"}, mark);
    while (processes_of(mark).size() < 2) std::this_thread::yield();
    REQUIRE(end_run(mark, in(hours{1})).killed >= 1);
  }
  CHECK(support::no_child_is_left());
}

TEST_CASE("what descends from a run is ended also where it has another mark") {
  adopt_orphans();
  RunMark const mark = new_mark();
  pid_t const outer =
      start({"/bin/bash", "-c", "(ulimit -S -x 77; exec setsid sleep 60) & sleep 60"}, mark);
  std::vector<pid_t> found;
  auto const changed = [](pid_t pid) {
    rlimit limit{};
    return ::prlimit(pid, RLIMIT_LOCKS, nullptr, &limit) == 0 && limit.rlim_cur == 77;
  };
  while (std::none_of(found.begin(), found.end(), changed)) found = processes_of(mark);
  pid_t const inner = *std::find_if(found.begin(), found.end(), changed);
  // A parent that is ending may reap its child before we do, which is not counted then.
  CHECK(end_run(mark, in(hours{1})).killed >= 1);
  CHECK_FALSE(is_alive(outer));
  CHECK_FALSE(is_alive(inner));
  CHECK(support::no_child_is_left());
}

TEST_CASE("without the mark the session and the id of the run have to do") {
  std::string const run = new_run_id(std::chrono::system_clock::now());
  auto plan = support::plan_of({"/bin/sleep", "60"});
  plan.environment = environment_of_run(run);
  pid_t pid = 0;
  REQUIRE(support::started(std::move(plan), pid).failed == 0);
  CHECK(processes_of({.session = pid}) == std::vector<pid_t>{pid});
  while (processes_of({.run_id = run}).empty()) std::this_thread::yield();  // it executes
  CHECK(processes_of({.run_id = run}) == std::vector<pid_t>{pid});
  CHECK(processes_of({.session = std::numeric_limits<pid_t>::max(), .run_id = "another-run"})
            .empty());
  CHECK(processes_of({}).empty());
  CHECK(end_run({.run_id = run}, in(hours{1})).killed == 1);
  CHECK(support::no_child_is_left());
}

TEST_CASE("a program is ended also where its first thread is over and another goes on") {
  RunMark const mark = new_mark();
  pid_t const pid = start(support::test_child({"thread"}), mark);
  REQUIRE(reap_children());
  while (read_row(pid).state != 'Z') continue;  // what /proc says once the first thread is over
  Ended const ended = end_run(mark, in(hours{1}));
  CHECK(ended.given_up.empty());
  CHECK(ended.killed == 1);
  CHECK(support::no_child_is_left());
}

TEST_CASE("a chain of descendants is ended down to the last, stopped or deaf to TERM") {
  adopt_orphans();
  RunMark const mark = new_mark();
  start({"/bin/sh", "-c",
         "trap '' TERM; sh -c 'setsid sh -c \"sh -c \\\"kill -STOP \\$\\$\\\"; sleep 60\" & "
         "wait' & wait"},
        mark);
  start(support::test_child({"ignore-term"}), mark);
  CHECK(end_run(mark, in(hours{1})).given_up.empty());
  CHECK(support::no_child_is_left());
}

TEST_CASE("what cannot be ended is named, and all of it together waited for until one deadline") {
  if (::getuid() != 0) {
    MESSAGE("skipped: only root can make a program that others may not signal");
    return;
  }
  TemporaryFolder const folder;
  std::string const program = support::test_child_in(folder, 04755);
  RunMark const mark = new_mark();
  int const code = in_child([&] {
                     if (::setresuid(65534, 65534, 65534) != 0) return 9;
                     int ends[2];
                     if (::pipe(ends) != 0) return 8;
                     pid_t pids[5];
                     for (pid_t& pid : pids) {
                       auto plan = support::plan_of({program, "take-root", "30"}, mark.number);
                       plan.output = Descriptor{::dup(ends[1])};
                       char c = 0;
                       auto const started = support::started(std::move(plan), pid);
                       if (started.failed != 0 || ::read(ends[0], &c, 1) != 1) return 7;
                       while (c != '\n') (void)!::read(ends[0], &c, 1);
                       if (::kill(pid, 0) == 0) return 5;
                     }
                     Ended const ended = end_run(mark, in(milliseconds{200}));
                     // Five limits of their own would take 1,000 ms.
                     std::size_t named = 0;
                     for (pid_t const pid : pids) {
                       std::string const number = '(' + std::to_string(pid) + ", state ";
                       named += ended.given_up.find("test " + number) != std::string::npos;
                     }
                     if (named != 5 || ended.killed != 0) return 6;
                     // A deadline may come nearer while it waits.
                     int asked = 0;
                     Instant const begin = std::chrono::steady_clock::now();
                     auto const nearer = [&] { return begin + hours{++asked < 4 ? 1 : 0}; };
                     if (end_run(mark, nearer).given_up.empty()) return 3;
                     return end_run(new_mark(), in(hours{1})).given_up.empty() ? 0 : 4;
                   }).exit_code;
  WARN_MESSAGE(code != 5, "setuid programs do not work here: nothing was shown");
  if (code != 5) CHECK(code == 0);
  CHECK(end_run(mark, in(hours{1})).given_up.empty());
}

TEST_CASE("a pidfd is readable once the process has ended") {
  pid_t const pid = support::start({"/bin/sh", "-c", "exit 3"});
  Descriptor const handle = open_pidfd(pid);
  REQUIRE(handle);
  CHECK((::fcntl(handle.get(), F_GETFD) & FD_CLOEXEC) != 0);
  pollfd end{handle.get(), POLLIN, 0};
  CHECK(::poll(&end, 1, 20000) == 1);
  CHECK(exit_code(pid) == 3);
  CHECK_FALSE(open_pidfd(pid));
}
