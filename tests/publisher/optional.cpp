// SPDX-License-Identifier: MIT
// Covers: publisher/publish_all.hpp
#include "sla/publisher/optional.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "../support/batch_fakes.hpp"
#include "../support/fake_publisher.hpp"
#include "../support/sample_report.hpp"
#include "../support/spool_case.hpp"

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

TEST_CASE("several go to the one that is there, and are delivered where there is none") {
  static_assert(BatchPublisher<Optional<BatchFake>> && BatchLogStore<Optional<BatchLogFake>>);
  static_assert(!BatchPublisher<Optional<FakePublisher>>);
  std::vector<Report> const reports{report_of("a"), report_of("b")};
  Optional<BatchFake> none;
  auto const delivered = none.publish_all(reports);
  REQUIRE(delivered.size() == 2);
  CHECK((delivered[0] && delivered[1]));
  Optional<BatchLogFake> no_store{std::nullopt};
  CHECK(no_store.store_all(reports).at(1).value().empty());

  Service events, logs;
  Optional<BatchFake> some{BatchFake{&events}};
  Optional<BatchLogFake> store{BatchLogFake{&logs}};
  events.errors["b"] = logs.errors["a"] = {Error{Errc::denied, "no", http_status(403)}};
  auto const results = some.publish_all(reports);
  CHECK(results[0]);
  CHECK(results[1].error().message == "no");
  auto const uris = store.store_all(reports);
  CHECK(uris[0].error().message == "no");
  CHECK(uris[1].value() == "fake://b");
  CHECK(events.requests.size() == 1);
}

TEST_CASE("of several, those that do not count go only where they are wanted") {
  Service events;
  Optional<BatchFake> some{BatchFake{&events}};
  std::vector<Report> const reports{report_of("a"), report_of("b", Verdict::interrupted)};
  auto const results = publish_all_wanted(some, reports);
  REQUIRE(results.size() == 2);
  CHECK((results[0] && results[1]));
  CHECK(events.runs() == std::vector<std::string>{"a"});
}

TEST_CASE("a bundle goes to the store that is there") {
  struct Bundles : BatchLogFake {
    Result<std::string> store_bundle(Output const& bytes, WallTime) { return bytes.text(); }
  };
  Service logs;
  Optional<Bundles> store{Bundles{{&logs}}};
  CHECK(store.store_bundle(Output("all"), {}).value() == "all");
  CHECK(Optional<Bundles>{}.store_bundle(Output("all"), {}).value().empty());
  static_assert(!BundleLogStore<Optional<BatchLogFake>>);
}
