// SPDX-License-Identifier: MIT
#include "sla/publisher/all.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <utility>

#include "../support/fake_publisher.hpp"
#include "../support/sample_report.hpp"

using namespace sla;

namespace {

struct MoveOnly {
  Result<void> publish(Report const&) { return {}; }
  std::unique_ptr<int> owned{};
};

}  // namespace

static_assert(Publisher<All<>>);
static_assert(Publisher<All<FakePublisher>>);
static_assert(Publisher<All<FakePublisher, FakeLogStore, All<FakePublisher>>>);
static_assert(Publisher<All<MoveOnly>>);

TEST_CASE("no publisher at all delivers everything") {
  CHECK(All<>{}.publish(sample_report()).has_value());
}

TEST_CASE("every publisher gets the report, in order") {
  Deliveries deliveries;
  All all{FakePublisher{deliveries}, FakePublisher{deliveries}, FakePublisher{deliveries}};
  CHECK(all.publish(sample_report()).has_value());
  REQUIRE(deliveries.published.size() == 3);
  CHECK(deliveries.published[2].job.run_id == sample_report().job.run_id);
}

TEST_CASE("the failure of one does not keep the others from publishing") {
  Deliveries first;
  Deliveries second;
  Deliveries third;
  All all{FakePublisher{first}, FakePublisher{second}, FakePublisher{third}};
  first.errors = {Error{Errc::throttled, "first: slow down", http_status(429)}};
  third.errors = {Error{Errc::denied, "third: no", http_status(403)}};
  auto const done = all.publish(sample_report());
  CHECK(done.error() == Error{Errc::throttled, "first: slow down; third: no", http_status(429)});
  CHECK(first.published.size() == 1);
  CHECK(second.published.size() == 1);
  CHECK(third.published.size() == 1);
  CHECK(all.publish(sample_report()).has_value());
}

TEST_CASE("a publisher that can only be moved is held too") {
  All all{MoveOnly{std::make_unique<int>(1)}};
  All moved = std::move(all);
  CHECK(moved.publish(sample_report()).has_value());
}
