// SPDX-License-Identifier: MIT
// Covers: publisher/delivery_options.hpp
#include "sla/publisher/delivery.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../support/fake_clock.hpp"
#include "../support/fake_publisher.hpp"
#include "../support/spool_case.hpp"
#include "sla/spool/memory.hpp"

using namespace sla;
using namespace sla::internal;
using namespace std::chrono_literals;

namespace {

using Texts = std::vector<std::string>;
Error const outage{Errc::unavailable, "http 503", http_status(503)};
Error const denial{Errc::denied, "http 403", http_status(403)};
Error const refusal{Errc::rejected, "http 400", http_status(400)};
Error const too_large{Errc::unacceptable, "http 413", http_status(413)};

/// A spool whose logs have a flaw: they cannot be read now, or are gone.
struct FlawedSpool : MemorySpool {
  std::string* unreadable;
  bool* gone;

  FlawedSpool(std::string& the_unreadable, bool& the_gone)
      : MemorySpool({}, Logger{{.format = LogFormat::none}}),
        unreadable(&the_unreadable),
        gone(&the_gone) {}

  Result<std::optional<Entry>> next_event(std::uint64_t behind) {
    return flawed(MemorySpool::next_event(behind));
  }
  Result<std::optional<Entry>> next_log(std::uint64_t behind) {
    return flawed(MemorySpool::next_log(behind));
  }
  Result<std::optional<Entry>> flawed(Result<std::optional<Entry>> entry) const {
    if (*entry && *gone) (*entry)->log = Part::done;
    if (*entry) (*entry)->unreadable = *unreadable;
    return entry;
  }
};

template <class S = MemorySpool>
struct BasicFixture {
  explicit BasicFixture(UploadLogs upload = UploadLogs::always, std::uint64_t limit = 32U << 20U)
      : BasicFixture(S({.limit = limit}, Logger{{.format = LogFormat::none}}), upload) {}
  explicit BasicFixture(S spool, UploadLogs upload = UploadLogs::always)
      : delivery(FakeLogStore{logs}, FakePublisher{events}, std::move(spool), stops,
                 {.upload = upload}, FakeClock{time}, Logger{{.format = LogFormat::none}}) {}

  void add(std::string const& run, Verdict verdict = Verdict::pass) {
    delivery.add(report_of(run, verdict));
  }
  /// Goes on until nothing is due now.
  Instant settle() {
    Instant due = delivery.step();
    while (due <= time.now) due = delivery.step();
    return due;
  }
  /// Goes on, and lets time pass, until nothing waits.
  void wait_for_all() {
    for (Instant due = settle(); due != Instant::max(); due = settle())
      time.advance(due - time.now);
  }
  static Texts runs(std::vector<Report> const& reports) {
    Texts runs;
    for (Report const& report : reports) runs.push_back(report.job.run_id);
    return runs;
  }

  FakeTime time{};
  Deliveries logs{}, events{};
  DeliveryStops stops{};
  Delivery<FakeLogStore, FakePublisher, S, FakeClock> delivery;
};
using Fixture = BasicFixture<>;

}  // namespace

TEST_CASE("reports are delivered in order, the log before the event that says where it is") {
  Fixture f;
  for (char const* const run : {"a", "b"}) f.add(run);
  CHECK(f.settle() == Instant::max());
  CHECK(Fixture::runs(f.logs.stored) == Texts{"a", "b"});
  CHECK(Fixture::runs(f.events.published) == Texts{"a", "b"});
  CHECK(f.events.published[0].log_uri == "fake://example-service/1574515200_SUCCESS");
  CHECK(f.delivery.count().events == 0);
  CHECK(f.delivery.in_memory().empty());
}

TEST_CASE("a log that cannot be delivered never holds back its event, and follows later") {
  Fixture f;
  f.logs.errors = {outage};
  f.add("a");
  Instant const due = f.settle();
  REQUIRE(f.events.published.size() == 1);
  CHECK(f.events.published[0].log_uri.empty());
  CHECK(f.events.published[0].log_error == "http 503");
  CHECK(f.delivery.count().logs == 1);
  f.time.advance(due - f.time.now);
  CHECK(f.settle() == Instant::max());
  CHECK(Fixture::runs(f.logs.stored) == Texts{"a", "a"});
  CHECK(f.logs.stored[1].log_error.empty());
  CHECK(f.events.published.size() == 1);
  CHECK(f.delivery.in_memory().empty());
}

