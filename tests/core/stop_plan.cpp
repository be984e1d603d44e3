// SPDX-License-Identifier: MIT
// Covers: core/least.hpp
#include "sla/core/stop_plan.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace sla;
using namespace std::chrono_literals;

namespace {

struct Row {
  char const* what;
  StopTimes times;
  StopPlan plan;
};

// The program itself: 25 s of budget, 5 s of grace, and what is usually kept for delivery.
constexpr Row rows[] = {
    {"as it is unless told otherwise", {25s, 5s, 5s}, {15s, 20s, 21200ms, 22400ms, 24800ms, 25s}},
    {"Docker's ten seconds", {10s, 5s, 2500ms}, {2500ms, 7500ms, 8075ms, 8650ms, 9800ms, 10s}},
    {"no grace", {25s, 0s, 5s}, {20s, 20s, 21200ms, 22400ms, 24800ms, 25s}},
    {"a grace that takes all there is", {25s, 20s, 5s}, {0s, 20s, 21200ms, 22400ms, 24800ms, 25s}},
    {"a grace for which there is no time", {4s, 60s, 1s}, {0s, 3s, 3200ms, 3400ms, 3800ms, 4s}},
    {"a second", {1s, 0s, 300ms}, {700ms, 700ms, 750ms, 800ms, 900ms, 1s}},
    {"all of it for delivery, as once the command is over",
     {10s, 0s, 10s},
     {0s, 0s, 2450ms, 4900ms, 9800ms, 10s}},
    {"more for delivery than there is", {4s, 5s, 10s}, {0s, 0s, 950ms, 1900ms, 3800ms, 4s}},
    {"nothing for delivery", {10s, 5s, 0s}, {5s, 10s, 10s, 10s, 10s, 10s}},
    {"no time at all", {0s, 5s, 5s}, {0s, 0s, 0s, 0s, 0s, 0s}},
};

}  // namespace

TEST_CASE("a stop is planned from its end") {
  for (Row const& row : rows) {
    CAPTURE(std::string(row.what));
    CHECK(stop_plan(row.times) == row.plan);
  }
}

TEST_CASE("no step of any stop ends before the one ahead of it, nor after the budget") {
  for (Duration budget = 0s; budget <= 30s; budget += 770ms) {
    for (Duration grace = 0s; grace <= 30s; grace += 2s) {
      for (Duration delivery = 0s; delivery <= 30s; delivery += 3s) {
        StopPlan const plan = stop_plan({budget, grace, delivery});
        CHECK(Duration::zero() <= plan.cut);
        CHECK(plan.cut <= plan.kill);
        CHECK(plan.kill <= plan.gone);
        CHECK(plan.gone <= plan.logs);
        CHECK(plan.logs <= plan.events);
        CHECK(plan.events <= plan.end);
        CHECK(plan.end == budget);
      }
    }
  }
}

TEST_CASE("delivery is usually kept a quarter, and five seconds at most") {
  CHECK(usual_delivery(25s) == 5s);
  CHECK(usual_delivery(20s) == 5s);
  CHECK(usual_delivery(10s) == 2500ms);
  CHECK(usual_delivery(0s) == 0s);
}

TEST_CASE("the lesser and the greater of two values are told apart") {
  CHECK(internal::least(1, 2) == 1);
  CHECK(internal::least(2, 1) == 1);
  CHECK(internal::greatest(1, 2) == 2);
  CHECK(internal::greatest(2, 1) == 2);
  CHECK(internal::least(-1ms, 0ms) == -1ms);
  CHECK(internal::greatest(3, 3) == internal::least(3, 3));
}
