// SPDX-License-Identifier: MIT
// Covers: spool/disk_calls.hpp
#include "sla/spool/time_limited.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../support/eventually.hpp"
#include "../support/memory_file.hpp"
#include "../support/spool_case.hpp"

using namespace sla;
using namespace sla::internal;
using namespace std::chrono_literals;

namespace {

using Texts = std::vector<std::string>;
Logger const silent{{.format = LogFormat::none}};

/// A spool whose disk can be made to hang.
class Moody {
 public:
  explicit Moody(std::shared_ptr<std::atomic<bool>> hangs) : hangs_(std::move(hangs)) {}

  void begin(Report const& report) { usual().begin(report); }
  std::uint64_t add(Report const& report) { return usual().add(report); }
  Result<std::optional<Entry>> next_event(std::uint64_t behind) {
    ++searches;
    return usual().next_event(behind);
  }
  Result<std::optional<Entry>> next_log(std::uint64_t behind) { return usual().next_log(behind); }
  Result<std::vector<Entry>> next_events(std::size_t most,
                                         std::vector<std::uint64_t> const& except) {
    return usual().next_events(most, except);
  }
  Result<std::vector<Entry>> next_logs(std::uint64_t behind, std::size_t most) {
    return usual().next_logs(behind, most);
  }
  void gather() { usual().gather(); }
  void release(std::uint64_t number) { usual().release(number); }
  Result<std::vector<Entry>> next_bundle(std::uint64_t behind, std::size_t most) {
    ++searches;
    return usual().next_bundle(behind, most);
  }
  void update(Entry const& entry) { usual().update(entry); }
  Instant tend(Instant now) { return usual().tend(now); }
  SpoolCount count() { return spool_.count(); }
  std::uint64_t dropped() { return spool_.dropped(); }
  void reported(std::uint64_t number) { usual().reported(number); }
  std::vector<Entry> in_memory() { return {}; }

  static inline std::atomic<int> searches{0};

 private:
  MemorySpool& usual() {
    (void)support::eventually([&] { return !*hangs_; });
    return spool_;
  }

  std::shared_ptr<std::atomic<bool>> hangs_;
  MemorySpool spool_{};
};

struct World {
  std::shared_ptr<std::atomic<bool>> disk = std::make_shared<std::atomic<bool>>(false);
  internal::Shared<internal::Atomic<bool>> told =
      internal::Shared<internal::Atomic<bool>>::make(false);

  TimeLimitedSpool<Moody> open(Duration limit = 1s, Logger log = silent) const {
    auto spool = TimeLimitedSpool<Moody>::open(
        [disk = disk] {
          (void)support::eventually([&] { return !*disk; });
          return Result<Moody>(Moody(disk));
        },
        {.name = "spool", .limit = limit, .hangs = told}, log);
    return std::move(spool).value();
  }
};

/// Lets the disk answer, and the spool find out.
void recover(World& world, TimeLimitedSpool<Moody>& spool) {
  *world.disk = false;
  CHECK(support::eventually([&] {
    (void)spool.tend(std::chrono::steady_clock::now());
    return !*world.told;
  }));
  (void)spool.tend(std::chrono::steady_clock::now());
}

}  // namespace

static_assert(BundleSpool<TimeLimitedSpool<Moody>>);

TEST_CASE("on a disk that answers it is that disk's spool") {
  World const world;
  auto spool = world.open(1min);
  for (char const* const run : {"a", "b", "c"}) spool.add(report_of(run));
  CHECK(spool.count().events == 3);
  CHECK(spool.in_memory().empty());
  auto const log = spool.next_log(0).value();
  CHECK(log->report.job.run_id == "a");
  CHECK(deliver_all(spool) == Texts{"a", "b", "c"});
  CHECK(spool.count().events == 0);
}

