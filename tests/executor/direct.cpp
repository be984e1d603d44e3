// SPDX-License-Identifier: MIT
#include "sla/executor/direct.hpp"

#include <doctest/doctest.h>
#include <signal.h>

#include <chrono>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "../support/test_child.hpp"
#include "sla/aws/sign/digest.hpp"

static_assert(sla::Executor<sla::Direct<>>);
static_assert(sla::Executor<sla::Direct<sla::aws::Sha256>>);
static_assert(std::is_nothrow_move_constructible_v<sla::Direct<>>);

namespace {

template <class D = sla::NoDigest>
sla::Outcome execute(sla::Job const& job,
                     sla::ProcessOptions const& options = {.pass_through = -1}) {
  sla::Stop const stop;
  sla::Direct<D> executor(options);
  auto outcome = executor.execute(job, stop);
  REQUIRE_MESSAGE(outcome, outcome.error().message);
  CHECK(support::no_child_is_left());
  return *std::move(outcome);
}

}  // namespace

TEST_CASE("the words of the job arrive unchanged, no shell sees them") {
  auto const outcome =
      execute({.command = {"/usr/bin/printf", "<%s>", "", "a  b", "$HOME", "*;|&", "\xFF'\"\n"}});
  CHECK(outcome.verdict == sla::Verdict::pass);
  CHECK(*outcome.output.text() == "<><a  b><$HOME><*;|&><\xFF'\"\n>");
}

TEST_CASE("the command knows the id of its run") {
  sla::Job job{.command = support::test_child({"environment"})};
  job.run_id = "0123-abcd";
  CHECK(*execute(job).output.text() == "0123-abcd");
}

TEST_CASE("one word with a blank in it is one program's name") {
  auto const outcome = execute({.command = {"/bin/true and more"}});
  CHECK(outcome.verdict == sla::Verdict::spawn_error);
  CHECK(outcome.exit_code == 127);
}

TEST_CASE("a job without a command is an error") {
  sla::Stop const stop;
  sla::Direct<> executor;
  auto const outcome = executor.execute({}, stop);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().message == "the job has no command");
}

TEST_CASE("one executor runs many jobs, each with its own outcome") {
  sla::Stop const stop;
  sla::Direct<> first({.pass_through = -1});
  sla::Direct<> executor = std::move(first);
  for (int i = 0; i < 20; ++i) {
    auto const outcome =
        executor.execute({.command = support::test_child({"exit", std::to_string(i)})}, stop);
    REQUIRE(outcome);
    CHECK(outcome->exit_code == i);
  }
}

TEST_CASE("the options are heeded") {
  sla::ProcessOptions options{.pass_through = -1};
  options.timeout = std::chrono::milliseconds{50};
  CHECK(execute({.command = {"/bin/sleep", "60"}}, options).verdict == sla::Verdict::timeout);
  options.timeout = std::chrono::minutes{1};
  options.grace = std::chrono::seconds{3};
  CHECK(sla::Direct<>{options}.longest_run() == std::chrono::seconds{63});
  options.timeout = {};
  CHECK_FALSE(sla::Direct<>{options}.longest_run());
  options.log_limit = 4;
  CHECK(*execute({.command = {"/bin/echo", "abcdef"}}, options).output.text() ==
        "ab\n[sla-runner: 3 bytes left out here]\nf\n");
}

TEST_CASE("the digest of the log is taken where one is asked for") {
  sla::Job const job{.command = support::test_child({"write", "200000", "3000"})};
  auto const outcome = execute<sla::aws::Sha256>(job);
  auto const text = outcome.output.text();
  REQUIRE(text);
  CHECK(text->size() == 200000);
  CHECK(outcome.output.sha256() == *sla::aws::sha256(*text));
  CHECK_FALSE(execute(job).output.sha256());
}

TEST_CASE("a pass is a pass also where the process was started with SIGCHLD ignored") {
  for (auto const leftovers : {sla::Leftovers::leave, sla::Leftovers::end}) {
    sla::ProcessOptions const options{.pass_through = -1, .leftovers = leftovers};
    ::signal(SIGCHLD, SIG_IGN);
    auto const outcome = execute({.command = {"/bin/true"}}, options);
    CHECK(outcome.verdict == sla::Verdict::pass);
    CHECK(outcome.exit_code == 0);
    CHECK(outcome.remark.empty());
    CHECK(execute({.command = {"/bin/false"}}, options).exit_code == 1);
  }
}
