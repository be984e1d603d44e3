// SPDX-License-Identifier: MIT
// Covers: publisher/entry_attempts.hpp
#include "sla/publisher/entry_batches.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "../support/batch_fakes.hpp"
#include "../support/fake_clock.hpp"
#include "../support/spool_case.hpp"
#include "sla/publisher/delivery.hpp"
#include "sla/spool/memory.hpp"

using namespace sla;
using namespace sla::internal;
using namespace std::chrono_literals;

namespace {

using Texts = std::vector<std::string>;
Error const outage{Errc::unavailable, "http 503", http_status(503)};
Error const refusal{Errc::rejected, "http 400", http_status(400)};
Error const too_large{Errc::unacceptable, "http 413", http_status(413)};

struct Fixture {
  explicit Fixture(UploadLogs upload = UploadLogs::always, std::uint64_t limit = 32U << 20U,
                   Duration linger = Duration::zero())
      : delivery(BatchLogFake{&logs}, BatchFake{&events},
                 MemorySpool({.limit = limit}, Logger{{.format = LogFormat::none}}), stops,
                 {.upload = upload, .linger = linger}, FakeClock{time},
                 Logger{{.format = LogFormat::none}}) {}

  /// The run `a1` is one of the service `a`.
  void add(std::string const& run, Verdict verdict = Verdict::pass) {
    Report report = report_of(run, verdict);
    report.job.service = run.substr(0, run.find_first_of("0123456789"));
    delivery.add(report);
  }
  void add_all(Texts const& runs) {
    for (std::string const& run : runs) add(run);
  }
  Instant settle() {
    Instant due = delivery.step();
    while (due <= time.now) due = delivery.step();
    return due;
  }
  void wait_for_all() {
    for (Instant due = settle(); due != Instant::max(); due = settle()) {
      time.advance(due - time.now);
    }
  }

  FakeTime time{};
  Service logs{}, events{};
  DeliveryStops stops{};
  Delivery<BatchLogFake, BatchFake, MemorySpool, FakeClock> delivery;
};

/// One where events linger, as they do where there are many checks.
struct Lingering : Fixture {
  Lingering() : Fixture(UploadLogs::always, 32U << 20U, 200ms) {}

  /// Delivers the first run of each service, so that many may go at once.
  void warm_up() {
    for (char service = 'a'; service <= 'z'; ++service) add(std::string(1, service) + '1');
    wait_for_all();
    time.advance(1s);
    events.requests.clear();
    logs.requests.clear();
  }
  /// Adds the second run of each of these services.
  void add_second(std::string const& services) {
    for (char const service : services) add(std::string(1, service) + '2');
  }
};

}  // namespace

TEST_CASE("more and more events go together while all succeed, their logs before them") {
  Fixture f;
  f.add_all({"a1", "b1", "c1", "d1", "e1", "f1", "g1", "h1"});
  CHECK(f.settle() == Instant::max());
  CHECK(f.events.sizes() == std::vector<std::size_t>{1, 2, 4, 1});
  CHECK(f.logs.requests == f.events.requests);
  CHECK(f.events.taken.size() == 8);
  for (Report const& report : f.events.taken) {
    CHECK(report.log_uri == std::string("fake://").append(report.job.run_id));
  }
  CHECK(f.delivery.in_memory().empty());
}

TEST_CASE("the events of one service never go together, and keep their order") {
  Fixture f;
  f.add_all({"a1", "b1", "a2", "a3", "b2", "c1", "a4"});
  f.wait_for_all();
  CHECK(in_order_by_service(f.events.runs()));
  CHECK(f.events.taken.size() == 7);
  for (Texts const& request : f.events.requests) {
    std::set<char> services;
    for (std::string const& run : request) services.insert(run[0]);
    CHECK(services.size() == request.size());
  }
}

TEST_CASE("a service with much to deliver does not delay the others") {
  Fixture f;
  for (int i = 1; i <= 50; ++i) f.add(std::string(1, 'a').append(std::to_string(i)));
  f.add_all({"b1", "c1"});
  f.wait_for_all();
  Texts const runs = f.events.runs();
  CHECK(std::find(runs.begin(), runs.end(), "b1") - runs.begin() < 5);
  CHECK(std::find(runs.begin(), runs.end(), "c1") - runs.begin() < 5);
  CHECK(in_order_by_service(runs));
}

TEST_CASE("services take turns where they are more than go together") {
  Fixture f;
  for (int i = 1; i <= 4; ++i) {
    for (char service = 'a'; service <= 'z'; ++service) f.add(service + std::to_string(i));
  }
  f.wait_for_all();
  CHECK(f.events.taken.size() == 4 * 26);
  CHECK(in_order_by_service(f.events.runs()));
}

