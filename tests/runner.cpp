// SPDX-License-Identifier: MIT
// Covers: core/run_log.hpp
#include "sla/runner.hpp"

#include <doctest/doctest.h>
#include <signal.h>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/scheduler/fixed_delay.hpp"
#include "sla/scheduler/fixed_rate.hpp"
#include "sla/scheduler/once.hpp"
#include "sla/scheduler/one_of.hpp"
#include "support/fake_clock.hpp"
#include "support/memory_file.hpp"

using namespace sla;
using namespace std::chrono_literals;

namespace {

/// What the policies of one test share: the time, what they did, and what the run is to do.
struct World {
  FakeTime time{};
  Stop stop{};
  std::vector<std::string> calls{};
  std::vector<Job> jobs{};
  std::vector<Report> reports{};
  std::vector<Instant> starts{};
  std::function<Result<Outcome>()> run = [] { return Outcome{}; };
  std::function<Result<void>()> publish = [] { return Result<void>{}; };
};

/// A scheduler that says no more after so many runs, and what S says before.
template <Scheduler S>
struct AtMost {
  std::optional<Instant> next(Instant now) {
    world->calls.push_back("next");
    if (left-- == 0) return std::nullopt;
    return inner.next(now);
  }
  void began(Instant at) requires requires(S& told) { told.began(at); }
  { inner.began(at); }
  std::uint64_t missed() const requires requires(S const& counting) { counting.missed(); }
  { return inner.missed(); }
  World* world;
  int left;
  S inner;
};

struct FakeExecutor {
  Result<Outcome> execute(Job const& job, Stop const& stop) {
    CHECK(&stop == &world->stop);
    world->calls.push_back("execute");
    world->jobs.push_back(job);
    world->starts.push_back(world->time.now);
    return world->run();
  }
  World* world;
};

struct RecordingPublisher {
  Result<void> publish(Report const& report) {
    world->calls.push_back("publish");
    world->reports.push_back(report);
    return world->publish();
  }
  World* world;
};

struct LogKeeper : RecordingPublisher {
  static constexpr bool wants_uncounted = true;
};

Job sample_job() {
  return {.service = "example-service", .groups = {"dev-team"}, .command = {"true"}};
}

template <Scheduler S>
Tally run(World& world, int runs, S scheduler, Logger log = Logger{{.format = LogFormat::none}}) {
  Runner runner{AtMost<S>{&world, runs, std::move(scheduler)}, FakeExecutor{&world},
                RecordingPublisher{&world}, FakeClock{world.time}, log};
  return runner.run(sample_job(), world.stop);
}

Result<Outcome> ended(Verdict verdict, int exit_code) {
  return Outcome{.verdict = verdict, .exit_code = exit_code};
}

}  // namespace

TEST_CASE("each run is scheduled, waited for, executed and published, in this order") {
  World world;
  world.time.on_wait = [&] { world.calls.push_back("wait"); };
  Tally const tally = run(world, 2, FixedDelay{10s});
  CHECK(world.calls == std::vector<std::string>{"next", "wait", "execute", "next", "publish",
                                                "wait", "execute", "next", "publish"});
  CHECK(tally.passed == 2);
  CHECK(tally.failed + tally.interrupted + tally.missed + tally.undelivered == 0);
}

TEST_CASE("without a next instant nothing runs") {
  World world;
  Tally const tally = run(world, 0, Once{});
  CHECK(world.calls == std::vector<std::string>{"next"});
  CHECK(tally.passed == 0);
}

TEST_CASE("a delay is counted from the end of the run before") {
  World world;
  Instant const begin = world.time.now;
  world.run = [&] {
    world.time.advance(3s);
    return Outcome{};
  };
  (void)run(world, 3, FixedDelay{10s});
  CHECK(world.starts == std::vector<Instant>{begin, begin + 13s, begin + 26s});
  CHECK(world.time.waits == world.starts);
}

TEST_CASE("the time that publishing takes is part of the delay, not added to it") {
  World world;
  Instant const begin = world.time.now;
  world.run = [&] {
    world.time.advance(3s);
    return Outcome{};
  };
  world.publish = [&] {
    world.time.advance(5s);
    return Result<void>{};
  };
  (void)run(world, 3, FixedDelay{10s});
  CHECK(world.starts == std::vector<Instant>{begin, begin + 13s, begin + 26s});
}

