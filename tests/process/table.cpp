// SPDX-License-Identifier: MIT
#include "sla/process/table.hpp"

#include <doctest/doctest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "../support/child_process.hpp"
#include "../support/started_program.hpp"

using namespace sla;
using namespace sla::internal;

namespace {

bool holds(std::vector<pid_t> const& ids, pid_t pid) {
  return std::find(ids.begin(), ids.end(), pid) != ids.end();
}

}  // namespace

TEST_CASE("the processes in sight are all but this one, from /proc or by their numbers") {
  REQUIRE(proc_is_ours());
  pid_t const pid = support::start({"/bin/sleep", "60"});
  // Numbers begin again at the largest there can be, so not all that are older are smaller.
  for (auto const& ids : {process_ids(), internal::detail::ids_by_number(::getppid())}) {
    CHECK(holds(ids, pid));
    CHECK(holds(ids, ::getppid()));
  }
  CHECK_FALSE(holds(process_ids(), ::getpid()));
  auto const younger = internal::detail::ids_by_number(pid);
  CHECK(holds(younger, pid));
  CHECK_FALSE(holds(younger, ::getpid()));
  ProcessRow row = read_row(pid);
  CHECK(row.pid == pid);
  CHECK(row.parent == ::getpid());
  CHECK(row.state != '?');
  ::kill(pid, SIGKILL);
  support::await_end(pid);
  row = read_row(pid);
  CHECK(row.name == "sleep");
  CHECK(row.state == 'Z');
  CHECK(::waitpid(pid, nullptr, 0) == pid);
  CHECK(read_row(pid).parent == 0);
  CHECK(read_row(pid).name.empty());
}

TEST_CASE("a /proc of another PID namespace is not ours, nor is none") {
  int const code = in_child([] {
                     if (::unshare(CLONE_NEWPID) != 0) return 10;
                     return in_child([] {
                              if (::getpid() != 1 || proc_is_ours()) return 1;
                              pid_t const child = ::fork();
                              if (child == 0) ::_exit(::pause());
                              bool const found = holds(process_ids(), child);
                              ::kill(child, SIGKILL);
                              return found && ::waitpid(child, nullptr, 0) == child ? 0 : 2;
                            })
                         .exit_code;
                   }).exit_code;
  WARN_MESSAGE(code != 10, "no PID namespace may be made here: nothing was shown");
  if (code != 10) CHECK(code == 0);
}
