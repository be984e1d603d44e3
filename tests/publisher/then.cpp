// SPDX-License-Identifier: MIT
#include "sla/publisher/then.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "../support/batch_fakes.hpp"
#include "../support/fake_publisher.hpp"
#include "../support/sample_report.hpp"
#include "../support/spool_case.hpp"

using namespace sla;

static_assert(Publisher<Then<FakePublisher, FakePublisher>>);

TEST_CASE("the second gets what the first took") {
  Deliveries first, second;
  Then both{FakePublisher{first}, FakePublisher{second}};
  CHECK(both.publish(sample_report()));
  CHECK(first.published.size() == 1);
  CHECK(second.published.size() == 1);
}

TEST_CASE("what the first refuses the second never sees") {
  Deliveries first, second;
  first.errors = {Error{Errc::denied, "no", http_status(403)}};
  Then both{FakePublisher{first}, FakePublisher{second}};
  CHECK(both.publish(sample_report()).error().message == "no");
  CHECK(second.published.empty());
}

TEST_CASE("an error of the second is one of both") {
  Deliveries first, second;
  second.errors = {Error{Errc::unavailable, "down", http_status(503)}};
  Then both{FakePublisher{first}, FakePublisher{second}};
  CHECK(both.publish(sample_report()).error().message == "down");
}

TEST_CASE("of several the second gets those that the first took, each with its own result") {
  Service first, second;
  Then both{BatchFake{&first}, BatchFake{&second}};
  static_assert(BatchPublisher<decltype(both)>);
  static_assert(!BatchPublisher<Then<FakePublisher, BatchFake>>);
  std::vector<Report> const reports{report_of("a"), report_of("b"), report_of("c")};
  first.errors["a"] = {Error{Errc::denied, "no", http_status(403)}};
  second.errors["c"] = {Error{Errc::unavailable, "down", http_status(503)}};
  auto const results = both.publish_all(reports);
  REQUIRE(results.size() == 3);
  CHECK(results[0].error().message == "no");
  CHECK(results[1]);
  CHECK(results[2].error().message == "down");
  CHECK(second.requests == std::vector<std::vector<std::string>>{{"b", "c"}});
}

TEST_CASE("of several a second that takes one at a time gets one at a time") {
  Service first;
  Deliveries second;
  Then both{BatchFake{&first}, FakePublisher{second}};
  second.errors = {std::nullopt, Error{Errc::unavailable, "down", http_status(503)}};
  auto const results = both.publish_all({report_of("a"), report_of("b")});
  CHECK(results[0]);
  CHECK(results[1].error().message == "down");
  CHECK(second.published.size() == 2);
}
