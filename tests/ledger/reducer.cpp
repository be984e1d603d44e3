// SPDX-License-Identifier: MIT
// Covers: ledger/book.hpp
#include "sla/ledger/reducer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "tests/support/ledger_story.hpp"

using namespace sla::ledger;
using story::Said;

namespace {

std::string const one = story::boot(100, 1);
std::string const two = story::boot(200, 2);
Question const whole{.window = {0, 1000}};

/// up, down, unknown, unmonitored, excluded
void check_times(ServiceAnswer const& answer, Times const& times) {
  CAPTURE(answer.times.up);
  CAPTURE(answer.times.down);
  CAPTURE(answer.times.unknown);
  CAPTURE(answer.times.unmonitored);
  CAPTURE(answer.times.excluded);
  CHECK(answer.times == times);
}

}  // namespace

TEST_CASE("R1: the same run again is a duplicate, and another verdict a conflict that is lost") {
  std::vector<Said> const all{
      {.end = 200, .boot = one, .seq = 1, .next = 400, .run = "a"},
      {.end = 200, .boot = one, .seq = 1, .next = 400, .run = "a"},
      {.end = 300, .boot = one, .seq = 2, .next = 500, .run = "b"},
      {.end = 300, .verdict = "fail", .boot = one, .seq = 2, .next = 500, .run = "b"},
      {.end = 300, .boot = one, .seq = 2, .next = 500, .run = "b"},
  };
  auto const answer = story::only(all, whole);
  CHECK(answer.counts == Counts{.good = 1, .bad = 1, .duplicates = 2, .conflicts = 1});
  check_times(answer, {.up = 100, .down = 200, .unmonitored = 700});
}

TEST_CASE("R1: runs of two services are two, whatever their ids") {
  std::vector<Said> const all{{.end = 200, .run = "a", .service = "x"},
                              {.end = 200, .run = "a", .service = "y"},
                              {.end = 300, .service = "y"},
                              {.end = 300, .service = "y"}};
  auto const answer = story::reduce(all, whole);
  REQUIRE(answer.services.size() == 2);
  CHECK(answer.services[0].counts == Counts{.good = 1});
  CHECK(answer.services[1].counts == Counts{.good = 3});
}

TEST_CASE("R2: of overlapping boots the run that ended last counts") {
  std::vector<Said> const all{
      {.end = 200, .boot = one, .seq = 1, .next = 700},
      {.end = 300, .verdict = "fail", .boot = two, .seq = 1, .next = 400},
      {.end = 600, .boot = one, .seq = 2, .next = 700},
  };
  auto const answer = story::only(all, whole);
  check_times(answer, {.up = 400, .down = 100, .unmonitored = 500});  // up again from 400
  REQUIRE(answer.outages.size() == 1);
  CHECK(answer.outages[0].from == 300);
  CHECK(answer.outages[0].to == 400);
}

TEST_CASE("R2: in a tie the later boot counts, then the higher number") {
  std::vector<Said> all{
      {.end = 300, .verdict = "fail", .boot = one, .seq = 1, .next = 500},
      {.end = 300, .boot = two, .seq = 1, .next = 500},
  };
  check_times(story::only(all, whole), {.up = 200, .unmonitored = 800});
  all[1].verdict = "unknown";
  check_times(story::only(all, whole), {.unknown = 200, .unmonitored = 800});
  all[1] = {.end = 300, .boot = one, .seq = 2, .next = 500};
  check_times(story::only(all, whole), {.up = 200, .unmonitored = 800});
}

TEST_CASE("R3: a result holds to the next one, but no longer than its own limit") {
  std::vector<Said> all{
      {.end = 200, .boot = one, .seq = 1, .next = 250},
      {.end = 300, .verdict = "fail", .boot = one, .seq = 2, .next = 900},
      {.end = 400, .boot = one, .seq = 3, .next = 450},
  };
  check_times(story::only(all, whole), {.up = 100, .down = 100, .unmonitored = 800});
  all[0].next = {};
  all[2].next = {};  // to the next event, or not at all
  check_times(story::only(all, whole), {.up = 100, .down = 100, .unmonitored = 800});
}

TEST_CASE("R4: what was lost is unknown, from the end before to the event behind") {
  std::vector<Said> all{
      {.end = 200, .boot = one, .seq = 1, .next = 350},
      {.end = 500, .boot = one, .seq = 4, .previous = 300, .next = 600},
  };
  auto answer = story::only(all, whole);
  CHECK(answer.counts == Counts{.good = 2, .lost = 2});
  check_times(answer, {.up = 200, .unknown = 200, .unmonitored = 600});
  all[0].next = 250;  // its own limit, as ever
  check_times(story::only(all, whole), {.up = 150, .unknown = 250, .unmonitored = 600});
  all[1].previous = {};  // then nothing says that the result before held at all
  check_times(story::only(all, whole), {.up = 100, .unknown = 300, .unmonitored = 600});
}

