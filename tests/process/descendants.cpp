// SPDX-License-Identifier: MIT
#include "sla/process/descendants.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "../support/child_process.hpp"
#include "../support/test_child.hpp"

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

sigset_t current_mask() {
  sigset_t mask;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  return mask;
}

pid_t start(std::vector<std::string> const& words) {
  auto const null = sla::open_file("/dev/null", O_WRONLY);
  REQUIRE(null);
  auto const pid = sla::spawn({words, "", null->get(), current_mask()});
  REQUIRE(pid);
  return *pid;
}

pid_t start_owned(std::vector<std::string> const& words) {
  auto const pid =
      sla::OwnedChildren::of_this_process().start([&] { return sla::Result<pid_t>(start(words)); });
  REQUIRE(pid);
  return *pid;
}

/// Waits for its end and leaves it unreaped.
void await_end(pid_t pid) {
  siginfo_t info{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) == 0);
}

int exit_code(pid_t pid) {
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  return WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("without children there is nothing to reap and nothing to end") {
  CHECK_FALSE(sla::reap_children());
  sla::Ended const ended = sla::end_children(seconds{1});
  CHECK(ended.clean);
  CHECK(ended.killed == 0);
}

TEST_CASE("orphans become our children") {
  sla::adopt_orphans();
  int is_subreaper = 0;
  REQUIRE(::prctl(PR_GET_CHILD_SUBREAPER, &is_subreaper, 0, 0, 0) == 0);
  CHECK(is_subreaper == 1);
}

TEST_CASE("reaping takes every ended child and leaves the living and the owned one") {
  pid_t const ended = start({"/bin/true"});
  pid_t const living = start({"/bin/sleep", "60"});
  await_end(ended);
  CHECK(sla::reap_children());
  CHECK(::waitpid(ended, nullptr, WNOHANG) == -1);

  pid_t const owned = start_owned({"/bin/sh", "-c", "exit 5"});
  await_end(owned);
  CHECK(sla::reap_children());
  CHECK(exit_code(owned) == 5);
  sla::OwnedChildren::of_this_process().forget(owned);
  ::kill(living, SIGKILL);
  await_end(living);
  CHECK_FALSE(sla::reap_children());
  CHECK(support::no_child_is_left());
}

TEST_CASE("/proc names the children, and only what had to be killed counts as killed") {
  pid_t const ended = start({"/bin/true"});
  pid_t const living = start({"/bin/sleep", "60"});
  await_end(ended);
  auto const children = sla::children_of_this_process();
  REQUIRE(children);
  CHECK(children->size() == 2);
  CHECK(std::find(children->begin(), children->end(), ended) != children->end());
  CHECK(std::find(children->begin(), children->end(), living) != children->end());
  CHECK(sla::end_children(seconds{5}).killed == 1);
  CHECK(support::no_child_is_left());
}

TEST_CASE("a child that has an owner is not ended, and what has none is") {
  pid_t const owned = start_owned({"/bin/sleep", "60"});
  start({"/bin/sleep", "60"});
  sla::Ended const ended = sla::end_children(seconds{5});
  CHECK(ended.clean);
  CHECK(ended.killed == 1);
  CHECK(::kill(owned, 0) == 0);
  sla::OwnedChildren::of_this_process().forget(owned);
  CHECK(sla::end_children(seconds{5}).killed == 1);
  CHECK(support::no_child_is_left());
}

TEST_CASE("a child is found whatever it calls itself") {
  TemporaryFolder const folder;
  std::string const script =
      support::file_in(folder, "a) Z 1 (b", "#!/bin/sh\nwhile :; do sleep 60; done\n", 0755);
  pid_t const living = start({script});
  auto const children = sla::children_of_this_process();
  REQUIRE(children);
  CHECK(std::find(children->begin(), children->end(), living) != children->end());
  CHECK(sla::end_children(seconds{5}).clean);
  CHECK(support::no_child_is_left());
}

TEST_CASE("orphans of every kind are ended, however they got away") {
  sla::adopt_orphans();
  for (int i = 0; i < 20; ++i) {
    CHECK(exit_code(start(support::test_child({"orphans", "9"}))) == 9);
    sla::Ended const ended = sla::end_children(seconds{5});
    CHECK(ended.clean);
    CHECK(ended.killed == 3);
    CHECK(support::no_child_is_left());
  }
}

TEST_CASE("a program is ended also where its first thread is over and another goes on") {
  pid_t const pid = start(support::test_child({"thread"}));
  REQUIRE(sla::reap_children());
  std::string state;
  while (state != "Z") {  // what /proc says as soon as the first thread is over
    auto const stat = sla::read_file("/proc/" + std::to_string(pid) + "/stat", 4096);
    REQUIRE(stat);
    state = stat->substr(stat->rfind(')') + 2, 1);
  }
  sla::Ended const ended = sla::end_children(seconds{20});
  CHECK(ended.clean);
  CHECK(ended.killed == 1);
  CHECK(support::no_child_is_left());
}

TEST_CASE("a chain of descendants is ended down to the last, stopped or deaf to TERM") {
  sla::adopt_orphans();
  start({"/bin/sh", "-c",
         "trap '' TERM; sh -c 'setsid sh -c \"sh -c \\\"kill -STOP \\$\\$\\\"; sleep 60\" & "
         "wait' & wait"});
  start(support::test_child({"ignore-term"}));
  CHECK(sla::end_children(seconds{5}).clean);
  CHECK(support::no_child_is_left());
}

TEST_CASE("what cannot be ended is said and not waited for beyond the limit") {
  if (::getuid() != 0) {
    MESSAGE("skipped: only root can make a program that others may not signal");
    return;
  }
  TemporaryFolder const folder;
  std::string const program = support::test_child_in(folder, 04755);
  int const code = in_child([&] {
                     if (::setresuid(65534, 65534, 65534) != 0) return 9;
                     int ends[2];
                     if (::pipe(ends) != 0) return 8;
                     std::vector<std::string> const words{program, "take-root", "30"};
                     auto const pid = sla::spawn({words, "", ends[1], current_mask()});
                     char c = 0;
                     if (!pid || ::read(ends[0], &c, 1) != 1) return 7;
                     if (::kill(*pid, 0) == 0) return 5;
                     auto const begin = std::chrono::steady_clock::now();
                     sla::Ended const ended = sla::end_children(milliseconds{50});
                     auto const took = std::chrono::steady_clock::now() - begin;
                     return ended.clean || ended.killed != 0 || took > seconds{10} ? 6 : 0;
                   }).exit_code;
  WARN_MESSAGE(code != 5, "setuid programs do not work here: nothing was shown");
  if (code != 5) CHECK(code == 0);
  CHECK(sla::end_children(seconds{5}).clean);
}