TEST_CASE("a stop before the first run keeps it from starting") {
  World world;
  world.stop.request();
  Tally const tally = run(world, 5, FixedDelay{0s});
  CHECK(world.jobs.empty());
  CHECK(world.reports.empty());
  CHECK(tally.passed + tally.failed + tally.interrupted + tally.missed + tally.undelivered == 0);
}

TEST_CASE("a stop while waiting ends the loop without another run") {
  World world;
  world.time.on_wait = [&] {
    if (world.jobs.size() == 2) world.stop.request();
  };
  Tally const tally = run(world, 5, FixedDelay{10s});
  CHECK(tally.passed == 2);
  CHECK(world.reports.size() == 2);
}

TEST_CASE("a stop while a run is going lets it finish and be published, and no other follows") {
  World world;
  world.run = [&] {
    world.stop.request();
    return ended(Verdict::fail, 1);
  };
  Tally const tally = run(world, 5, FixedDelay{0s});
  CHECK(tally.failed == 1);
  REQUIRE(world.reports.size() == 1);
  CHECK(world.reports[0].outcome.verdict == Verdict::fail);
}

TEST_CASE("a run that the stop cut short is no failure, and published only where that is wanted") {
  World world;
  world.run = [&] {
    world.stop.request();
    return ended(Verdict::interrupted, 143);
  };
  Tally const tally = run(world, 5, FixedDelay{0s});
  CHECK(tally.interrupted == 1);
  CHECK(tally.failed == 0);
  CHECK(tally.passed == 0);
  CHECK(world.reports.empty());
  Runner logs{Once{}, FakeExecutor{&world}, LogKeeper{{&world}}, FakeClock{world.time},
              Logger{{.format = LogFormat::none}}};
  logs.run_once(sample_job(), world.stop);
  REQUIRE(world.reports.size() == 1);
  CHECK_FALSE(world.reports[0].counts());
}

TEST_CASE("a stop while publishing ends the loop after it") {
  World world;
  world.publish = [&] {
    world.stop.request();
    return Result<void>{};
  };
  CHECK(run(world, 5, FixedDelay{0s}).passed == 1);
}

TEST_CASE("a run out of turn does not wait for its instant") {
  World world;
  auto on_signals = Stop::on_signals();
  REQUIRE(on_signals.has_value());
  auto const* const stop = &*on_signals;
  struct AnyStop {
    Result<Outcome> execute(Job const&, Stop const&) {
      starts->push_back(time->now);
      return Outcome{};
    }
    FakeTime* time;
    std::vector<Instant>* starts;
  };
  Instant const begin = world.time.now;
  int waits = 0;
  world.time.on_wait = [&] {
    if (++waits == 2) {
      world.time.advance(4s);
      ::raise(SIGUSR1);
    }
  };
  Runner runner{AtMost<FixedRate>{&world, 4, FixedRate{10s}}, AnyStop{&world.time, &world.starts},
                RecordingPublisher{&world}, FakeClock{world.time},
                Logger{{.format = LogFormat::none}}};
  CHECK(runner.run(sample_job(), *stop).passed == 4);
  CHECK(world.starts == std::vector<Instant>{begin, begin + 4s, begin + 10s, begin + 20s});
}

TEST_CASE("a scheduler that wants to know is told when each run begins") {
  struct Told : Once {
    void began(Instant at) { begun->push_back(at); }
    std::vector<Instant>* begun;
  };
  World world;
  std::vector<Instant> begun;
  world.run = [&] {
    CHECK(begun.size() == 1);
    world.time.advance(3s);
    return Outcome{};
  };
  (void)run(world, 1, OneOf<FixedDelay, FixedRate, Told>{Told{{}, &begun}});
  CHECK(begun == world.starts);
}

