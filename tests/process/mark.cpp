// SPDX-License-Identifier: MIT
#include "sla/process/mark.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <string>
#include <thread>

#include "../support/child_process.hpp"
#include "../support/started_program.hpp"

using namespace sla;
using namespace sla::internal;

TEST_CASE("no two runs have one number, also not where a fork knows what the other does") {
  std::set<rlim_t> numbers;
  for (int i = 0; i < 1000; ++i) numbers.insert(RunMark::new_number());
  CHECK(numbers.size() == 1000);
  CHECK(numbers.count(0) == 0);
  rlim_t const next = RunMark::new_number();
  auto const end = in_child([&] { return RunMark::new_number() == next + 1 ? 1 : 0; });
  CHECK(end.exit_code == 0);
}

TEST_CASE("the limit shows in /proc to whoever may not ask for it") {
  pid_t const pid = support::start({"/bin/sleep", "60"}, 424242);
  CHECK(internal::detail::limit_in_proc(pid) == "424242");
  CHECK(internal::detail::limit_in_proc(::getpid()) != "424242");
  CHECK(internal::detail::limit_in_proc(-1).empty());
  CHECK(has_mark({.number = 424242}, pid));
  CHECK_FALSE(has_mark({.number = 42424}, pid));
  CHECK_FALSE(has_mark({}, pid));
  ::kill(pid, SIGKILL);
  CHECK(has_mark({.number = 424242}, pid));  // also an end that nobody has reaped
  CHECK(::waitpid(pid, nullptr, 0) == pid);
  CHECK_FALSE(has_mark({.number = 424242}, pid));
}

TEST_CASE("the id of a run is found as a whole and under its own name") {
  pid_t const pid = support::start({"/bin/sleep", "60"});
  // In the middle of an exec a process shows no environment yet.
  while (!has_mark({.run_id = "the-run"}, pid)) std::this_thread::yield();
  CHECK_FALSE(has_mark({.run_id = "the-ru"}, pid));
  CHECK_FALSE(has_mark({.number = 1, .run_id = "the-run"}, pid));  // the better mark decides
  ::kill(pid, SIGKILL);
  CHECK(::waitpid(pid, nullptr, 0) == pid);
}