TEST_CASE("while the disk hangs reports are kept and delivered from memory, each once") {
  World world;
  MemoryFile said;
  auto spool = world.open(1s, Logger{{.descriptor = said.descriptor()}});
  spool.add(report_of("a"));
  *world.disk = true;
  for (char const* const run : {"b", "c", "d"}) spool.add(report_of(run));
  CHECK(*world.told);
  CHECK(spool.in_memory().size() == 3);
  CHECK(spool.count().events == 3);
  CHECK(deliver(spool) == "a");  // it was at hand
  CHECK(deliver(spool) == "b");
  CHECK(spool.next_log(0).value()->report.job.run_id == "c");
  recover(world, spool);
  CHECK(spool.in_memory().empty());  // they are on the disk
  CHECK(spool.count().events == 2);
  CHECK(deliver_all(spool) == Texts{"c", "d"});
  CHECK(said.text().find("does not answer") != std::string::npos);
  CHECK(said.text().find("answers again") != std::string::npos);
}

TEST_CASE("the only event that waits is at hand without the disk, as it is") {
  World world;
  auto spool = world.open(1min);
  spool.add(report_of("a"));
  auto log = spool.next_log(0).value();
  REQUIRE(log);
  log->log = Part::done;
  spool.update(*log);
  CHECK(spool.next_event(0).value()->log == Part::done);
  spool.add(report_of("b"));
  CHECK(spool.next_event(0).value()->report.job.run_id == "a");
  CHECK(deliver_all(spool) == Texts{"a", "b"});
  spool.add(report_of("c"));
  *world.disk = true;
  CHECK(spool.next_event(0).value()->report.job.run_id == "c");
  *world.disk = false;
  CHECK(deliver_all(spool) == Texts{"c"});
}

TEST_CASE("what the disk handed out before it hung is done once it answers") {
  World world;
  auto spool = world.open();
  spool.add(report_of("a"));
  auto entry = spool.next_event(0).value();
  REQUIRE(entry);
  *world.disk = true;
  entry->event = entry->log = Part::done;
  spool.update(*entry);
  CHECK(spool.count().events == 0);  // nothing that could be had now
  recover(world, spool);
  CHECK(spool.count().events == 0);
}

TEST_CASE("a disk that hangs at the start is gone without, and taken up when it answers") {
  World world;
  *world.disk = true;
  auto spool = world.open();
  CHECK(*world.told);
  spool.begin(report_of("a"));
  spool.add(report_of("a"));
  CHECK(spool.in_memory().size() == 1);
  recover(world, spool);
  CHECK(spool.in_memory().empty());
  CHECK(deliver_all(spool) == Texts{"a"});
}

TEST_CASE("what comes when the disk answers again stays behind what came before") {
  World world;
  auto spool = world.open(1s);
  spool.add(report_of("a"));
  *world.disk = true;
  spool.add(report_of("b"));
  auto log = spool.next_log(0).value();
  REQUIRE(log->report.job.run_id == "b");
  log->log = Part::done;
  log->report.log_uri = "s3://logs/b";
  spool.update(*log);
  *world.disk = false;
  CHECK(support::eventually([&] {
    (void)spool.count();
    return !*world.told;
  }));
  spool.add(report_of("c"));
  SUBCASE("in memory") { CHECK(spool.in_memory().size() == 2); }
  SUBCASE("and on the disk, with what was delivered") {
    (void)spool.tend(std::chrono::steady_clock::now());
    CHECK(spool.in_memory().empty());
    CHECK(deliver(spool) == "a");
    auto const moved = spool.next_event(0).value();
    CHECK(moved->log == Part::done);
    CHECK(moved->report.log_uri == "s3://logs/b");
    CHECK(deliver_all(spool) == Texts{"b", "c"});
    return;
  }
  CHECK(deliver_all(spool) == Texts{"a", "b", "c"});
}

