// SPDX-License-Identifier: MIT
#include "sla/publisher/then.hpp"

#include <doctest/doctest.h>

#include "../support/fake_publisher.hpp"
#include "../support/sample_report.hpp"

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
