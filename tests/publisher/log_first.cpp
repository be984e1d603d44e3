// SPDX-License-Identifier: MIT
#include "sla/publisher/log_first.hpp"

#include <doctest/doctest.h>

#include <string>

#include "../support/fake_publisher.hpp"
#include "../support/sample_report.hpp"
#include "sla/publisher/optional.hpp"

using namespace sla;

static_assert(Publisher<LogFirst<FakeLogStore, FakePublisher>>);
static_assert(Publisher<LogFirst<Optional<FakeLogStore>, Optional<FakePublisher>>>);

namespace {

Report report_with(Verdict verdict) {
  Report report = sample_report();
  report.outcome.verdict = verdict;
  return report;
}

}  // namespace

TEST_CASE("the event says where the log was put") {
  Deliveries logs;
  Deliveries events;
  LogFirst both{FakeLogStore{logs}, FakePublisher{events}};
  CHECK(both.publish(sample_report()).has_value());
  REQUIRE(events.published.size() == 1);
  CHECK(events.published[0].log_uri == "fake://example-service/1574515200_SUCCESS");
  CHECK(events.published[0].log_error.empty());
  CHECK(logs.stored.size() == 1);
  CHECK(logs.published.empty());
}

TEST_CASE("the log is put before the event is published") {
  Deliveries both;
  LogFirst publisher{FakeLogStore{both}, FakePublisher{both}};
  both.errors = {Error{Errc::throttled, "the first call"}};
  CHECK_FALSE(publisher.publish(sample_report()).has_value());
  REQUIRE(both.published.size() == 1);
  CHECK(both.published[0].log_error == "the first call");
}

TEST_CASE("a log that cannot be put does not hold the event back, and is the error") {
  Deliveries logs;
  Deliveries events;
  LogFirst both{FakeLogStore{logs}, FakePublisher{events}};
  logs.errors = {Error{Errc::unavailable, "s3 put: down", http_status(503)}};
  CHECK(both.publish(sample_report()).error() ==
        Error{Errc::unavailable, "s3 put: down", http_status(503)});
  REQUIRE(events.published.size() == 1);
  CHECK(events.published[0].log_uri.empty());
  CHECK(events.published[0].log_error == "s3 put: down");
}

TEST_CASE("an event that cannot be published is the error, after that of the log") {
  Deliveries logs;
  Deliveries events;
  LogFirst both{FakeLogStore{logs}, FakePublisher{events}};
  events.errors = {Error{Errc::denied, "sns: no", http_status(403)}};
  CHECK(both.publish(sample_report()).error() == Error{Errc::denied, "sns: no", http_status(403)});
  CHECK(logs.stored.size() == 1);
  logs.errors = {Error{Errc::unavailable, "s3: down", http_status(503)}};
  events.errors = {Error{Errc::denied, "sns: no", http_status(403)}};
  CHECK(both.publish(sample_report()).error() ==
        Error{Errc::unavailable, "s3: down; sns: no", http_status(503)});
}

TEST_CASE("which logs are kept is a setting; the report goes on either way") {
  struct Row {
    UploadLogs upload;
    Verdict verdict;
    bool stored;
  };
  Row const rows[] = {
      {UploadLogs::always, Verdict::pass, true},
      {UploadLogs::always, Verdict::fail, true},
      {UploadLogs::always, Verdict::interrupted, true},
      {UploadLogs::failures, Verdict::pass, false},
      {UploadLogs::failures, Verdict::fail, true},
      {UploadLogs::failures, Verdict::timeout, true},
      {UploadLogs::failures, Verdict::signaled, true},
      {UploadLogs::failures, Verdict::spawn_error, true},
      {UploadLogs::failures, Verdict::interrupted, true},
      {UploadLogs::never, Verdict::pass, false},
      {UploadLogs::never, Verdict::fail, false},
      {UploadLogs::never, Verdict::interrupted, false},
  };
  for (Row const& row : rows) {
    CAPTURE(static_cast<int>(row.upload));
    CAPTURE(to_string(row.verdict));
    Deliveries logs;
    Deliveries events;
    LogFirst both{FakeLogStore{logs}, FakePublisher{events}, row.upload};
    CHECK(both.publish(report_with(row.verdict)).has_value());
    CHECK(logs.stored.size() == (row.stored ? 1 : 0));
    bool const counts = row.verdict != Verdict::interrupted;
    REQUIRE(events.published.size() == (counts ? 1 : 0));
    if (!counts) continue;
    CHECK(events.published[0].log_uri.empty() == !row.stored);
    CHECK(events.published[0].outcome.verdict == row.verdict);
  }
}

TEST_CASE("without a store the event says nothing of a log") {
  Deliveries events;
  LogFirst both{Optional<FakeLogStore>{}, FakePublisher{events}};
  CHECK(both.publish(sample_report()).has_value());
  REQUIRE(events.published.size() == 1);
  CHECK(events.published[0].log_uri.empty());
  CHECK(events.published[0].log_error.empty());
}