TEST_CASE("what moves to the disk is not looked for behind all that waits there") {
  World world;
  auto spool = world.open(1s);
  SUBCASE("alone") {}
  SUBCASE("for a bundle") { spool.gather(); }
  for (char const* const run : {"a", "b", "c"}) spool.add(report_of(run));
  *world.disk = true;
  spool.add(report_of("d"));  // is taken back there: it came too late
  auto log = spool.next_log(0).value();
  if (!log) log = spool.next_bundle(0, 1)->front();
  REQUIRE(log->report.job.run_id == "d");
  log->log = Part::done;
  log->report.log_uri = "s3://logs/d";
  spool.update(*log);
  Moody::searches = 0;
  recover(world, spool);
  CHECK(Moody::searches == 0);
  CHECK(spool.in_memory().empty());
  for (Entry const& entry : *spool.next_bundle(0, 9)) spool.release(entry.number);
  CHECK(spool.count().events == 4);
  for (char const* const run : {"a", "b", "c"}) CHECK(deliver(spool) == run);
  auto const moved = spool.next_event(0).value();
  REQUIRE(moved);
  CHECK(moved->log == Part::done);
  CHECK(moved->report.log_uri == "s3://logs/d");
}

TEST_CASE("a spool that cannot be opened is an error") {
  auto const spool = TimeLimitedSpool<Moody>::open(
      [] {
        return Result<Moody>(Error{Errc::in_use, "another has it"});
      },
      {.limit = 1min}, silent);
  CHECK(spool.error().code == Errc::in_use);
}

TEST_CASE("several come from the disk, and from memory while it hangs") {
  World world;
  auto spool = world.open(50ms);
  auto const report = [](std::string const& run) {
    Report own = report_of(run);
    own.job.service = run.substr(0, 1);
    return own;
  };
  auto const runs = [](std::vector<Entry> const& entries) {
    Texts texts;
    for (Entry const& entry : entries) texts.push_back(entry.report.job.run_id);
    return texts;
  };
  for (char const* const run : {"a1", "b1"}) spool.add(report(run));
  auto of_disk = spool.next_events(9, {}).value();
  CHECK(runs(of_disk) == Texts{"a1", "b1"});
  CHECK(runs(spool.next_logs(0, 9).value()) == Texts{"a1", "b1"});
  *world.disk = true;
  for (char const* const run : {"a2", "c1"}) spool.add(report(run));
  auto const of_memory = spool.next_events(9, {}).value();
  CHECK(runs(of_memory) == Texts{"a2", "c1"});
  CHECK(runs(spool.next_events(9, {of_memory[0].number}).value()) == Texts{"c1"});
  CHECK(runs(spool.next_logs(0, 9).value()) == Texts{"a2", "c1"});
  recover(world, spool);
  CHECK(spool.count().events == 4);
  CHECK(runs(spool.next_events(9, {}).value()) == Texts{"a1", "b1", "c1"});
}

TEST_CASE("what waits for a bundle does so in memory while the disk hangs, each once") {
  World world;
  auto spool = world.open(1s);
  spool.gather();
  auto const waiting = [&] {
    Texts runs;
    for (Entry const& entry : *spool.next_bundle(0, 9)) runs.push_back(entry.report.job.run_id);
    return runs;
  };
  spool.add(report_of("a"));
  CHECK(spool.count().gathered == 1);
  *world.disk = true;
  for (char const* const run : {"b", "c"}) spool.add(report_of(run));
  CHECK(spool.count().gathered == 2);
  CHECK(waiting() == Texts{"b", "c"});
  recover(world, spool);
  CHECK(spool.in_memory().empty());
  CHECK(spool.count().gathered == 3);
  CHECK(waiting() == Texts{"a", "b", "c"});
  spool.release(spool.next_bundle(0, 1)->front().number);
  CHECK(waiting() == Texts{"b", "c"});
  CHECK(deliver(spool) == "a");
}

TEST_CASE("what never reached the disk is released in memory") {
  World world;
  *world.disk = true;
  auto spool = world.open(1ms);
  spool.gather();
  for (char const* const run : {"a", "b"}) spool.add(report_of(run));
  auto const entries = spool.next_bundle(0, 9);
  REQUIRE(entries->size() == 2);
  spool.release((*entries)[0].number);
  CHECK(spool.count().gathered == 1);
  CHECK(deliver(spool) == "a");
  recover(world, spool);
  CHECK(spool.count().gathered == 1);
}
