// SPDX-License-Identifier: MIT
#include "sla/publisher/spooled.hpp"

#include <doctest/doctest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../support/memory_file.hpp"
#include "../support/no_threads.hpp"
#include "../support/spool_case.hpp"
#include "../support/temporary_folder.hpp"
#include "sla/spool/disk.hpp"
#include "sla/spool/memory.hpp"

using namespace sla;
using namespace std::chrono_literals;

namespace {

using Texts = std::vector<std::string>;
Logger const silent{{.format = LogFormat::none}};
Instant in(Duration duration) { return std::chrono::steady_clock::now() + duration; }

/// A sink that may be shut: then a delivery waits, as long as its stop lets it.
struct Sink {
  std::mutex mutex{};
  std::condition_variable changed{};
  bool open = true;
  Texts runs{};
  std::atomic<int> attempts = 0;

  void wait_for_attempts(int wanted) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return attempts >= wanted; });
  }
  void wait_for_runs(std::size_t wanted) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return runs.size() >= wanted; });
  }
};

class Gate {
 public:
  Gate(Sink& sink, Stop const& stop) : sink_(&sink), stop_(&stop) {}

  Result<void> publish(Report const& report) {
    {
      std::lock_guard const lock(sink_->mutex);
      ++sink_->attempts;
      sink_->changed.notify_all();
    }
    while (!is_open()) {
      if (stop_->level() != StopLevel::none) return Error{Errc::stopped, "stopped"};
      await_news(in(1s), *stop_);
    }
    std::lock_guard const lock(sink_->mutex);
    sink_->runs.push_back(report.job.run_id);
    sink_->changed.notify_all();
    return {};
  }
  Result<std::string> store(Report const& report) {
    if (auto done = publish(report); !done) return done.error();
    return std::string("gate://log");
  }

 private:
  bool is_open() const {
    std::lock_guard const lock(sink_->mutex);
    return sink_->open;
  }

  Sink* sink_;
  Stop const* stop_;
};

/// A sink that answers each time with the same error.
struct Failing {
  Error error;
  Result<void> publish(Report const&) const { return error; }
};
struct NoLogs {
  Result<void> publish(Report const&) const { return {}; }
  Result<std::string> store(Report const&) const { return std::string(); }
};

}  // namespace

TEST_CASE("what is published is delivered in the background, in order") {
  DeliveryStops stops;
  Sink sink;
  Spooled spooled{NoLogs{}, Gate{sink, stops.events}, MemorySpool{}, stops};
  for (char const* const run : {"a", "b", "c"}) CHECK(spooled.publish(report_of(run)));
  sink.wait_for_runs(3);
  CHECK(sink.runs == Texts{"a", "b", "c"});
  CHECK(spooled.finish(in(10s)).events == 0);
}

