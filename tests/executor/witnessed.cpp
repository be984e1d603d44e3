// SPDX-License-Identifier: MIT
#include "sla/executor/witnessed.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "../support/loopback_server.hpp"

using namespace sla;

namespace {

struct Ending {
  Outcome outcome;

  Result<Outcome> execute(Job const&, Stop const&) { return outcome; }
  [[nodiscard]] std::optional<Duration> longest_run() const { return std::chrono::seconds{10}; }
};

std::string address_of(LoopbackServer const& server) {
  return "127.0.0.1:" + std::to_string(server.port());
}

/// An address where nobody listens any more.
std::string closed() { return address_of(LoopbackServer({CannedAnswer{}})); }

Outcome run(Outcome outcome, std::vector<std::string> witnesses, Stop const& stop = Stop{}) {
  Witnessed executor{Ending{std::move(outcome)}, {.addresses = std::move(witnesses)}};
  auto judged = executor.execute({}, stop);
  REQUIRE(judged);
  return *std::move(judged);
}

Outcome const failed{.verdict = Verdict::fail, .exit_code = 1, .reason = "refused"};

}  // namespace

TEST_CASE("a run that did not pass is unknown where no witness can be reached") {
  for (Verdict const verdict :
       {Verdict::fail, Verdict::timeout, Verdict::signaled, Verdict::spawn_error}) {
    auto const outcome = run({.verdict = verdict}, {closed(), closed()});
    CHECK(outcome.verdict == Verdict::unknown);
    CHECK(outcome.reason == "no witness can be reached either, so it may be this side");
    CHECK(outcome.ended);
  }
  CHECK(run(failed, {closed()}).reason ==
        "refused; no witness can be reached either, so it may be this side");
}

TEST_CASE("one witness that can be reached is enough, and none is asked if none is there") {
  LoopbackServer server({CannedAnswer{}});
  auto const outcome = run(failed, {closed(), address_of(server)});
  CHECK(outcome.verdict == Verdict::fail);
  CHECK(outcome.reason == "refused");
  CHECK(server.heads().empty());
  CHECK(run(failed, {}).verdict == Verdict::fail);
}

TEST_CASE("no witness is asked after a pass, or for what is no failure") {
  LoopbackServer server({CannedAnswer{}});
  for (Verdict const verdict :
       {Verdict::pass, Verdict::warn, Verdict::unknown, Verdict::skipped, Verdict::interrupted}) {
    CHECK(run({.verdict = verdict}, {address_of(server)}).verdict == verdict);
  }
  CHECK(server.connections() == 0);
}

TEST_CASE("a stop leaves the verdict as it is") {
  Stop const stop;
  stop.request();
  CHECK(run(failed, {closed()}, stop).verdict == Verdict::fail);
}

TEST_CASE("the longest run has the time of the witnesses") {
  Witnessed executor{Ending{failed}, {.addresses = {closed()}}};
  CHECK(executor.longest_run() == std::chrono::seconds{12});
}
