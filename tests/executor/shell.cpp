// SPDX-License-Identifier: MIT
#include "sla/executor/shell.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "../support/child_process.hpp"
#include "../support/test_child.hpp"

static_assert(sla::Executor<sla::Shell<>>);

namespace {

sla::Outcome execute(std::string const& text) {
  sla::Stop const stop;
  sla::Shell<> executor(sla::ProcessOptions{.pass_through = -1});
  auto outcome = executor.execute({.command = {text}}, stop);
  REQUIRE_MESSAGE(outcome, outcome.error().message);
  CHECK(support::no_child_is_left());
  return *std::move(outcome);
}

/// The rest of a test as it is in a root that holds one program and nothing else.
template <class Body>
int in_an_empty_root(Body body) {
  TemporaryFolder const folder;
  support::test_child_in(folder, 0755);
  return in_child([&] {
           return ::chroot(folder.path().c_str()) != 0 || ::chdir("/") != 0 ? 99 : body();
         })
      .exit_code;
}

}  // namespace

TEST_CASE("a command text has all that a shell has") {
  auto const outcome =
      execute("X='a b'; for i in 1 2; do echo \"$X $i\"; done | tail -n 1 && exit 9");
  CHECK(outcome.exit_code == 9);
  CHECK(*outcome.output.text() == "a b 2\n");
}

TEST_CASE("a run is over at the latest once its time and its grace are") {
  using std::chrono::seconds;
  CHECK(sla::Shell<>{{.timeout = seconds{60}, .grace = seconds{3}}}.longest_run() == seconds{63});
  CHECK_FALSE(sla::Shell<>{{.timeout = {}}}.longest_run());
}

TEST_CASE("126, 127 and 128+n are those of the shell") {
  TemporaryFolder const folder;
  struct {
    std::string text;
    int code;
    sla::Verdict verdict;
  } const table[] = {
      {"", 0, sla::Verdict::pass},
      {"true", 0, sla::Verdict::pass},
      {"exit 3", 3, sla::Verdict::fail},
      {"sla-no-such-command", 127, sla::Verdict::fail},
      {support::file_in(folder, "plain", "#!/bin/sh\n", 0644), 126, sla::Verdict::fail},
      {folder.path(), 126, sla::Verdict::fail},
      {"if", 2, sla::Verdict::fail},
      {"sh -c 'kill -KILL $$'; exit $?", 137, sla::Verdict::fail},
      {"kill -KILL $$", 137, sla::Verdict::signaled},
      {"kill -TERM $$", 143, sla::Verdict::signaled},
  };
  for (auto const& row : table) {
    CAPTURE(row.text);
    auto const outcome = execute(row.text);
    CHECK(outcome.exit_code == row.code);
    CHECK(outcome.verdict == row.verdict);
  }
}

TEST_CASE("the command text is one word") {
  sla::Stop const stop;
  sla::Shell<> executor;
  for (auto const& words : {std::vector<std::string>{}, std::vector<std::string>{"a", "b"}}) {
    auto const outcome = executor.execute({.command = words}, stop);
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().code == sla::Errc::invalid);
  }
}

TEST_CASE("where there is a shell the text goes there as it is") {
  auto const words = sla::shell_words("a | b");
  REQUIRE(words);
  CHECK(*words == std::vector<std::string>{"/bin/sh", "-c", "a | b"});
}

TEST_CASE("where there is none the text is split and run, or refused for what it needs") {
  if (::geteuid() != 0) {
    MESSAGE("skipped: only root can change the root");
    return;
  }
  CHECK(in_an_empty_root([] {
          auto const words = sla::shell_words("/test 'a b' \\$c");
          if (!words || *words != std::vector<std::string>{"/test", "a b", "$c"}) return 1;
          auto const refused = sla::shell_words("/test | /test");
          if (refused || refused.error().code != sla::Errc::invalid) return 2;
          sla::Stop const stop;
          sla::Shell<> executor(sla::ProcessOptions{.pass_through = -1});
          auto const outcome = executor.execute({.command = {"/test exit '42'"}}, stop);
          if (!outcome || outcome->exit_code != 42) return 3;
          auto const missing = executor.execute({.command = {"/none"}}, stop);
          if (!missing || missing->exit_code != 127) return 4;
          return executor.execute({.command = {"/test $X"}}, stop) ? 5 : 0;
        }) == 0);
}