TEST_CASE("any number of threads may publish at once") {
  TemporaryFolder const folder;
  DeliveryStops stops;
  Sink sink;
  Spooled spooled{NoLogs{}, Gate{sink, stops.events},
                  DiskSpool::open({.folder = folder / "spool"}, silent).value(), stops};
  std::vector<std::thread> threads;
  for (char const* const name : {"a", "b", "c"}) {
    threads.emplace_back([&spooled, name] {
      for (int i = 0; i < 30; ++i) {
        Report const report = report_of(name + std::to_string(i));
        spooled.begin(report);
        (void)spooled.publish(report);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(spooled.finish(in(1min)).events == 0);
  CHECK(sink.runs.size() == 90);
}

TEST_CASE("a sink that hangs holds up nobody who publishes") {
  DeliveryStops stops;
  Sink sink;
  sink.open = false;
  Spooled spooled{NoLogs{}, Gate{sink, stops.events}, MemorySpool{},
                  stops,    {.listing = -1},          SteadyClock{},
                  silent};
  CHECK(spooled.publish(report_of("a")));
  sink.wait_for_attempts(1);
  for (int i = 0; i < 100; ++i) CHECK(spooled.publish(report_of("b")));
  CHECK(sink.attempts.load() == 1);
  CHECK(sink.runs.empty());
}

TEST_CASE("finish delivers what is pending and returns as soon as it is") {
  DeliveryStops stops;
  Sink sink;
  Spooled spooled{NoLogs{}, Gate{sink, stops.events}, MemorySpool{}, stops};
  for (int i = 0; i < 50; ++i) CHECK(spooled.publish(report_of(std::to_string(i))));
  Instant const start = std::chrono::steady_clock::now();
  CHECK(spooled.finish(in(1h)).events == 0);
  CHECK(std::chrono::steady_clock::now() - start < 1min);
  CHECK(sink.runs.size() == 50);
}

TEST_CASE("where there can be no thread finish delivers") {
  DeliveryStops stops;
  Sink sink;
  MemoryFile said;
  auto const start = [&] {
    NoThreads const none;
    Logger const log{{.descriptor = said.descriptor()}};
    return Spooled{NoLogs{}, Gate{sink, stops.events}, MemorySpool{}, stops, {}, SteadyClock{},
                   log};
  };
  auto spooled = start();
  {
    NoThreads const none;
    for (char const* const run : {"a", "b"}) CHECK(spooled.publish(report_of(run)));
    CHECK(sink.runs.empty());
    CHECK(spooled.finish(in(1min)).events == 0);
  }
  CHECK(sink.runs == Texts{"a", "b"});
  CHECK(said.text().find("results are not delivered for now: thread:") != std::string::npos);
}

TEST_CASE("where there can be no thread finish cuts what hangs when its time is over") {
  DeliveryStops stops;
  Sink sink;
  sink.open = false;
  MemoryFile listing;
  NoThreads const none;
  Spooled spooled{NoLogs{}, Gate{sink, stops.events},          MemorySpool{},
                  stops,    {.listing = listing.descriptor()}, SteadyClock{},
                  silent};
  CHECK(spooled.publish(report_of("a")));
  CHECK(spooled.finish(in(500ms)).events == 1);
  CHECK(sink.attempts.load() == 1);
  CHECK(listing.text().find("\"runId\":\"a\"") != std::string::npos);
}

TEST_CASE("where there was no thread the next report is delivered as soon as there is one") {
  DeliveryStops stops;
  Sink sink;
  auto const start = [&] {
    NoThreads const none;
    return Spooled{NoLogs{}, Gate{sink, stops.events}, MemorySpool{}, stops, {}, SteadyClock{},
                   silent};
  };
  auto spooled = start();
  CHECK(spooled.publish(report_of("a")));
  while (sink.attempts == 0) {  // a second later at most
    CHECK(spooled.publish(report_of("b")));
    std::this_thread::sleep_for(10ms);
  }
  sink.wait_for_runs(2);
  std::lock_guard const lock(sink.mutex);
  CHECK(sink.runs.front() == "a");
}

TEST_CASE("finish gives up on what hangs, lists it, and says so") {
  DeliveryStops stops;
  Sink deaf;
  deaf.open = false;
  Stop const never;
  MemoryFile listing;
  Spooled spooled{NoLogs{},
                  Gate{deaf, never},
                  MemorySpool{},
                  stops,
                  {.listing = listing.descriptor()},
                  SteadyClock{},
                  silent};
  CHECK(spooled.publish(report_of("a")));
  deaf.wait_for_attempts(1);
  CHECK(spooled.finish(in(50ms)).events == 1);
  CHECK(spooled.hangs());
  CHECK(listing.text().find("it hangs") != std::string::npos);
  std::lock_guard const lock(deaf.mutex);
  deaf.open = true;  // the last copy waits for it
  never.request();
}

TEST_CASE("finish does not wait for what cannot succeed in time") {
  DeliveryStops stops;
  Spooled spooled{
      NoLogs{},        Failing{{Errc::system, "no space left on device", system_number(28)}},
      MemorySpool{},   stops,
      {.listing = -1}, SteadyClock{},
      silent};
  CHECK(spooled.publish(report_of("a")));
  Instant const start = std::chrono::steady_clock::now();
  CHECK(spooled.finish(in(9s)).events == 1);
  CHECK(std::chrono::steady_clock::now() - start < 5s);
}

TEST_CASE("finish does not wait for a disk on which nothing is left to be done") {
  TemporaryFolder const folder;
  write_file(folder / "spool", "in the way");
  DeliveryStops stops;
  Sink sink;
  Spooled spooled{NoLogs{}, Gate{sink, stops.events},
                  *DiskSpool::open({.folder = folder / "spool"}, silent), stops};
  CHECK(spooled.publish(report_of("a")));
  Instant const start = std::chrono::steady_clock::now();
  CHECK(spooled.finish(in(1h)).events == 0);
  CHECK(std::chrono::steady_clock::now() - start < 20s);
  CHECK(sink.runs == Texts{"a"});
}

TEST_CASE("a delivery that hangs is cut at the deadline") {
  DeliveryStops stops;
  Sink sink;
  sink.open = false;
  Spooled spooled{NoLogs{}, Gate{sink, stops.events}, MemorySpool{},
                  stops,    {.listing = -1},          SteadyClock{},
                  silent};
  CHECK(spooled.publish(report_of("a")));
  CHECK(spooled.finish(in(50ms)).events == 1);
}

TEST_CASE("a log that hangs leaves half of the time to the events") {
  DeliveryStops stops;
  Sink logs, events;
  logs.open = false;
  Spooled spooled{Gate{logs, stops.logs},
                  Gate{events, stops.events},
                  MemorySpool{},
                  stops,
                  {.listing = -1},
                  SteadyClock{},
                  silent};
  for (char const* const run : {"a", "b"}) CHECK(spooled.publish(report_of(run)));
  auto const left = spooled.finish(in(2s));
  CHECK(left.events == 0);
  CHECK(left.logs == 2);
  CHECK(events.runs == Texts{"a", "b"});
}

TEST_CASE("what would be lost with the process is listed, a line of JSON for each result") {
  DeliveryStops stops;
  MemoryFile listing;
  {
    Spooled spooled{NoLogs{},
                    Failing{{Errc::unacceptable, "too \"large\"", http_status(413)}},
                    MemorySpool{},
                    stops,
                    {.listing = listing.descriptor()},
                    SteadyClock{},
                    silent};
    for (char const* const run : {"a", "b"}) CHECK(spooled.publish(report_of(run)));
    CHECK(spooled.publish(report_of("cut short", Verdict::interrupted)));
    CHECK(spooled.finish(in(10s)).refused == 2);
  }
  std::string const text = listing.text();
  CHECK(text.starts_with("{\"undelivered\":{\"service\":\"example-service\","));
  CHECK(text.find("\"runId\":\"b\"") != std::string::npos);
  CHECK(text.find("\"reason\":\"too \\\"large\\\"\"}\n") != std::string::npos);
  CHECK(text.find("cut short") == std::string::npos);
}

TEST_CASE("why results are left is said once, and of how many more") {
  DeliveryStops stops;
  Sink sink;
  sink.open = false;
  MemoryFile listing;
  MemoryFile said;
  Spooled spooled{NoLogs{},
                  Gate{sink, stops.events},
                  MemorySpool{},
                  stops,
                  {.delivery = {.upload = UploadLogs::never}, .listing = listing.descriptor()},
                  SteadyClock{},
                  Logger{{.descriptor = said.descriptor()}}};
  for (char const* const run : {"a", "b", "c"}) CHECK(spooled.publish(report_of(run)));
  sink.wait_for_attempts(1);
  CHECK(spooled.finish(in(1s)).events == 3);
  std::string const text = said.text();
  // The first was being delivered; the others, whose turn had not come, have one reason.
  CHECK(text.find("error: not delivered: stopped run=a\n") != std::string::npos);
  CHECK(text.find("error: not delivered: there was no time; stopped run=b more=1\n") !=
        std::string::npos);
  CHECK(text.find("run=c") == std::string::npos);
  for (char const* const run : {"a", "b", "c"}) {
    CHECK(listing.text().find(std::string("\"runId\":\"") + run + '"') != std::string::npos);
  }
}

TEST_CASE("what is left on the disk is not listed, and delivered by the next process") {
  TemporaryFolder const folder;
  MemoryFile listing;
  {
    DeliveryStops stops;
    Sink sink;
    sink.open = false;
    Spooled spooled{NoLogs{},
                    Gate{sink, stops.events},
                    DiskSpool::open({.folder = folder / "spool"}, silent).value(),
                    stops,
                    {.listing = listing.descriptor()},
                    SteadyClock{},
                    silent};
    for (char const* const run : {"a", "b"}) CHECK(spooled.publish(report_of(run)));
    CHECK(spooled.finish(in(50ms)).events == 2);
  }
  CHECK(listing.text().empty());
  DeliveryStops stops;
  Sink sink;
  Spooled spooled{NoLogs{}, Gate{sink, stops.events},
                  DiskSpool::open({.folder = folder / "spool"}, silent).value(), stops};
  CHECK(spooled.finish(in(10s)).events == 0);
  CHECK(sink.runs == Texts{"a", "b"});
}

TEST_CASE("copies share one spool, and the last of them ends the thread") {
  DeliveryStops stops;
  Sink sink;
  auto spooled = std::make_unique<Spooled<NoLogs, Gate, MemorySpool>>(
      NoLogs{}, Gate{sink, stops.events}, MemorySpool{}, stops);
  auto copy = *spooled;
  spooled.reset();
  CHECK(copy.publish(report_of("a")));
  sink.wait_for_runs(1);
  CHECK(copy.finish(in(10s)).events == 0);
}

TEST_CASE("all signals stay blocked in the thread, and the caller's mask stays as it was") {
  struct Masked {
    sigset_t* seen;
    Result<void> publish(Report const&) const {
      ::pthread_sigmask(SIG_SETMASK, nullptr, seen);
      return {};
    }
  };
  sigset_t before, after, seen;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
  ::sigemptyset(&seen);
  {
    DeliveryStops stops;
    Spooled spooled{NoLogs{}, Masked{&seen}, MemorySpool{}, stops};
    CHECK(spooled.publish(report_of("a")));
    CHECK(spooled.finish(in(10s)).events == 0);
  }
  ::pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (int const signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD, SIGPIPE}) {
    CHECK(::sigismember(&seen, signal) == 1);
    CHECK(::sigismember(&before, signal) == ::sigismember(&after, signal));
  }
}

TEST_CASE("a run that begins is marked in the spool until it is published") {
  TemporaryFolder const folder;
  DeliveryStops stops;
  Sink sink;
  Spooled spooled{NoLogs{}, Gate{sink, stops.events},
                  DiskSpool::open({.folder = folder / "spool"}, silent).value(), stops};
  spooled.begin(report_of("a"));
  CHECK(contents(folder / "spool/runs/a.run").size() > 100);
  CHECK(spooled.publish(report_of("a")));
  CHECK(contents(folder / "spool/runs/a.run").empty());
}
