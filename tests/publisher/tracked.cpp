// SPDX-License-Identifier: MIT
#include "sla/publisher/tracked.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "../support/fake_publisher.hpp"
#include "../support/sample_report.hpp"
#include "sla/publisher/event.hpp"

using namespace sla;
using namespace std::chrono_literals;

namespace {

Tracking tracking(std::string_view good = "", std::string memory = {}) {
  Tracking options{.memory = std::move(memory)};
  if (!good.empty()) options.target = {.good = *ledger::parse_percentage(good)};
  return options;
}

/// A check once a minute, of which all reports are kept.
struct World {
  explicit World(Tracking const& options) : tracked(FakePublisher(deliveries), options) {}

  Report const& run(Verdict verdict) {
    Report report = sample_report();
    report.outcome.verdict = verdict;
    report.started_at += 1min * static_cast<int>(deliveries.published.size());
    CHECK(tracked.publish(report));
    return deliveries.published.back();
  }
  Report const& run(std::string_view verdicts) {
    for (char const c : verdicts) run(c == '+' ? Verdict::pass : Verdict::fail);
    return deliveries.published.back();
  }

  Deliveries deliveries{};
  Tracked<FakePublisher> tracked;
};

bool tells(Report const& report, std::string_view part) {
  return event_json(report, EventFormat::documented).find(part) != std::string::npos;
}

}  // namespace

static_assert(Publisher<Tracked<FakePublisher>>);
static_assert(!wants_uncounted<Tracked<FakePublisher>>);

TEST_CASE("the event says how the service stands, and since when with the event that changes it") {
  World world(tracking());
  CHECK(tells(world.run("+"), R"(,"state":"UNKNOWN"})"));
  Report const up = world.run("+");
  CHECK(up.standing.transition.empty());
  CHECK(tells(up, R"(,"state":"UP"})"));
  CHECK(world.run("--").standing.state == "UP");
  Report const down = world.run("-");
  CHECK(tells(down, R"("state":"DOWN","transition":"DOWN","sinceMs":1574515320000})"));
  Report const still = world.run("-");
  CHECK(still.standing.state == "DOWN");
  CHECK(still.standing.transition.empty());
  CHECK(tells(world.run("++"), R"("transition":"UP","sinceMs":1574515560000,"downMs":240000})"));
  CHECK(world.deliveries.published.back().standing.alert.empty());
}

TEST_CASE("with a target the event says what is left of the error budget") {
  World world(tracking("99.9"));
  Report const first = world.run("+");
  CHECK(first.standing.alert == "none");
  CHECK(tells(first, R"("state":"UNKNOWN","slo":{"target":99.9,"window":"30d","good":1,"bad":0,)"
                     R"("budget":0,"budgetLeft":0,"alert":"none","complete":false}})"));
  Report const third = world.run("---");
  CHECK(third.standing.alert == "page");
  CHECK(tells(third, R"("good":1,"bad":3,"budget":0,"budgetLeft":-3,"alert":"page")"));
  Tracking hours = tracking("50");
  hours.target->window = 36h;
  World other(hours);
  CHECK(tells(other.run("++-"), R"("target":50,"window":"36h","good":2,"bad":1,"budget":1,)"));
}

TEST_CASE("a result that says nothing about the service changes nothing") {
  World world(tracking("99.9"));
  world.run("++-");
  Report const unknown = world.run(Verdict::unknown);
  CHECK(tells(unknown, R"("counted":false,"state":"UP","slo":)"));
  CHECK(tells(unknown, R"("good":2,"bad":1,)"));
  world.run("-");
  world.run(Verdict::skipped);
  CHECK(world.run("-").standing.transition == "DOWN");
}

TEST_CASE("what the last event left is where the next process goes on") {
  World before(tracking("99.9"));
  Report const last = before.run("++--");
  REQUIRE(last.memory);
  World after(tracking("99.9", *last.memory));
  Report const next = after.run("-");
  CHECK(next.standing.transition == "DOWN");
  CHECK(tells(next, R"("good":2,"bad":3,)"));
  World anew(tracking("99.9"));
  CHECK(tells(anew.run("-"), R"("state":"UNKNOWN","slo":{"target":99.9,"window":"30d","good":0,)"));
  World damaged(tracking("99.9", last.memory->substr(0, 100)));
  CHECK(damaged.run("+").standing.state != "");
}

TEST_CASE("90 days of one check a minute are told as they were") {
  struct LastStanding {
    Result<void> publish(Report const& report) {
      *standing = report.standing;
      return {};
    }
    Standing* standing;
  };
  Standing standing;
  Tracked tracked(LastStanding{&standing}, tracking("99.9"));
  Report report = sample_report();
  int pages = 0, begins = 0, ends = 0;
  for (int minute = 0; minute < 90 * 1440; ++minute) {
    report.outcome.verdict = minute % 10'000 < 5 ? Verdict::fail : Verdict::pass;
    report.started_at += 1min;
    CHECK(tracked.publish(report));
    begins += standing.transition == "DOWN" ? 1 : 0;
    ends += standing.transition == "UP" ? 1 : 0;
    pages += minute % 10'000 == 2 && standing.alert == "page" ? 1 : 0;
  }
  CHECK(begins == 13);
  CHECK(ends == 13);
  CHECK(pages == 13);
  CHECK(standing.alert == "none");
  CHECK(standing.json.find(R"("good":43141,"bad":20,"budget":43,"budgetLeft":23)") !=
        std::string::npos);
  CHECK(standing.json.find(R"("complete":true)") != std::string::npos);
}
