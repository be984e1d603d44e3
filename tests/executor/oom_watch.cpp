// SPDX-License-Identifier: MIT
#include "sla/executor/oom_watch.hpp"

#include <doctest/doctest.h>
#include <signal.h>

#include <fstream>
#include <string>
#include <vector>

#include "../support/temporary_folder.hpp"

using namespace sla;
using namespace sla::internal;

using Paths = std::vector<std::string>;

TEST_CASE("the count is looked for in the cgroup of the process, and in the root of a container") {
  CHECK(oom_count_files("0::/\n", "/cg") == Paths{"/cg/memory.events"});
  CHECK(oom_count_files("0::/a/b\n", "/cg") == Paths{"/cg/a/b/memory.events", "/cg/memory.events"});
  CHECK(oom_count_files("9:pids:/x\n4:memory:/docker/x\n0::/y\n", "/cg") ==
        Paths{"/cg/memory/docker/x/memory.oom_control", "/cg/memory/memory.oom_control",
              "/cg/y/memory.events", "/cg/memory.events"});
  CHECK(oom_count_files("", "/cg").empty());
}

TEST_CASE("both files have the count in a line of its own") {
  CHECK(oom_kills("low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 1\n") == 2U);
  CHECK(oom_kills("oom_kill_disable 0\nunder_oom 0\noom_kill 7\n") == 7U);
  CHECK_FALSE(oom_kills("oom_kill_disable 0\nunder_oom 0\n"));
  CHECK_FALSE(oom_kills(""));
}

TEST_CASE("a run that failed while the kernel killed something has that as its cause") {
  TemporaryFolder const folder;
  std::string const path = folder / "memory.events";
  auto const write = [&](int kills) { std::ofstream(path) << "oom 1\noom_kill " << kills << '\n'; };
  write(1);
  OomWatch watch(path);
  auto const judged = [&](Outcome outcome, int kills) {
    write(1);
    watch.begin();
    write(kills);
    watch.judge(outcome);
    return outcome;
  };
  Outcome const killed{.verdict = Verdict::signaled, .exit_code = 137, .signal = SIGKILL};
  CHECK(judged(killed, 2).cause == "oom");
  CHECK(judged(killed, 2).reason == "the kernel killed it for lack of memory");
  Outcome const failed{.verdict = Verdict::fail, .exit_code = 1};
  CHECK(judged(failed, 3).cause == "oom");
  CHECK(judged(failed, 3).reason ==
        "the kernel killed a process of its container for lack of memory");
  for (Outcome const& outcome : {killed, failed}) {
    CHECK(judged(outcome, 1).cause.empty());
    CHECK(judged(outcome, 1).reason.empty());
  }
  for (Verdict const verdict : {Verdict::pass, Verdict::timeout, Verdict::interrupted}) {
    CHECK(judged({.verdict = verdict, .exit_code = 137}, 2).cause.empty());
  }
}

TEST_CASE("where nobody counts there is a hint, and no cause") {
  OomWatch watch("/nowhere/memory.events");
  watch.begin();
  Outcome killed{.verdict = Verdict::signaled, .exit_code = 137, .signal = SIGKILL};
  watch.judge(killed);
  CHECK(killed.cause.empty());
  CHECK(killed.reason ==
        "something other than the runner killed it; a kernel that lacks memory does so");
  Outcome failed{.verdict = Verdict::fail, .exit_code = 1};
  watch.judge(failed);
  CHECK(failed.reason.empty());
}
