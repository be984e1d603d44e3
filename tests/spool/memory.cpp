// SPDX-License-Identifier: MIT
// Covers: spool/entry_state.hpp, spool/index.hpp
#include "sla/spool/memory.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "../support/spool_case.hpp"

using namespace sla;
using namespace sla::internal;

namespace {

using Texts = std::vector<std::string>;
Logger const silent{{.format = LogFormat::none}};

/// Room for about that many reports with a log of that size.
MemorySpool spool_for(std::uint64_t reports, std::string const& log = "a log\n") {
  std::uint64_t const each = memory_use({.report = report_of("a", Verdict::pass, log)});
  return MemorySpool({.limit = reports * each + each / 2}, silent);
}

}  // namespace

TEST_CASE("events come out in the order in which reports went in") {
  MemorySpool spool;
  for (char const* const run : {"a", "b", "c"}) spool.add(report_of(run));
  CHECK(spool.count().events == 3);
  CHECK(deliver_all(spool) == Texts{"a", "b", "c"});
  CHECK(spool.count().events == 0);
  CHECK(spool.in_memory().empty());
}

TEST_CASE("an event that was not delivered comes again") {
  MemorySpool spool;
  spool.add(report_of("a"));
  CHECK(spool.next_event().value()->report.job.run_id == "a");
  CHECK(spool.next_event().value()->report.job.run_id == "a");
}

TEST_CASE("a log that waits is kept when its event is delivered, and logs come in a circle") {
  MemorySpool spool;
  CHECK(!spool.next_log(0).value());
  for (char const* const run : {"a", "b"}) spool.add(report_of(run));
  CHECK(spool.count().ahead == 2);
  CHECK(spool.next_log(0).value()->report.job.run_id == "a");
  deliver_event(spool);
  deliver_event(spool);
  CHECK(spool.count().logs == 2);
  auto const first = spool.next_log(0).value();
  CHECK(first->report.job.run_id == "a");
  auto second = spool.next_log(first->number).value();
  CHECK(second->report.job.run_id == "b");
  CHECK(spool.next_log(second->number).value()->report.job.run_id == "a");
  CHECK(second->report.outcome.output.text().value() == "a log\n");
  second->log = Part::done;
  spool.update(*second);
  CHECK(spool.count().logs == 1);
}

TEST_CASE("what was refused stays, with its reason, out of the way") {
  MemorySpool spool;
  spool.add(report_of("a"));
  spool.add(report_of("b"));
  auto entry = *spool.next_event().value();
  entry.event = Part::refused;
  entry.reason = "too large";
  spool.update(entry);
  CHECK(deliver(spool) == "b");
  CHECK(spool.count().refused == 1);
  REQUIRE(spool.in_memory().size() == 1);
  CHECK(spool.in_memory()[0].reason == "too large");
}

TEST_CASE("when there is no room the oldest passes are dropped first, and counted") {
  auto spool = spool_for(3);
  spool.add(report_of("failure", Verdict::fail));
  for (char const* const run : {"a", "b", "c", "d"}) spool.add(report_of(run));
  CHECK(spool.dropped() == 2);
  spool.reported(2);
  CHECK(spool.dropped() == 0);
  CHECK(deliver_all(spool) == Texts{"failure", "c", "d"});
}