TEST_CASE("verdicts are counted as passed, failed, unknown or interrupted") {
  struct Row {
    Verdict verdict;
    unsigned passed, failed, interrupted;
  };
  Row const rows[] = {
      {Verdict::pass, 1, 0, 0},        {Verdict::fail, 0, 1, 0},
      {Verdict::timeout, 0, 1, 0},     {Verdict::signaled, 0, 1, 0},
      {Verdict::spawn_error, 0, 1, 0}, {Verdict::interrupted, 0, 0, 1},
      {Verdict::unknown, 0, 0, 0},     {Verdict::skipped, 0, 0, 0},
  };
  for (Row const& row : rows) {
    World world;
    world.run = [&] { return ended(row.verdict, 0); };
    Tally const tally = run(world, 1, Once{});
    CAPTURE(to_string(row.verdict));
    CHECK(tally.passed == row.passed);
    CHECK(tally.failed == row.failed);
    CHECK(tally.interrupted == row.interrupted);
    CHECK(tally.passed + tally.failed + tally.interrupted + tally.unknown == 1);
  }
}

TEST_CASE("errors of the publisher are counted and never end the loop") {
  World world;
  int count = 0;
  world.publish = [&]() -> Result<void> {
    if (++count % 2 == 0) return {};
    return Error{Errc::unavailable, "sns publish: http 503: down", http_status(503)};
  };
  Tally const tally = run(world, 5, FixedDelay{1s});
  CHECK(tally.passed == 5);
  CHECK(tally.undelivered == 3);
  CHECK(world.reports.size() == 5);
}

TEST_CASE("a job that could not be run is published as spawn_error with exit code 126") {
  World world;
  world.run = [&]() -> Result<Outcome> {
    world.time.advance(2s);
    return Error{Errc::system, "fork: Resource temporarily unavailable", system_number(11)};
  };
  Tally const tally = run(world, 2, FixedDelay{1s});
  CHECK(tally.failed == 2);
  CHECK(tally.undelivered == 0);
  REQUIRE(world.reports.size() == 2);
  Report const& report = world.reports[0];
  CHECK(report.outcome.verdict == Verdict::spawn_error);
  CHECK(report.outcome.exit_code == 126);
  CHECK(report.outcome.signal == 0);
  CHECK(report.outcome.reason == "fork: Resource temporarily unavailable");
  CHECK(report.outcome.output.size() == 0);
  CHECK(report.duration == 2s);
}

TEST_CASE("the report has the job, the outcome and both times") {
  World world;
  WallTime const begin = world.time.wall;
  world.run = [&] {
    world.time.advance(1500ms);
    return Outcome{.verdict = Verdict::signaled,
                   .exit_code = 139,
                   .signal = 11,
                   .output = Output{"text"},
                   .remark = "core dumped"};
  };
  (void)run(world, 1, Once{});
  REQUIRE(world.reports.size() == 1);
  Report const& report = world.reports[0];
  CHECK(report.job.service == "example-service");
  CHECK(report.job.groups == std::vector<std::string>{"dev-team"});
  CHECK(report.job.command == std::vector<std::string>{"true"});
  CHECK(report.outcome.verdict == Verdict::signaled);
  CHECK(report.outcome.exit_code == 139);
  CHECK(report.outcome.signal == 11);
  CHECK(*report.outcome.output.text() == "text");
  CHECK(report.outcome.remark == "core dumped");
  CHECK(report.started_at == begin);
  CHECK(report.ended_at == begin + 1500ms);
  CHECK(report.duration == 1500ms);
  CHECK(report.log_uri.empty());
  CHECK(report.log_error.empty());
}

TEST_CASE("each run has an id of its own before it starts, and its report the same") {
  World world;
  (void)run(world, 100, FixedDelay{0s});
  REQUIRE(world.jobs.size() == 100);
  std::set<std::string> ids;
  for (std::size_t i = 0; i < world.jobs.size(); ++i) {
    CHECK(world.jobs[i].run_id.size() == 36);
    CHECK(world.jobs[i].run_id == world.reports[i].job.run_id);
    ids.insert(world.jobs[i].run_id);
  }
  CHECK(ids.size() == 100);
}

