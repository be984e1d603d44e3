// SPDX-License-Identifier: MIT
#include "sla/executor/retrying.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../support/fake_clock.hpp"
#include "../support/temporary_folder.hpp"
#include "sla/executor/shell.hpp"

using namespace sla;
using namespace std::chrono_literals;

namespace {

using Verdicts = std::vector<Verdict>;

/// Ends as the list says, attempt after attempt, and writes which one it is.
struct Scripted {
  Verdicts verdicts;
  std::vector<int>* attempts;
  bool line_break = true;

  Result<Outcome> execute(Job const& job, Stop const&) {
    attempts->push_back(job.attempt);
    std::size_t const number = attempts->size();
    Verdict const verdict = verdicts.at(number - 1);
    if (verdict == Verdict::spawn_error) return Error{Errc::invalid, "cannot be run"};
    return Outcome{.verdict = verdict,
                   .exit_code = verdict == Verdict::pass ? 0 : 1,
                   .output = Output("try " + std::to_string(number) + (line_break ? "\n" : ""))};
  }
  [[nodiscard]] std::optional<Duration> longest_run() const { return 10s; }
};

struct Ran {
  Outcome outcome;
  std::vector<int> attempts;
  FakeTime time{};
  std::string log{};
};

Ran run(Verdicts verdicts, std::size_t retries, bool line_break = true,
        Stop const* stop = nullptr) {
  Ran ran;
  Stop const none;
  Retrying<Scripted, NoDigest, FakeClock> executor{
      Scripted{std::move(verdicts), &ran.attempts, line_break},
      {.retries = retries, .delay = 3s},
      FakeClock{ran.time}};
  auto outcome = executor.execute({.run_id = "id"}, stop != nullptr ? *stop : none);
  REQUIRE(outcome);
  ran.outcome = *std::move(outcome);
  ran.log = *ran.outcome.output.text();
  return ran;
}

}  // namespace

TEST_CASE("the first success ends the run, and the event tells what came before") {
  auto const ran = run({Verdict::fail, Verdict::timeout, Verdict::pass, Verdict::fail}, 3);
  CHECK(ran.outcome.verdict == Verdict::pass);
  CHECK(ran.outcome.exit_code == 0);
  CHECK(ran.outcome.attempts == Verdicts{Verdict::fail, Verdict::timeout, Verdict::pass});
  CHECK(ran.attempts == std::vector{1, 2, 3});
  CHECK(ran.time.waits.size() == 2);
  CHECK(ran.log ==
        "try 1\n[sla-runner: attempt 1 of 4 ended with verdict fail; the next follows]\n"
        "try 2\n[sla-runner: attempt 2 of 4 ended with verdict timeout; the next follows]\n"
        "try 3\n");
}

TEST_CASE("the last attempt decides") {
  auto const ran = run({Verdict::fail, Verdict::timeout}, 1, false);
  CHECK(ran.outcome.verdict == Verdict::timeout);
  CHECK(ran.outcome.attempts == Verdicts{Verdict::fail, Verdict::timeout});
  CHECK(ran.log ==
        "try 1\n[sla-runner: attempt 1 of 2 ended with verdict fail; the next follows]\ntry 2");
}

TEST_CASE("one that passes at once, or says that another attempt makes no sense, has no other") {
  for (Verdict const verdict :
       {Verdict::pass, Verdict::warn, Verdict::skipped, Verdict::interrupted}) {
    auto const ran = run({verdict}, 5);
    CHECK(ran.outcome.verdict == verdict);
    CHECK(ran.outcome.attempts.empty());
    CHECK(ran.log == "try 1\n");
    CHECK(ran.time.waits.empty());
  }
  CHECK(run({Verdict::fail}, 0).attempts == std::vector{0});
}

TEST_CASE("what could not be run at all gets another attempt too") {
  auto const ran = run({Verdict::spawn_error, Verdict::spawn_error}, 1);
  CHECK(ran.outcome.verdict == Verdict::spawn_error);
  CHECK(ran.outcome.exit_code == 126);
  CHECK(ran.outcome.reason == "cannot be run");
}

TEST_CASE("a stop between two attempts makes it no result") {
  Stop const stop;
  stop.request();
  auto const ran = run({Verdict::fail, Verdict::pass}, 1, true, &stop);
  CHECK(ran.outcome.verdict == Verdict::interrupted);
  CHECK(ran.attempts == std::vector{1});
  CHECK(ran.log.starts_with("try 1\n"));
}

TEST_CASE("the longest run has all attempts") {
  std::vector<int> attempts;
  Retrying executor{Scripted{{}, &attempts}, {.retries = 2, .delay = 3s}};
  CHECK(executor.longest_run() == 36s);
}

TEST_CASE("a command knows its attempt, and the log of all stands where that of the run does") {
  TemporaryFolder const folder;
  ProcessOptions const options{.pass_through = -1, .log_folder = folder.path()};
  Retrying executor{Shell{options}, {.retries = 4, .delay = 0s, .log_folder = folder.path()}};
  Job const job{.command = {"echo $SLARUNNER_ATTEMPT $SLARUNNER_RUN_ID; test "
                            "$SLARUNNER_ATTEMPT = 3"},
                .run_id = "an-id"};
  auto const outcome = executor.execute(job, Stop{});
  REQUIRE(outcome);
  CHECK(outcome->verdict == Verdict::pass);
  std::string const log = *outcome->output.text();
  CHECK(log.starts_with("1 an-id\n["));
  CHECK(log.ends_with("]\n3 an-id\n"));
  CHECK(outcome->output.stands_in(folder.path() + "/an-id.log"));
}
