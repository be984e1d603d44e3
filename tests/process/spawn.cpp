// SPDX-License-Identifier: MIT
// Covers: core/clone.hpp, process/child_side.hpp
#include "sla/process/spawn.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../support/child_process.hpp"
#include "../support/started_program.hpp"
#include "../support/test_child.hpp"

namespace {

struct Ran {
  std::string output;
  int status = 0;
};

/// Starts the program, reads what it writes and waits for it.
Ran run(std::vector<std::string> const& words, sigset_t const& mask = support::current_mask(),
        std::string_view run_id = "the-run") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  sla::Descriptor const reader{ends[0]};
  auto input = sla::internal::empty_input();
  REQUIRE(input);
  pid_t pid = 0;
  auto const started = support::started({.words = words,
                                         .environment = sla::internal::environment_of_run(run_id),
                                         .input = *std::move(input),
                                         .output = sla::Descriptor{ends[1]},
                                         .mask = mask},
                                        pid);
  REQUIRE(started.failed == 0);
  REQUIRE(started.pid == pid);
  Ran ran;
  char buffer[4096];
  for (ssize_t n = 0; (n = ::read(reader.get(), buffer, sizeof buffer)) > 0;) {
    ran.output.append(buffer, static_cast<std::size_t>(n));
  }
  REQUIRE(::waitpid(pid, &ran.status, 0) == pid);
  return ran;
}

/// The errno with which a program could not be started.
int refusal(std::string const& word) {
  int const before = support::open_descriptors();
  pid_t pid = 0;
  auto const started = support::started(support::plan_of({word}), pid);
  CHECK(support::open_descriptors() == before);
  CHECK(support::no_child_is_left());
  CHECK(started.pid == -1);
  return started.failed;
}

}  // namespace

TEST_CASE("a child sees its three descriptors and none of ours") {
  std::vector<sla::Descriptor> ours;
  for (int i = 0; i < 200; ++i) ours.emplace_back(::dup(STDERR_FILENO));  // without O_CLOEXEC
  CHECK(run(support::test_child({"descriptors"})).output == "0 1 2 ");
  CHECK(::fcntl(ours[150].get(), F_GETFD) == 0);
}

TEST_CASE("a child has its three descriptors also where the parent lacks some") {
  for (int lacking = 1; lacking < 8; ++lacking) {
    auto const words = support::test_child({"descriptors"});
    CAPTURE(lacking);
    auto const end = in_child([&] {
      for (int descriptor = 0; descriptor < 3; ++descriptor) {
        if ((lacking >> descriptor & 1) != 0) ::close(descriptor);
      }
      return run(words).output == "0 1 2 " ? 0 : 1;
    });
    CHECK(end.exit_code == 0);
  }
}

TEST_CASE("stdin is empty") { CHECK(run({"/bin/sh", "-c", "cat; echo end"}).output == "end\n"); }

TEST_CASE("stdout and stderr go to the same place") {
  CHECK(run({"/bin/sh", "-c", "echo out; echo err >&2; echo out"}).output == "out\nerr\nout\n");
}

TEST_CASE("the signal mask is the one that was asked for") {
  sigset_t blocked;
  sigset_t before;
  ::sigemptyset(&blocked);
  for (int const signal : {SIGTERM, SIGINT, SIGCHLD, SIGPIPE}) ::sigaddset(&blocked, signal);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  CHECK(run(support::test_child({"signals"}), before).output.find("blocked") == std::string::npos);
  sigset_t other;
  ::sigemptyset(&other);
  ::sigaddset(&other, SIGUSR2);
  CHECK(run(support::test_child({"signals"}), other).output ==
        "blocked:" + std::to_string(SIGUSR2) + " ");
  sigset_t after;
  ::pthread_sigmask(SIG_SETMASK, &before, &after);
  CHECK(::sigismember(&after, SIGTERM) == 1);  // ours stayed as it was
}

TEST_CASE("what is ignored stays ignored, and what is handled is not") {
  auto const nothing = [](int) {};
  auto const before_hup = ::signal(SIGHUP, SIG_IGN);
  auto const before_usr1 = ::signal(SIGUSR1, nothing);
  std::string const output = run(support::test_child({"signals"})).output;
  ::signal(SIGHUP, before_hup);
  ::signal(SIGUSR1, before_usr1);
  CHECK(output == "ignored:" + std::to_string(SIGHUP) + " ");
}