TEST_CASE("events are numbered, and say by when the next one must have come") {
  struct Limited : FakeExecutor {
    [[nodiscard]] std::optional<Duration> longest_run() const { return limit; }
    std::optional<Duration> limit = 30s;
  };
  World world;
  WallTime const begin = world.time.wall;
  world.run = [&] {
    world.time.advance(3s);
    return Outcome{};
  };
  world.publish = [&]() -> Result<void> {
    world.time.advance(1s);  // which changes nothing about the next run
    return {};
  };
  Runner runner{AtMost<FixedDelay>{&world, 3, FixedDelay{10s}}, Limited{{&world}},
                RecordingPublisher{&world}, FakeClock{world.time},
                Logger{{.format = LogFormat::none}}};
  runner.run(sample_job(), world.stop);
  REQUIRE(world.reports.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(world.reports[i].job.seq == i + 1);
    CHECK(world.reports[i].job.boot_id == world.jobs[0].boot_id);
    CHECK(world.jobs[i].seq == i + 1);  // the executor knows it, too
  }
  CHECK_FALSE(world.reports[0].previous_end);
  CHECK(world.reports[1].previous_end == begin + 3s);
  CHECK(world.reports[2].previous_end == begin + 16s);
  CHECK(world.reports[0].next_expected_by == begin + 3s + 10s + 30s + 2s);
  CHECK(world.reports[1].next_expected_by == begin + 16s + 10s + 30s + 2s);
  CHECK_FALSE(world.reports[2].next_expected_by);  // there is no next run

  auto const only_event = [&](Job const& job, std::optional<Duration> limit) {
    Runner once{Once{}, Limited{{&world}, limit}, RecordingPublisher{&world}, FakeClock{world.time},
                Logger{{.format = LogFormat::none}}};
    once.run(job, world.stop);
    return world.reports.back();
  };
  CHECK_FALSE(only_event(sample_job(), 30s).next_expected_by);
  Job job = sample_job();
  job.expect_every = 5min;
  Report const last = only_event(job, 30s);
  CHECK(last.next_expected_by == last.started_at + 5min + 30s + 60s);
  CHECK(last.job.boot_id != world.jobs[0].boot_id);
  CHECK_FALSE(only_event(job, std::nullopt).next_expected_by);
}

TEST_CASE("a run that ended before the executor was done with it ended then") {
  World world;
  WallTime const begin = world.time.wall;
  world.run = [&] {
    world.time.advance(3s);
    Instant const end = world.time.now;
    world.time.advance(2s);
    return Outcome{.ended = end};
  };
  (void)run(world, 1, Once{});
  REQUIRE(world.reports.size() == 1);
  CHECK(world.reports[0].duration == 3s);
  CHECK(world.reports[0].ended_at == begin + 3s);
}

TEST_CASE("a stepped wall clock changes neither the number of runs nor their durations") {
  for (Duration const step : {Duration{1h}, Duration{-1h}}) {
    World world;
    world.run = [&] {
      world.time.advance(2s);
      world.time.wall += step;
      return Outcome{};
    };
    world.time.on_wait = [&] { world.time.wall += step; };
    Instant const begin = world.time.now;
    Tally const tally = run(world, 10, FixedRate{10s});
    CHECK(tally.passed == 10);
    CHECK(world.time.now == begin + 92s);
    for (Report const& report : world.reports) CHECK(report.duration == 2s);
  }
}

TEST_CASE("runs at a fixed rate never overlap, and the slots they miss are left out") {
  World world;
  Instant const begin = world.time.now;
  Duration const lengths[] = {3s, 25s, 10s, 11s, 1s};
  std::size_t number = 0;
  std::vector<Instant> ends;
  world.run = [&] {
    world.time.advance(lengths[number++]);
    ends.push_back(world.time.now);
    return Outcome{};
  };
  MemoryFile const file;
  Tally const tally = run(world, 5, FixedRate{10s}, Logger{{.descriptor = file.descriptor()}});
  CHECK(tally.passed == 5);
  CHECK(tally.missed == 3);
  CHECK(world.starts ==
        std::vector<Instant>{begin, begin + 10s, begin + 40s, begin + 50s, begin + 70s});
  for (std::size_t i = 1; i < world.starts.size(); ++i) CHECK(world.starts[i] >= ends[i - 1]);
  auto const counted = [&](std::string_view line) {
    std::size_t count = 0;
    std::string const text = file.text();
    for (std::size_t at = text.find(line); at != std::string::npos; at = text.find(line, at + 1)) {
      ++count;
    }
    return count;
  };
  CHECK(counted(" warning: a run took longer than its slot missed=2 service=") == 1);
  CHECK(counted(" warning: a run took longer than its slot missed=3 service=") == 1);
  CHECK(counted("longer than its slot") == 2);
}