TEST_CASE("what fails among others is tried alone, and holds up only its own service") {
  Fixture f;
  f.add_all({"a1", "b1", "c1", "d1", "c2"});
  f.events.errors["c1"] = {outage};
  f.events.errors["b1"] = {too_large, too_large};
  f.wait_for_all();
  CHECK(in_order_by_service(f.events.runs()));
  CHECK(f.events.runs().size() == 4);
  auto const b1 = std::count(f.events.requests.begin(), f.events.requests.end(), Texts{"b1"});
  CHECK(b1 == 1);
  CHECK(std::count(f.events.requests.begin(), f.events.requests.end(), Texts{"c1"}) == 1);
  CHECK(f.delivery.count().refused == 1);
}

TEST_CASE("while a service is down it gets one request at a time") {
  Fixture f;
  for (char service = 'a'; service <= 'p'; ++service) f.add(std::string(1, service) + '1');
  f.delivery.step();
  f.delivery.step();
  REQUIRE(f.events.sizes() == std::vector<std::size_t>{1, 2});
  f.events.down = true;
  f.settle();
  for (int i = 0; i < 5; ++i) f.time.advance(f.settle() - f.time.now);
  CHECK(f.events.sizes()[2] == 4);
  for (std::size_t i = 3; i < f.events.requests.size(); ++i) {
    CHECK(f.events.requests[i].size() == 1);
  }
  f.events.down = false;
  f.wait_for_all();
  CHECK(f.events.taken.size() == 16);
}

TEST_CASE("a log that fails among others is tried again before its event goes without it") {
  Fixture f;
  f.add_all({"a1", "b1", "c1"});
  f.logs.errors["c1"] = {outage};
  f.delivery.step();
  f.delivery.step();
  CHECK(f.events.runs() == Texts{"a1", "b1"});
  f.wait_for_all();
  CHECK(f.events.taken.back().log_uri == "fake://c1");

  f.add_all({"a2", "b2", "c2"});
  f.logs.errors["c2"] = {outage, outage};
  f.wait_for_all();
  auto const c2 = std::find_if(f.events.taken.begin(), f.events.taken.end(),
                               [](Report const& report) { return report.job.run_id == "c2"; });
  REQUIRE(c2 != f.events.taken.end());
  CHECK(c2->log_error == "http 503");
  CHECK(f.logs.runs().size() == 6);
}

TEST_CASE(
    "events go together without logs while those cannot be stored, and logs follow together") {
  Fixture f;
  f.logs.down = true;
  for (char service = 'a'; service <= 'p'; ++service) f.add(std::string(1, service) + '1');
  f.settle();
  CHECK(f.events.taken.size() == 16);
  auto const sizes = f.events.sizes();
  CHECK(*std::max_element(sizes.begin(), sizes.end()) >= 4);
  CHECK(f.logs.requests.size() < 4);
  CHECK(f.delivery.count().logs == 16);
  f.logs.down = false;
  f.wait_for_all();
  CHECK(f.logs.taken.size() == 16);
  CHECK(f.logs.requests.size() < 12);
  CHECK(f.delivery.in_memory().empty());
}

TEST_CASE("events go together where their logs are not stored, and beside those that are") {
  Fixture f{UploadLogs::failures};
  f.add_all({"a1", "b1", "c1", "d1", "e1", "f1", "g1"});
  f.wait_for_all();
  CHECK(f.events.sizes() == std::vector<std::size_t>{1, 2, 4});
  CHECK(f.logs.requests.empty());

  f.add_all({"h1", "i1"});
  for (char const* const run : {"j1", "k1", "l1"}) f.add(run, Verdict::fail);
  f.wait_for_all();
  CHECK(f.logs.taken.size() == 3);
  CHECK(f.logs.requests.front().size() == 1);
  CHECK(f.events.taken.size() == 12);
}

TEST_CASE("one that waits by itself is passed over, also by its own service") {
  Fixture f;
  f.add_all({"a1", "b1", "a2"});
  f.events.errors["a1"].assign(6, refusal);
  for (int i = 0; i < 40; ++i) {
    f.add_all({std::string(1, 'c').append(std::to_string(i)),
               std::string(1, 'd').append(std::to_string(i))});
    f.time.advance(std::min<Duration>(f.settle() - f.time.now, 3s));
  }
  f.wait_for_all();
  CHECK(f.events.runs().size() == 83);
  Texts const runs = f.events.runs();
  CHECK(std::find(runs.begin(), runs.end(), "a2") < std::find(runs.begin(), runs.end(), "a1"));
}