TEST_CASE("passes lose their logs before a result is dropped") {
  std::string const log(10'000, 'x');
  auto spool = spool_for(2, log);
  for (char const* const run : {"a", "b", "c", "d"}) spool.add(report_of(run, Verdict::pass, log));
  CHECK(spool.dropped() == 0);
  CHECK(spool.next_event().value()->report.log_error == "dropped: no room in the spool");
  CHECK(deliver_all(spool) == Texts{"a", "b", "c", "d"});
}

TEST_CASE("failures lose their logs before they are dropped themselves") {
  std::string const log(10'000, 'x');
  auto spool = spool_for(2, log);
  for (char const* const run : {"a", "b", "c"}) spool.add(report_of(run, Verdict::fail, log));
  CHECK(spool.dropped() == 0);
  auto const first = *spool.next_event().value();
  CHECK(first.report.job.run_id == "a");
  CHECK(first.log == Part::done);
  CHECK(first.report.outcome.output.size() == 0);
  CHECK(first.report.log_error == "dropped: no room in the spool");
}

TEST_CASE("neither the newest nor the one that is being delivered is dropped") {
  MemorySpool spool({.limit = 1}, silent);
  spool.add(report_of("a"));
  CHECK(spool.next_event().value());
  spool.add(report_of("b"));
  CHECK(spool.dropped() == 0);
  spool.add(report_of("c"));
  CHECK(spool.dropped() == 1);
  CHECK(deliver_all(spool) == Texts{"a", "c"});
}

TEST_CASE("an interrupted run is no result that could be dropped") {
  MemorySpool spool({.limit = 1}, silent);
  spool.add(report_of("a", Verdict::interrupted, ""));
  spool.add(report_of("b"));
  CHECK(spool.dropped() == 0);
}

TEST_CASE("an entry that is gone by now is updated without effect") {
  MemorySpool spool;
  spool.update({.number = 7});
  CHECK(spool.in_memory().empty());
}

namespace {

Report report_for(std::string const& service, std::string const& run) {
  Report report = report_of(run);
  report.job.service = service;
  return report;
}
std::vector<std::string> runs_of(std::vector<Entry> const& entries) {
  std::vector<std::string> runs;
  for (Entry const& entry : entries) runs.push_back(entry.report.job.run_id);
  return runs;
}

}  // namespace

TEST_CASE("several events are the oldest of each service, the oldest first") {
  MemorySpool spool;
  CHECK(spool.next_events(10, {}).value().empty());
  for (char const* const run : {"b1", "a1", "b2", "c1", "a2"}) {
    spool.add(report_for({run[0]}, run));
  }
  auto const first = spool.next_events(10, {}).value();
  CHECK(runs_of(first) == Texts{"b1", "a1", "c1"});
  CHECK(runs_of(spool.next_events(10, {first[0].number, first[2].number}).value()) ==
        Texts{"a1", "b2"});
  for (Entry entry : first) {
    entry.event = Part::done;
    spool.update(entry);
  }
  CHECK(runs_of(spool.next_events(10, {}).value()) == Texts{"b2", "a2"});
}

TEST_CASE("services take turns in what is handed out, however few at a time") {
  MemorySpool spool;
  for (int i = 0; i < 3; ++i) {
    for (char const* const service : {"a", "b", "c", "d", "e"}) {
      spool.add(report_for(service, service + std::to_string(i)));
    }
  }
  std::multiset<std::string> seen;
  for (int i = 0; i < 5; ++i) {
    auto const entries = spool.next_events(2, {}).value();
    for (Entry const& entry : entries) seen.insert(entry.report.job.service);
  }
  for (char const* const service : {"a", "b", "c", "d", "e"}) CHECK(seen.count(service) == 2);
}

TEST_CASE("several logs come in a circle, each once") {
  MemorySpool spool;
  for (char const* const run : {"a", "b", "c"}) spool.add(report_of(run));
  auto const all = spool.next_logs(0, 10).value();
  CHECK(runs_of(all) == Texts{"a", "b", "c"});
  CHECK(runs_of(spool.next_logs(all[1].number, 10).value()) == Texts{"c", "a", "b"});
  CHECK(runs_of(spool.next_logs(all[0].number, 1).value()) == Texts{"b"});
}

TEST_CASE("what was handed out is not evicted until it is updated") {
  MemorySpool spool = spool_for(4);
  for (char const* const run : {"a1", "b1", "c1"}) spool.add(report_for({run[0]}, run));
  auto const handed_out = spool.next_events(10, {}).value();
  CHECK(handed_out.size() == 3);
  for (int i = 0; i < 4; ++i) spool.add(report_for("d", "d" + std::to_string(i)));
  CHECK(spool.dropped() == 3);
  for (Entry entry : handed_out) {
    CHECK(runs_of(spool.in_memory()).size() >= 1);
    entry.event = entry.log = Part::done;
    spool.update(entry);
  }
  CHECK(deliver_all(spool) == Texts{"d3"});
}

TEST_CASE("no result is dropped for the room that logs take which are being delivered") {
  std::string const log(10'000, 'x');
  auto spool = spool_for(4, log);
  for (char const* const run : {"a", "b", "c", "d", "e"}) {
    spool.add(report_of(run, Verdict::pass, log));
  }
  auto const handed_out = spool.next_logs(0, 10).value();
  CHECK(runs_of(handed_out) == Texts{"b", "c", "d", "e"});
  for (char const* const run : {"f", "g"}) spool.add(report_of(run, Verdict::pass, log));
  spool.add(report_of("h", Verdict::fail, log));
  CHECK(spool.dropped() == 0);
  for (Entry entry : handed_out) {
    entry.log = Part::done;
    spool.update(entry);
  }
  CHECK(deliver_all(spool) == Texts{"a", "b", "c", "d", "e", "f", "g", "h"});
}

TEST_CASE("logs that are being delivered make no more room than they take") {
  std::string const log(10'000, 'x');
  auto spool = spool_for(4, log);
  for (char const* const run : {"a", "b"}) spool.add(report_of(run, Verdict::pass, log));
  CHECK(spool.next_logs(0, 10).value().size() == 2);
  for (int i = 0; i < 1000; ++i) spool.add(report_of(std::to_string(i), Verdict::pass, ""));
  CHECK(spool.dropped() > 900);
}

TEST_CASE("what is no plain pass follows those of its service that wait, and no others") {
  MemorySpool spool;
  spool.gather();
  spool.add(report_of("a"));
  Report other = report_of("b", Verdict::fail);
  other.job.service = "other";
  spool.add(other);
  CHECK_FALSE(spool.count().bundle_due);
  CHECK((**spool.next_event()).report.job.run_id == "b");
  spool.add(report_of("c", Verdict::fail));
  CHECK(spool.count().bundle_due);
  CHECK(spool.count().gathered == 2);
}
