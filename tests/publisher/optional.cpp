// SPDX-License-Identifier: MIT
#include "sla/publisher/optional.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "../support/fake_publisher.hpp"
#include "../support/sample_report.hpp"

using namespace sla;

static_assert(Publisher<Optional<FakePublisher>>);
static_assert(!LogStore<Optional<FakePublisher>>);
static_assert(LogStore<Optional<FakeLogStore>>);

TEST_CASE("where there is no publisher every report counts as delivered") {
  Optional<FakePublisher> none;
  CHECK(none.publish(sample_report()).has_value());
  Optional<FakeLogStore> no_store{std::nullopt};
  CHECK(no_store.publish(sample_report()).has_value());
  CHECK(*no_store.store(sample_report()) == "");
}

TEST_CASE("where there is one it gets the report and its answer is the answer") {
  Deliveries deliveries;
  Optional<FakeLogStore> some{FakeLogStore{deliveries}};
  CHECK(some.publish(sample_report()).has_value());
  CHECK(*some.store(sample_report()) == "fake://example-service/1574515200_SUCCESS");
  deliveries.errors = {Error{Errc::denied, "no", http_status(403)},
                       Error{Errc::unavailable, "down", http_status(503)}};
  CHECK(some.publish(sample_report()).error() == Error{Errc::denied, "no", http_status(403)});
  CHECK(some.store(sample_report()).error() == Error{Errc::unavailable, "down", http_status(503)});
  CHECK(deliveries.published.size() == 2);
  CHECK(deliveries.stored.size() == 2);
}