TEST_CASE("R4: what was lost before the first event is unknown from the begin of its boot") {
  std::vector<Said> const all{{.end = 500, .boot = one, .seq = 3, .next = 600}};
  auto const answer = story::only(all, whole);
  CHECK(answer.counts == Counts{.good = 1, .lost = 2});
  check_times(answer, {.up = 100, .unknown = 400, .unmonitored = 500});
}

TEST_CASE("R4: what was lost ranks by its begin") {
  std::vector<Said> const all{
      {.end = 200, .verdict = "fail", .boot = one, .seq = 1, .next = 800},
      {.end = 600, .boot = two, .seq = 2, .next = 700},  // unknown from 200, when two began
      {.end = 400, .verdict = "fail", .boot = story::boot(350), .seq = 1, .next = 450},
  };
  auto const answer = story::only(all, whole);
  CHECK(answer.counts == Counts{.good = 1, .bad = 2, .lost = 1});
  check_times(answer, {.up = 100, .down = 150, .unknown = 350, .unmonitored = 400});
}

TEST_CASE("R5: a result that says nothing of the service holds as unknown") {
  std::vector<Said> const all{
      {.end = 200, .verdict = "unknown", .boot = one, .seq = 1, .next = 350},
      {.end = 300, .boot = one, .seq = 2, .next = 350},
  };
  auto const answer = story::only(all, whole);
  CHECK(answer.counts == Counts{.good = 1, .uncounted = 1});
  check_times(answer, {.up = 50, .unknown = 100, .unmonitored = 850});
}

TEST_CASE("R6: before the first event and behind the last one's limit nobody looked") {
  check_times(story::only({{.end = 400, .boot = one, .seq = 1, .next = 450}}, whole),
              {.up = 50, .unmonitored = 950});
  CHECK(story::only({{.end = 400, .boot = one, .seq = 1, .next = 450}}, whole).state ==
        State::unmonitored);
}

TEST_CASE("R7: where the clock was set back, the result before holds nothing") {
  std::vector<Said> const all{
      {.end = 500, .verdict = "fail", .boot = one, .seq = 1, .next = 700},
      {.end = 300, .boot = one, .seq = 2, .previous = 500, .next = 400},
      {.end = 380, .boot = one, .seq = 3, .previous = 300, .next = 450},
  };
  auto const answer = story::only(all, whole);
  CHECK(answer.counts == Counts{.good = 2, .bad = 1, .clock_steps = 1});
  check_times(answer, {.up = 150, .unmonitored = 850});
}

TEST_CASE("R8: what is excluded is excluded, whatever it was") {
  std::vector<Said> const all{
      {.end = 100, .boot = one, .seq = 1, .next = 300, .groups = {"web"}},
      {.end = 300, .verdict = "fail", .boot = one, .seq = 2, .next = 700, .groups = {"web"}},
  };
  Question question = whole;
  question.exclusions = {{.window = {250, 400}, .service = "shop"},
                         {.window = {390, 450}, .group = "web"},
                         {.window = {500, 550}, .group = "other"},
                         {.window = {900, 2000}, .service = "*"}};
  auto const answer = story::only(all, question);
  check_times(answer, {.up = 150, .down = 250, .unknown = 0, .unmonitored = 300, .excluded = 300});
  CHECK(answer.state == State::excluded);
  REQUIRE(answer.outages.size() == 1);
  CHECK(answer.outages[0].from == 450);
}

TEST_CASE("R9: events that do not say it hold for twice the usual distance") {
  std::vector<Said> const all{
      {.end = 0}, {.end = 10}, {.end = 10}, {.end = 23, .verdict = "fail"}, {.end = 500}};
  auto const answer = story::only(all, whole);  // distances 10, 13, 477: twice 13
  CHECK(answer.inferred);
  check_times(answer, {.up = 49, .down = 26, .unmonitored = 925});
  Question question = whole;
  question.hold = 100;
  check_times(story::only(all, question), {.up = 123, .down = 100, .unmonitored = 777});
  question.window = {700, 900};
  CHECK_FALSE(story::only(all, question).inferred);
  check_times(story::only({{.end = 10}}, whole), {.unmonitored = 1000});
}

TEST_CASE("R9: of events of one end the worst holds") {
  std::vector<Said> const all{{.end = 10, .verdict = "fail"}, {.end = 10}, {.end = 20}};
  check_times(story::only(all, whole), {.up = 20, .down = 10, .unmonitored = 970});
}

TEST_CASE("R10: several locations decide by quorum") {
  std::vector<Said> all{
      {.end = 100, .boot = one, .seq = 1, .next = 500, .location = "a"},
      {.end = 200, .verdict = "fail", .boot = one, .seq = 1, .next = 600, .location = "b"},
      {.end = 300, .verdict = "unknown", .boot = one, .seq = 1, .next = 900, .location = "c"},
  };
  Question question = whole;  // a is up 100-500, b down 200-600, c unknown 300-900
  check_times(story::only(all, question),
              {.up = 100, .down = 400, .unknown = 300, .unmonitored = 200});
  question.quorum = {.kind = Quorum::Kind::any};
  check_times(story::only(all, question),
              {.up = 100, .down = 400, .unknown = 300, .unmonitored = 200});
  question.quorum = {.kind = Quorum::Kind::all};
  check_times(story::only(all, question),
              {.up = 400, .down = 100, .unknown = 300, .unmonitored = 200});
  question.quorum = {.kind = Quorum::Kind::count, .count = 2};
  check_times(story::only(all, question),
              {.up = 500, .down = 0, .unknown = 300, .unmonitored = 200});
}

