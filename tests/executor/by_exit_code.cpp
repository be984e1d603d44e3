// SPDX-License-Identifier: MIT
#include "sla/executor/by_exit_code.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>

#include "sla/executor/direct.hpp"
#include "sla/executor/shell.hpp"

using namespace sla;

namespace {

Outcome judged(Outcome outcome, ExitCodeRules const& rules) {
  judge_by_exit_code(rules, outcome);
  return outcome;
}

Outcome exited(int code, std::string output = "") {
  return {.verdict = code == 0 ? Verdict::pass : Verdict::fail,
          .exit_code = code,
          .output = Output(std::move(output))};
}

constexpr ExitCodeRules nagios{.codes = ExitCodes::nagios};

}  // namespace

TEST_CASE("the exit codes of plugins have verdicts of their own") {
  struct {
    int code;
    Verdict verdict;
  } const rows[] = {{0, Verdict::pass},     {1, Verdict::warn},    {2, Verdict::fail},
                    {3, Verdict::unknown},  {4, Verdict::unknown}, {127, Verdict::unknown},
                    {137, Verdict::unknown}};
  for (auto const& row : rows) {
    auto const outcome = judged(exited(row.code), nagios);
    CHECK(outcome.verdict == row.verdict);
    CHECK(outcome.exit_code == row.code);
    CHECK(outcome.degraded == (row.code == 1));
    CHECK(judged(exited(row.code), {}).verdict == (row.code == 0 ? Verdict::pass : Verdict::fail));
  }
  Report const warning{.outcome = judged(exited(1), nagios)};
  CHECK(warning.succeeded());
  CHECK(warning.conclusive());
}

TEST_CASE("a test that chose not to look is skipped, whatever its code means else") {
  ExitCodeRules const rules{.codes = ExitCodes::nagios, .skip = 2};
  CHECK(judged(exited(2), rules).verdict == Verdict::skipped);
  CHECK(judged(exited(1), rules).verdict == Verdict::warn);
  CHECK(judged(exited(0), {.skip = 0}).verdict == Verdict::skipped);
}

TEST_CASE("what did not end by itself is judged already") {
  for (Verdict const verdict : {Verdict::timeout, Verdict::signaled, Verdict::spawn_error,
                                Verdict::interrupted, Verdict::unknown, Verdict::skipped}) {
    Outcome const outcome{.verdict = verdict, .exit_code = 1};
    CHECK(judged(outcome, {.codes = ExitCodes::nagios, .skip = 1}).verdict == verdict);
  }
}

TEST_CASE("the first line is the message and the measurements") {
  auto const outcome = judged(exited(1, "DISK WARNING - 9% | /=9%;10\nmore | x=1\n"), nagios);
  CHECK(outcome.message == "DISK WARNING - 9%");
  CHECK(outcome.perf == R"([{"label":"/","value":9,"unit":"%","warn":"10"}])");
  CHECK(judged(exited(0, "no end"), nagios).message == "no end");
  CHECK(judged(exited(0, "plain | a=1"), {}).message.empty());
  CHECK(judged(exited(0, std::string(100'000, 'x')), nagios).message.size() == 256);
}

TEST_CASE("it does what the executor in it does") {
  ByExitCode executor{Shell{ProcessOptions{.timeout = std::chrono::seconds{5}, .pass_through = -1}},
                      nagios};
  CHECK(executor.longest_run() == std::chrono::seconds{10});
  auto const outcome = executor.execute({.command = {"echo '3 | a=3'; exit 3"}}, Stop{});
  REQUIRE(outcome);
  CHECK(outcome->verdict == Verdict::unknown);
  CHECK(outcome->message == "3");
}