TEST_CASE("a log that cannot be read now is not sent, holds back nothing, and follows later") {
  std::string unreadable = "a.log: Permission denied";
  bool gone = false;
  BasicFixture<FlawedSpool> f{FlawedSpool(unreadable, gone)};
  f.add("a");
  CHECK(f.settle() > f.time.now);
  REQUIRE(f.events.published.size() == 1);
  CHECK(f.events.published[0].log_error == "a.log: Permission denied");
  CHECK(f.logs.stored.empty());
  unreadable.clear();
  f.wait_for_all();
  CHECK(f.logs.stored.size() == 1);
}

TEST_CASE("a log that is gone once its event is delivered is done with") {
  std::string unreadable = "busy";
  bool gone = false;
  BasicFixture<FlawedSpool> f{FlawedSpool(unreadable, gone)};
  f.add("a");
  f.settle();
  CHECK(f.delivery.count().logs == 1);
  gone = true;
  f.wait_for_all();
  CHECK(f.delivery.count().logs == 0);
  CHECK(f.logs.stored.empty());
}

TEST_CASE("a log that is not wanted, or is delivered, takes no room while its event waits") {
  std::string const log(100'000, 'x');
  for (UploadLogs const upload : {UploadLogs::never, UploadLogs::always}) {
    Fixture f{upload, 1U << 20U};
    f.events.errors = {outage};
    for (int i = 0; i < 50; ++i) {
      f.delivery.add(report_of(std::to_string(i), Verdict::pass, log));
      f.settle();
    }
    CHECK(f.events.published.size() == 1);
    CHECK(f.delivery.count().events == 50);
    f.wait_for_all();
    CHECK(f.events.published.size() == 51);
    CHECK(f.events.published.back().log_error.empty());
    CHECK(f.logs.stored.size() == (upload == UploadLogs::never ? 0 : 50));
  }
}

TEST_CASE("while logs cannot be delivered, events lose no time with them") {
  Fixture f;
  f.logs.errors = {denial};
  for (char const* const run : {"a", "b", "c"}) f.add(run);
  f.settle();
  CHECK(f.logs.stored.size() == 1);
  CHECK(f.events.published.size() == 3);
  CHECK(f.events.published[2].log_error == "http 403");
  f.wait_for_all();
  CHECK(f.logs.stored.size() == 4);
}

TEST_CASE("one log that never succeeds does not keep the others from being tried") {
  Fixture f;
  f.logs.errors = {denial, denial};
  for (char const* const run : {"a", "b"}) f.add(run);
  f.wait_for_all();
  CHECK(Fixture::runs(f.logs.stored) == Texts{"a", "a", "b", "a"});
}

TEST_CASE("an event that cannot be delivered is tried again, and those behind it wait") {
  Fixture f;
  f.events.errors = {outage, outage, outage};
  for (char const* const run : {"a", "b"}) f.add(run);
  f.wait_for_all();
  CHECK(Fixture::runs(f.events.published) == Texts{"a", "a", "a", "a", "b"});
  CHECK(Fixture::runs(f.logs.stored) == Texts{"a", "b"});
  CHECK(f.events.published[3].log_uri == "fake://example-service/1574515200_SUCCESS");
}

TEST_CASE("a new report is a reason to try again, at most once a second") {
  Fixture f;
  f.events.errors.assign(1000, outage);
  f.add("a");
  // The waits are drawn at random: until one is longer than the second that this is about.
  Instant due = f.settle();
  while (f.events.published.size() < 6 || due - f.time.now <= 1s) {
    f.time.advance(due - f.time.now);
    due = f.settle();
  }
  std::size_t const attempts = f.events.published.size();
  f.events.errors.clear();
  f.time.advance(500ms);
  f.add("b");
  CHECK(f.settle() <= f.time.now + 500ms);
  CHECK(f.events.published.size() == attempts);
  f.time.advance(500ms);
  CHECK(f.settle() == Instant::max());
  CHECK(f.events.published.size() == attempts + 2);
}

TEST_CASE("what can never succeed is set aside with its reason, and what follows goes on") {
  Fixture f;
  f.events.errors = {too_large};
  for (char const* const run : {"a", "b"}) f.add(run);
  CHECK(f.settle() == Instant::max());
  CHECK(Fixture::runs(f.events.published) == Texts{"a", "b"});
  CHECK(f.delivery.count().refused == 1);
  CHECK(f.delivery.in_memory()[0].reason == "http 413");
}

TEST_CASE("an event that is refused is tried again within seconds, and those behind it wait") {
  for (Error const& error : {refusal, denial}) {
    Fixture f;
    f.events.errors = {error, error, error};
    for (char const* const run : {"a", "b"}) f.add(run);
    Instant const began = f.time.now;
    f.wait_for_all();
    CHECK(f.time.now - began <= 7s);
    CHECK(Fixture::runs(f.events.published) == Texts{"a", "a", "a", "a", "b"});
    CHECK(f.delivery.count().refused == 0);
  }
}

TEST_CASE("an event that is refused again and again lets those go first that pass, and follows") {
  for (Error const& error : {refusal, denial}) {
    Fixture f;
    f.events.errors = {error, error, error, error, std::nullopt, std::nullopt, error};
    for (char const* const run : {"a", "b", "c"}) f.add(run);
    Instant const began = f.time.now;
    while (f.events.published.size() < 6) f.time.advance(f.settle() - f.time.now);
    CHECK(f.time.now - began <= 30s);
    CHECK(f.delivery.count().refused == 0);
    f.wait_for_all();
    CHECK(Fixture::runs(f.events.published) == Texts{"a", "a", "a", "a", "b", "c", "a", "a"});
    CHECK(f.delivery.in_memory().empty());
  }
}

TEST_CASE("rights that flicker set nothing aside, and everything arrives") {
  for (Error const& error : {refusal, denial}) {
    Fixture f;
    for (int i = 0; i < 60; ++i) {
      f.events.errors.push_back(i % 2 == 0 ? std::optional(error) : std::nullopt);
      f.logs.errors.push_back(i % 3 != 0 ? std::optional(error) : std::nullopt);
    }
    for (char run = 'a'; run <= 'z'; ++run) f.add(std::string(1, run));
    f.wait_for_all();
    CHECK(f.delivery.in_memory().empty());
    CHECK(f.delivery.count().refused == 0);
  }
}

namespace {

/// Refuses one run for ever, and takes each other one.
struct Picky {
  Error error;
  int* refused;

  Result<void> publish(Report const& report) {
    if (report.job.run_id != "bad") return {};
    ++*refused;
    return error;
  }
};

/// Delivers a bad report and, for many hours, a good one each minute; gives how many times the bad
/// one was refused.
template <class D>
void live(D& delivery, FakeTime& time) {
  delivery.add(report_of("bad"));
  for (int minute = 0; minute < 12 * 60; ++minute) {
    delivery.add(report_of("run" + std::to_string(minute)));
    Instant const next = time.now + 1min;
    for (Instant due = delivery.step(); due <= next; due = delivery.step()) {
      if (due > time.now) time.advance(due - time.now);
    }
    if (next > time.now) time.advance(next - time.now);
  }
}

}  // namespace

TEST_CASE("what alone is refused for hours is set aside, but never for a denial") {
  for (Error const& error : {refusal, denial, Error{Errc::not_found, "http 404", http_status(404)},
                             Error{Errc::malformed, "no HTTP"}}) {
    int refused = 0;
    FakeTime time;
    Deliveries logs;
    DeliveryStops const stops;
    Delivery<FakeLogStore, Picky, MemorySpool, FakeClock> delivery(
        FakeLogStore{logs}, Picky{error, &refused},
        MemorySpool({}, Logger{{.format = LogFormat::none}}), stops, {}, FakeClock{time},
        Logger{{.format = LogFormat::none}});
    live(delivery, time);
    bool const set_aside = error.code == Errc::rejected;
    CHECK(delivery.count().refused == (set_aside ? 1 : 0));
    CHECK(delivery.count().events == (set_aside ? 0 : 1));
    CHECK(refused > 30);
    CHECK(refused < 300);
  }
}

TEST_CASE("while all events are refused none is set aside, and all arrive in order once they may") {
  for (Error const& error : {refusal, denial}) {
    Fixture f;
    f.events.errors = {error, error, error, error, error, error, error};
    for (char const* const run : {"a", "b"}) f.add(run);
    f.wait_for_all();
    CHECK(Fixture::runs(f.events.published) == Texts{"a", "a", "a", "a", "b", "a", "b", "a", "b"});
    CHECK(f.delivery.count().refused == 0);
  }
}

TEST_CASE("that a run without a result passes says nothing of an event that is refused") {
  Fixture f;
  f.events.errors = {denial, denial, denial, denial, denial};
  f.add("a");
  f.add("b", Verdict::interrupted);
  f.wait_for_all();
  CHECK(f.delivery.count().refused == 0);
  CHECK(Fixture::runs(f.events.published) == Texts{"a", "a", "a", "a", "a", "a"});
}

TEST_CASE("a log that is refused again and again lets the others go on, and follows") {
  for (Error const& error : {refusal, denial}) {
    Fixture f;
    f.logs.errors = {error, error,        std::nullopt, error,       std::nullopt,
                     error, std::nullopt, error,        std::nullopt};
    for (char const* const run : {"a", "b", "c", "d", "e"}) f.add(run);
    f.wait_for_all();
    CHECK(f.delivery.count().refused == 0);
    CHECK(f.delivery.in_memory().empty());
  }
}

TEST_CASE("a log that can never succeed is set aside, and the event says why") {
  Fixture f;
  f.logs.errors = {Error{Errc::exists, "all keys are taken", http_status(412)}};
  f.add("a");
  CHECK(f.settle() == Instant::max());
  CHECK(f.events.published[0].log_error == "all keys are taken");
  CHECK(f.delivery.count().refused == 1);
}

TEST_CASE("the log of a refused event is delivered nevertheless") {
  Fixture f;
  f.logs.errors = {outage};
  f.events.errors = {too_large};
  f.add("a");
  f.wait_for_all();
  CHECK(f.logs.stored.size() == 2);
}

TEST_CASE("only wanted logs are delivered") {
  Fixture never(UploadLogs::never);
  never.add("a", Verdict::fail);
  never.settle();
  CHECK(never.logs.stored.empty());
  CHECK(never.events.published.size() == 1);
  CHECK(never.events.published[0].log_error.empty());

  Fixture failures(UploadLogs::failures);
  failures.add("a");
  failures.add("b", Verdict::fail);
  failures.settle();
  CHECK(Fixture::runs(failures.logs.stored) == Texts{"b"});
}

TEST_CASE("run id and times are the same at each attempt") {
  Fixture f;
  f.events.errors = {outage};
  f.add("a");
  f.wait_for_all();
  Report const& first = f.events.published[0];
  Report const& second = f.events.published[1];
  CHECK(first.job.run_id == second.job.run_id);
  CHECK(first.ended_at == second.ended_at);
}

TEST_CASE("no log is tried once logs are stopped, and the event says so") {
  Fixture f;
  f.stops.logs.request();
  f.add("a");
  CHECK(f.settle() == Instant::max());
  CHECK(f.logs.stored.empty());
  CHECK(f.events.published[0].log_error == "the runner stops; the log follows later");
  CHECK(f.delivery.count().logs == 1);
}

TEST_CASE("nothing is tried once events are stopped") {
  Fixture f;
  f.stops.events.request();
  f.add("a");
  CHECK(f.settle() == Instant::max());
  CHECK(f.events.published.empty());
  CHECK(f.delivery.count().events == 1);
}

TEST_CASE("a publisher that says it was stopped when it was not is tried again, not at once") {
  Fixture f;
  f.events.errors = {Error{Errc::stopped, "stopped"}};
  f.add("a");
  CHECK(f.settle() > f.time.now);
}

TEST_CASE("in a hurry everything that is pending gets its attempts") {
  Fixture f;
  for (int i = 0; i < 7; ++i) {
    f.logs.errors.emplace_back(denial);
    f.events.errors.emplace_back(denial);
  }
  for (char const* const run : {"a", "b", "c"}) f.add(run);
  f.settle();
  f.time.advance(1s);
  f.delivery.hurry();
  Instant const began = f.time.now;
  f.wait_for_all();
  CHECK(f.time.now - began < 5s);
  CHECK(f.delivery.in_memory().empty());
}

TEST_CASE("in a hurry what stays refused is given up after ten seconds, each tried in each") {
  Fixture f;
  for (int i = 0; i < 1000; ++i) f.events.errors.emplace_back(denial);
  for (char const* const run : {"a", "b", "c"}) f.add(run);
  f.delivery.hurry();
  Instant const began = f.time.now;
  f.wait_for_all();
  CHECK(f.time.now - began >= 9s);
  CHECK(f.time.now - began <= 12s);
  for (char const* const run : {"a", "b", "c"}) {
    auto const runs = Fixture::runs(f.events.published);
    CHECK(std::count(runs.begin(), runs.end(), run) >= 9);
    CHECK(std::count(runs.begin(), runs.end(), run) <= 12);
  }
}
