// SPDX-License-Identifier: MIT
#include "sla/publisher/best_effort.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "../support/batch_fakes.hpp"
#include "../support/fake_clock.hpp"
#include "../support/fake_publisher.hpp"
#include "../support/memory_file.hpp"
#include "../support/sample_report.hpp"
#include "../support/spool_case.hpp"

using namespace sla;
using namespace std::chrono_literals;

namespace {

/// A publisher that fails as it is told, with a log and a time of its own.
struct Case {
  Deliveries deliveries{};
  FakeTime time{};
  MemoryFile file{};
  BestEffort<FakePublisher, FakeClock> metrics{FakePublisher{deliveries}, "metrics",
                                               Logger{{.descriptor = file.descriptor()}},
                                               FakeClock{time}};

  void fail(std::size_t times) {
    for (std::size_t i = 0; i < times; ++i) {
      deliveries.errors = {Error{Errc::unavailable, "http 503", http_status(503)}};
      CHECK(metrics.publish(sample_report()));
    }
  }
  void succeed() {
    deliveries.errors.clear();
    CHECK(metrics.publish(sample_report()));
  }
  /// What the log says of the last failure, after the time and the program's name.
  [[nodiscard]] std::string said() const {
    std::string const text = file.text();
    std::size_t const start = text.find("warning: ");
    return start == std::string::npos ? text : text.substr(start);
  }
};

}  // namespace

static_assert(Publisher<BestEffort<FakePublisher>>);

TEST_CASE("what succeeds is published and nothing is said") {
  Case one;
  one.succeed();
  CHECK(one.deliveries.published.size() == 1);
  CHECK(one.file.text().empty());
}

TEST_CASE("a failure is no error, and the log says why") {
  Case one;
  one.fail(1);
  CHECK(one.said() == "warning: metrics are dropped: http 503 dropped=1\n");
}

TEST_CASE("the log says it once a minute, with the count") {
  Case one;
  one.fail(10);
  CHECK(one.said() == "warning: metrics are dropped: http 503 dropped=1\n");
  one.time.advance(59s);
  one.fail(1);
  CHECK(one.said().ends_with("dropped=1\n"));
  one.time.advance(1s);
  one.fail(1);
  CHECK(one.said().ends_with("dropped=12\n"));
}

TEST_CASE("drops that were not told yet are told after the minute, even if all is well again") {
  Case one;
  one.fail(3);
  CHECK(one.said().ends_with("dropped=1\n"));
  one.time.advance(60s);
  one.succeed();
  std::string const said = one.said();
  CHECK(said.ends_with("dropped=3\n"));
  one.time.advance(60s);
  one.succeed();
  CHECK(one.said() == said);
}

TEST_CASE("after a failure it rests, each time longer, and after a success no more") {
  Case one;
  one.fail(1);
  one.fail(1);  // not even asked
  CHECK(one.deliveries.published.size() == 1);
  one.time.advance(1s);
  one.fail(2);
  CHECK(one.deliveries.published.size() == 2);
  one.time.advance(1s);
  one.fail(1);
  CHECK(one.deliveries.published.size() == 2);
  one.time.advance(1s);
  one.succeed();
  one.succeed();
  CHECK(one.deliveries.published.size() == 4);
}

TEST_CASE("of several those that fail are dropped and counted, and all while it rests") {
  Service service;
  FakeTime time;
  MemoryFile file;
  BestEffort<BatchFake, FakeClock> metrics{
      BatchFake{&service}, "metrics", Logger{{.descriptor = file.descriptor()}}, FakeClock{time}};
  std::vector<Report> const reports{report_of("a"), report_of("b"), report_of("c")};
  auto const all_done = [](std::vector<Result<void>> const& results) {
    return results.size() == 3 && results[0] && results[1] && results[2];
  };
  service.errors["b"] = {Error{Errc::unavailable, "http 503", http_status(503)}};
  CHECK(all_done(metrics.publish_all(reports)));
  CHECK(file.text().ends_with("metrics are dropped: http 503 dropped=1\n"));
  CHECK(all_done(metrics.publish_all(reports)));
  CHECK(service.requests.size() == 1);
  time.advance(61s);
  CHECK(all_done(metrics.publish_all(reports)));
  CHECK(service.requests.size() == 2);
  CHECK(file.text().ends_with("dropped=4\n"));
}