TEST_CASE("a group is down while any of its services is, and excluded when all are") {
  std::vector<Said> const all{
      {.end = 100, .boot = one, .seq = 1, .next = 900, .service = "x", .groups = {"g"}},
      {.end = 100, .boot = one, .seq = 1, .next = 300, .service = "y", .groups = {"g", "h"}},
      {.end = 300,
       .verdict = "fail",
       .boot = one,
       .seq = 2,
       .next = 500,
       .run = "r",
       .service = "y",
       .groups = {"g"},
       .log = "s3://b/k"},
  };
  Question question = whole;
  question.exclusions = {{.window = {0, 150}, .group = "g"},
                         {.window = {450, 600}, .service = "y"}};
  auto const answer = story::reduce(all, question);
  REQUIRE(answer.groups.size() == 2);
  CHECK(answer.groups[0].group == "g");
  // x is up and y excluded from 450 to 600: up.
  CHECK(answer.groups[0].times ==
        Times{.up = 300, .down = 150, .unknown = 0, .unmonitored = 400, .excluded = 150});
  REQUIRE(answer.groups[0].outages.size() == 1);
  CHECK(answer.groups[0].outages[0] == Outage{300, 450, "y", "fail", "r", "s3://b/k"});
  CHECK(answer.services[1].groups == std::vector<std::string>{"g", "h"});
}

TEST_CASE("a window cuts an outage, and counts the events that end in it") {
  std::vector<Said> const all{
      {.end = 100, .verdict = "timeout", .boot = one, .seq = 1, .next = 300, .run = "first"},
      {.end = 300, .verdict = "fail", .boot = one, .seq = 2, .next = 500, .run = "second"},
      {.end = 500, .boot = one, .seq = 3, .next = 600},
  };
  auto const answer = story::only(all, {.window = {200, 400}});
  CHECK(answer.counts == Counts{.bad = 1});
  check_times(answer, {.down = 200});
  REQUIRE(answer.outages.size() == 1);
  CHECK(answer.outages[0] == Outage{200, 400, "shop", "timeout", "first", ""});
  CHECK(answer.state == State::down);
  CHECK(story::only(all, {.window = {100, 500}}).counts == Counts{.bad = 2});
}

TEST_CASE("9,995 of 10,000 minutes are 99.950 percent") {
  std::vector<Said> all;
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    Milliseconds const end = Milliseconds{i} * 60'000;
    all.push_back({.end = end,
                   .verdict = i % 2000 == 7 ? "fail" : "pass",
                   .boot = one,
                   .seq = i + 1,
                   .next = end + 90'000});
  }
  auto const answer = story::only(all, {.window = {0, 600'000'000}});
  CHECK(occurrences(answer.counts) == "99.950");
  CHECK(availability(answer.times) == "99.950");
  CHECK(worst(answer.times) == "99.950");
  CHECK(coverage(answer.times) == "100.000");
  CHECK(timeslices(answer.slices) == "99.950");
  CHECK(answer.outages.size() == 5);
}

TEST_CASE("no events give no answer, and an empty window is empty") {
  CHECK(story::reduce({}, whole).services.empty());
  auto const answer = story::only({{.end = 10}}, {.window = {5, 5}});
  CHECK(answer.times == Times{});
  CHECK(availability(answer.times) == std::nullopt);
}

TEST_CASE("results of many services and processes come in any order, and their groups add up") {
  std::vector<Said> all;
  for (int round = 0; round < 3; ++round) {
    for (int service = 0; service < 2000; ++service) {
      all.push_back({.end = 100 * (round + 1),
                     .verdict = service % 2 == 0 ? "pass" : "fail",
                     .boot = story::boot(100, service % 7),
                     .seq = static_cast<std::uint32_t>(round + 1),
                     .run = std::to_string(round) + '/' + std::to_string(service),
                     .service = std::to_string(service),
                     .groups = {std::to_string((service + round) % 3)}});
    }
  }
  auto const answer = story::reduce(all, whole);
  REQUIRE(answer.services.size() == 2000);
  for (ServiceAnswer const& service : answer.services) {
    CAPTURE(service.service);
    bool const good = std::stoi(service.service) % 2 == 0;
    CHECK(service.counts == (good ? Counts{.good = 3} : Counts{.bad = 3}));
    CHECK(service.groups == std::vector<std::string>{"0", "1", "2"});
  }
  std::reverse(all.begin(), all.end());
  CHECK(story::reduce(all, whole) == answer);
}