TEST_CASE("how many were dropped is said once") {
  Report const sample = report_of("a1");
  std::uint64_t const each = memory_use({.report = sample});
  Fixture f{UploadLogs::never, 6 * each};
  f.events.down = true;
  for (char service = 'a'; service <= 'p'; ++service) f.add(std::string(1, service) + '1');
  f.settle();
  f.events.down = false;
  f.wait_for_all();
  std::uint64_t said = 0;
  for (Report const& report : f.events.taken) said += report.dropped;
  CHECK(said == 16 - f.events.taken.size());
  CHECK(said > 0);
}

TEST_CASE("events linger behind a request until ten go, or the time is over") {
  Lingering f;
  f.warm_up();
  f.add("a2");
  CHECK(f.settle() == Instant::max());
  CHECK(f.events.sizes() == std::vector<std::size_t>{1});  // nothing was under way
  Instant const sent = f.time.now;
  f.time.advance(50ms);
  f.add_second("bc");
  CHECK(f.settle() == sent + 200ms);
  f.time.advance(100ms);
  f.add("d2");
  CHECK(f.settle() == sent + 200ms);
  CHECK(f.events.requests.size() == 1);
  CHECK(f.logs.requests.size() == 1);  // the logs go with them
  f.time.advance(50ms);
  CHECK(f.settle() == Instant::max());
  CHECK(f.events.requests.back() == Texts{"b2", "c2", "d2"});

  f.add_second("efghijklm");
  CHECK(f.settle() == f.time.now + 200ms);
  f.add("n2");
  CHECK(f.settle() == Instant::max());
  CHECK(f.events.sizes() == std::vector<std::size_t>{1, 3, 10});
}

TEST_CASE("a run that did not pass, a second event of a service and the end make events go") {
  Lingering f;
  f.warm_up();
  f.add("a2");
  f.settle();
  f.add("b2");
  CHECK(f.settle() > f.time.now);
  f.add("c2", Verdict::fail);
  CHECK(f.settle() == Instant::max());

  f.add_all({"d2", "d3", "d4"});
  f.time.advance(f.settle() - f.time.now);
  CHECK(f.settle() == Instant::max());

  f.add("e2");
  CHECK(f.settle() > f.time.now);
  f.delivery.hurry();
  CHECK(f.settle() == Instant::max());
  CHECK(f.delivery.in_memory().empty());
}

TEST_CASE("where more than ten wait they go by tens, and the rest lingers") {
  Lingering f;
  f.warm_up();
  f.add_second("abcdefghijklmnopqrstuvw");
  CHECK(f.settle() == f.time.now + 200ms);
  CHECK(f.events.sizes() == std::vector<std::size_t>{20});
  f.wait_for_all();
  CHECK(f.events.sizes() == std::vector<std::size_t>{20, 3});
}

TEST_CASE("whatever fails at random, each event arrives once, in order, with its log") {
  std::mt19937 random(1);
  auto const one_in = [&](unsigned n) { return random() % n == 0; };
  for (int story = 0; story < 60; ++story) {
    Fixture f(UploadLogs::always, 32U << 20U, story % 2 == 0 ? Duration::zero() : 200ms);
    std::map<char, int> last;
    std::size_t all = 0;
    for (int round = 0; round < 40; ++round) {
      for (unsigned i = random() % 8; i != 0; --i) {
        char const service = static_cast<char>('a' + random() % 12);
        std::string const run = service + std::to_string(++last[service]);
        if (one_in(6)) f.events.errors[run].assign(1 + random() % 3, outage);
        if (one_in(6)) f.logs.errors[run].assign(1 + random() % 3, outage);
        f.add(run);
        ++all;
      }
      if (one_in(10)) f.events.down = !f.events.down;
      if (one_in(10)) f.logs.down = !f.logs.down;
      for (unsigned i = random() % 4; i != 0; --i) {
        Instant const due = f.delivery.step();
        if (due != Instant::max() && due > f.time.now && one_in(2)) {
          f.time.advance(due - f.time.now);
        }
      }
    }
    f.events.down = f.logs.down = false;
    f.wait_for_all();
    CAPTURE(story);
    Texts runs = f.events.runs();
    CHECK(in_order_by_service(runs));
    CHECK(runs.size() == all);
    CHECK(f.logs.taken.size() == all);
    for (Report const& report : f.events.taken) {
      CHECK(report.log_uri.empty() != report.log_error.empty());
    }
    CHECK(f.delivery.in_memory().empty());
  }
}