TEST_CASE("a broken pipe ends the command, also where whoever started us ignores that") {
  auto const before_pipe = ::signal(SIGPIPE, SIG_IGN);
  auto const before_size = ::signal(SIGXFSZ, SIG_IGN);
  std::string const output = run(support::test_child({"signals"})).output;
  bool const still_ours = ::signal(SIGPIPE, before_pipe) == SIG_IGN;
  ::signal(SIGXFSZ, before_size);
  CHECK(output.empty());
  CHECK(still_ours);
}

TEST_CASE("a child leads a process group and a session of its own, without a terminal") {
  CHECK(run(support::test_child({"group"})).output == "1 1");
  CHECK(run({"/bin/sh", "-c", "(: </dev/tty) 2>/dev/null || echo none"}).output == "none\n");
}

TEST_CASE("a child has the mark that it was given, and this process has none of it") {
  rlimit before{}, after{};
  REQUIRE(::getrlimit(RLIMIT_LOCKS, &before) == 0);
  pid_t const pid = support::start({"/bin/sleep", "60"}, 123456789);
  rlimit limit{};
  CHECK(::prlimit(pid, RLIMIT_LOCKS, nullptr, &limit) == 0);
  CHECK(limit.rlim_cur == 123456789);
  CHECK(limit.rlim_max == before.rlim_max);
  REQUIRE(::getrlimit(RLIMIT_LOCKS, &after) == 0);
  CHECK(after.rlim_cur == before.rlim_cur);
  ::kill(pid, SIGKILL);
  CHECK(::waitpid(pid, nullptr, 0) == pid);
}

TEST_CASE("the environment is ours, with the id of the run") {
  ::setenv("SLARUNNER_RUN_ID", "an outer run", 1);
  ::setenv("SLA_TEST_VARIABLE", "a value", 1);
  std::string const output =
      run({"/bin/sh", "-c", "env | grep -a -c ^SLARUNNER_RUN_ID=; echo $SLA_TEST_VARIABLE"}).output;
  std::string const id = run(support::test_child({"environment"})).output;
  std::string const none =
      run(support::test_child({"environment"}), support::current_mask(), "").output;
  ::unsetenv("SLARUNNER_RUN_ID");
  ::unsetenv("SLA_TEST_VARIABLE");
  CHECK(output == "1\na value\n");
  CHECK(id == "the-run");
  CHECK(none.empty());
  CHECK(run(support::test_child({"environment"})).output == "the-run");
  CHECK(std::getenv("SLARUNNER_RUN_ID") == nullptr);
}

TEST_CASE("words arrive unchanged") {
  CHECK(run({"/usr/bin/printf", "<%s>", "", "a b", "$x", "*", "\xFF\n", "'\""}).output ==
        "<><a b><$x><*><\xFF\n><'\">");
}

TEST_CASE("a name without a slash is looked for in $PATH") {
  std::string const path = "/usr/bin:/bin";
  ::setenv("PATH", path.c_str(), 1);
  CHECK(run({"true"}).status == 0);
  TemporaryFolder const folder;
  support::file_in(folder, "sla-test-program", "#!/bin/sh\necho found\n", 0755);
  ::setenv("PATH", (folder.path() + ":" + path).c_str(), 1);
  CHECK(run({"sla-test-program"}).output == "found\n");
  ::setenv("PATH", path.c_str(), 1);
  CHECK(refusal("sla-test-program") == ENOENT);
}

TEST_CASE("what cannot be started is an error that says why") {
  ::setenv("PATH", "/usr/bin:/bin", 1);  // a folder that may not be read would be EACCES
  TemporaryFolder const folder;
  CHECK(refusal("/there is no such file") == ENOENT);
  CHECK(refusal("sla-no-such-command") == ENOENT);
  CHECK(refusal("") == ENOENT);
  CHECK(refusal(support::file_in(folder, "interpreter", "#!/there/is/none\n", 0755)) == ENOENT);
  CHECK(refusal(support::file_in(folder, "plain", "#!/bin/sh\n", 0644)) == EACCES);
  CHECK(refusal(folder.path()) == EACCES);
  CHECK(refusal(support::file_in(folder, "text", "no program\n", 0755)) == ENOEXEC);
  CHECK(refusal(support::file_in(folder, "empty", "", 0755)) == ENOEXEC);
  CHECK(refusal("/etc/passwd/x") == ENOTDIR);
}