TEST_CASE("an instant in the past means now") {
  struct LongAgo {
    std::optional<Instant> next(Instant) {
      if (left-- == 0) return std::nullopt;
      return Instant{};
    }
    int left;
  };
  World world;
  Instant const begin = world.time.now;
  CHECK(run(world, 5, LongAgo{2}).passed == 2);
  CHECK(world.time.now == begin);
}

TEST_CASE("a runner can run again, and its policies go on where they were") {
  World world;
  Runner runner{AtMost<FixedDelay>{&world, 2, FixedDelay{1s}}, FakeExecutor{&world},
                RecordingPublisher{&world}, FakeClock{world.time},
                Logger{{.format = LogFormat::none}}};
  CHECK(runner.run(sample_job(), world.stop).passed == 2);
  world.stop.request();
  CHECK(runner.run(sample_job(), world.stop).passed == 0);
}

TEST_CASE("policies that can only be moved are held") {
  struct MoveOnly {
    Result<void> publish(Report const&) { return {}; }
    std::unique_ptr<int> owned;
  };
  World world;
  Runner runner{Once{}, FakeExecutor{&world}, MoveOnly{std::make_unique<int>(1)},
                FakeClock{world.time}, Logger{{.format = LogFormat::none}}};
  CHECK(runner.run(sample_job(), world.stop).passed == 1);
}

TEST_CASE("a runner without a clock of its own takes the steady one") {
  World world;
  Runner runner{Once{}, FakeExecutor{&world}, RecordingPublisher{&world}};
  static_assert(
      std::same_as<decltype(runner), Runner<Once, FakeExecutor, RecordingPublisher, SteadyClock>>);
}

TEST_CASE("the line that a run ended comes once its result is recorded") {
  World world;
  MemoryFile const file;
  std::string said;
  world.publish = [&]() -> Result<void> {
    said = file.text();
    return {};
  };
  (void)run(world, 1, FixedDelay{1s}, Logger{{.descriptor = file.descriptor()}});
  CHECK(said.find("run starts") != std::string::npos);
  CHECK(said.find("run ended") == std::string::npos);
  CHECK(file.text().find("run ended") != std::string::npos);
}

TEST_CASE("there is a line when a run starts, one when it ends and one for what went wrong") {
  World world;
  MemoryFile const file;
  int count = 0;
  world.run = [&]() -> Result<Outcome> {
    world.time.advance(1250ms);
    if (++count == 1) return Outcome{};
    if (count == 2) return ended(Verdict::fail, 3);
    return Error{Errc::system, "fork: no\nmemory"};
  };
  world.publish = [&]() -> Result<void> {
    if (count == 2) return Error{Errc::denied, "sns publish: http 403: no", http_status(403)};
    return {};
  };
  (void)run(world, 3, FixedDelay{1s},
            Logger{{.descriptor = file.descriptor(), .program = "checks"}});
  std::string const text = file.text();
  std::vector<std::string> lines;
  for (std::string_view const line : split(text, '\n')) {
    if (!line.empty()) lines.emplace_back(line.substr(line.find(' ') + 1));
  }
  auto const id = [&](std::size_t i) { return world.jobs[i].run_id; };
  REQUIRE(world.jobs.size() == 3);
  CHECK(lines == std::vector<std::string>{
                     "checks run starts run=" + id(0) + " service=example-service",
                     "checks run ended run=" + id(0) +
                         " service=example-service verdict=pass exit=0 seconds=1.250",
                     "checks run starts run=" + id(1) + " service=example-service",
                     "checks run ended run=" + id(1) +
                         " service=example-service verdict=fail exit=3 seconds=1.250",
                     "checks error: not delivered: sns publish: http 403: no run=" + id(1),
                     "checks run starts run=" + id(2) + " service=example-service",
                     "checks warning: fork: no?memory run=" + id(2),
                     "checks run ended run=" + id(2) +
                         " service=example-service verdict=spawn_error exit=126 seconds=1.250",
                 });
}
