// SPDX-License-Identifier: MIT
#include "sla/publisher/each_once.hpp"

#include <doctest/doctest.h>

#include "../support/fake_publisher.hpp"
#include "../support/spool_case.hpp"

using namespace sla;

namespace {

Error const outage{Errc::unavailable, "http 503", 503};
Error const denial{Errc::denied, "http 403", 403};
Error const refusal{Errc::rejected, "http 400", 400};

}  // namespace

TEST_CASE("a report that comes again goes only to those that did not take it") {
  Deliveries first, second;
  second.errors = {outage};
  EachOnce each{FakePublisher{first}, FakePublisher{second}};
  CHECK(each.publish(report_of("a")).error().code == Errc::unavailable);
  CHECK(each.publish(report_of("a")));
  CHECK(first.published.size() == 1);
  CHECK(second.published.size() == 2);
}

TEST_CASE("once all took it a report is a new one") {
  Deliveries first;
  EachOnce each{FakePublisher{first}};
  CHECK(each.publish(report_of("a")));
  CHECK(each.publish(report_of("a")));
  CHECK(first.published.size() == 2);
}

TEST_CASE("an error that may pass comes before a refusal, which is told at the end") {
  Deliveries first, second;
  first.errors = {refusal};
  second.errors = {denial};
  EachOnce each{FakePublisher{first}, FakePublisher{second}};
  CHECK(each.publish(report_of("a")).error().code == Errc::denied);
  CHECK(each.publish(report_of("a")).error().code == Errc::rejected);
  CHECK(first.published.size() == 1);
}

TEST_CASE("of several errors the one that mends itself decides, and all are told") {
  Deliveries first, second;
  first.errors = {denial};
  second.errors = {outage};
  EachOnce each{FakePublisher{first}, FakePublisher{second}};
  auto const done = each.publish(report_of("a"));
  CHECK(done.error().code == Errc::unavailable);
  CHECK(done.error().message == "http 503; http 403");
}

TEST_CASE("of several stores the first URI counts, each stores once") {
  Deliveries first, second;
  first.errors = {outage};
  EachOnce each{FakeLogStore{first}, FakeLogStore{second}};
  CHECK(!each.store(report_of("a")));
  CHECK(each.store(report_of("b")));
  CHECK(each.store(report_of("a")).value() == "fake://example-service/1574515200_SUCCESS");
  CHECK(first.stored.size() == 3);
  CHECK(second.stored.size() == 2);
}
