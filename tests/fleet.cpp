// SPDX-License-Identifier: MIT
#include "sla/fleet.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sla/executor/direct.hpp"
#include "sla/executor/shell.hpp"
#include "sla/scheduler/fixed_rate.hpp"
#include "sla/scheduler/once.hpp"
#include "support/child_process.hpp"
#include "support/memory_file.hpp"
#include "support/no_threads.hpp"

using namespace std::chrono_literals;
using sla::Fleet;
using sla::Job;
using sla::Outcome;
using sla::Report;
using sla::Result;
using sla::Stop;
using sla::StopLevel;
using sla::Verdict;

namespace {

/// Due at once, so many times.
struct Times {
  std::optional<sla::Instant> next(sla::Instant now) {
    if (left-- == 0) return std::nullopt;
    return now;
  }
  int left;
};

/// What all runs of a test share.
struct World {
  std::mutex mutex{};
  std::condition_variable changed{};
  int running = 0;
  int most = 0;
  std::map<std::string, int> runs{};
  std::vector<std::string> order{};
  std::map<std::string, Verdict> verdicts{};
};

/// Counts; with `together` a run lasts until so many run at once.
struct Counting {
  Result<Outcome> execute(Job const& job, Stop const&) {
    std::unique_lock lock(world->mutex);
    ++world->runs[job.service];
    world->order.push_back(job.service);
    world->most = std::max(world->most, ++world->running);
    world->changed.notify_all();
    world->changed.wait_for(lock, 10s, [this] { return world->most >= together; });
    --world->running;
    return Outcome{};
  }
  World* world;
  int together = 1;
};

/// Lasts until it is told to stop.
struct Patient {
  Result<Outcome> execute(Job const&, Stop const& stop) {
    started->fetch_add(1);
    started->notify_all();
    while (stop.level() != StopLevel::now) {
      sla::await_news(std::chrono::steady_clock::now() + 10s, stop);
    }
    return Outcome{.verdict = Verdict::interrupted};
  }
  std::atomic<int>* started;
};

struct Noting {
  static constexpr bool wants_uncounted = true;
  Result<void> publish(Report const& report) {
    std::lock_guard const lock(world->mutex);
    world->verdicts[report.job.service] = report.outcome.verdict;
    return {};
  }
  World* world;
};

sla::Logger const silent({.descriptor = -1});

Job job(int number) { return {.service = "check-" + std::to_string(number)}; }

}  // namespace

TEST_CASE("every check runs as often as its scheduler says, and the tally is that of all") {
  World world;
  Fleet<Times, Counting, Noting> fleet({.workers = 3}, silent);
  for (int i = 0; i < 20; ++i) fleet.add(job(i), Times{i % 4}, Counting{&world}, Noting{&world});
  sla::Tally const tally = fleet.run(Stop());
  CHECK(tally.passed == 5 * (0 + 1 + 2 + 3));
  CHECK(tally.failed + tally.undelivered + tally.interrupted == 0);
  CHECK(world.runs.size() == 15);
  CHECK(world.runs["check-7"] == 3);
  CHECK(world.verdicts.size() == 15);
}

TEST_CASE("the events of all checks are of one boot, each numbered by itself, but for namesakes") {
  struct Keeping {
    Result<void> publish(Report const& report) {
      std::lock_guard const lock(world->mutex);
      reports->push_back(report);
      return {};
    }
    World* world;
    std::vector<Report>* reports;
  };
  World world;
  std::vector<Report> reports;
  Fleet<Times, Counting, Keeping> fleet({.workers = 2}, silent);
  for (int const name : {1, 2, 2}) {
    fleet.add(job(name), Times{3}, Counting{&world}, Keeping{&world, &reports});
  }
  fleet.run(Stop());
  std::map<std::pair<std::string, std::string>, std::vector<std::uint64_t>> boots;
  for (Report const& report : reports) {
    boots[{report.job.service, report.job.boot_id}].push_back(report.job.seq);
  }
  CHECK(boots.size() == 3);
  for (auto const& [boot, numbers] : boots) CHECK(numbers == std::vector<std::uint64_t>{1, 2, 3});
  std::set<std::string> ids;
  for (auto const& [boot, numbers] : boots) ids.insert(boot.second);
  CHECK(ids.size() == 2);
}

TEST_CASE("no more runs go on at once than there are workers, and so many do") {
  World world;
  Fleet<Times, Counting, Noting> fleet({.workers = 4}, silent);
  for (int i = 0; i < 12; ++i) fleet.add(job(i), Times{3}, Counting{&world, 4}, Noting{&world});
  CHECK(fleet.run(Stop()).passed == 36);
  CHECK(world.most == 4);
}

TEST_CASE("the earliest run that is due comes first, and first runs are spread") {
  World world;
  Fleet<Times, Counting, Noting> fleet({.workers = 1, .spread = 20ms}, silent);
  for (int i = 0; i < 10; ++i) fleet.add(job(i), Times{1}, Counting{&world}, Noting{&world});
  auto const begin = std::chrono::steady_clock::now();
  CHECK(fleet.run(Stop()).passed == 10);
  CHECK(std::chrono::steady_clock::now() - begin >= 18ms);
  std::vector<std::string> expected;
  for (int i = 0; i < 10; ++i) expected.push_back(job(i).service);
  CHECK(world.order == expected);
}

TEST_CASE("a fleet without checks, or whose checks never run, is over at once") {
  World world;
  Fleet<Times, Counting, Noting> empty({}, silent);
  CHECK(empty.run(Stop()).passed == 0);
  Fleet<Times, Counting, Noting> fleet({}, silent);
  fleet.add(job(1), Times{0}, Counting{&world}, Noting{&world});
  CHECK(fleet.run(Stop()).passed == 0);
}

TEST_CASE("a stop ends a fleet that waits, and nothing more runs") {
  World world;
  Fleet<sla::FixedRate, Counting, Noting> fleet({.workers = 3, .spread = 24h}, silent);
  for (int i = 0; i < 5; ++i) {
    fleet.add(job(i), sla::FixedRate{24h}, Counting{&world}, Noting{&world});
  }
  Stop const stop;
  std::thread other([&] {
    std::unique_lock lock(world.mutex);
    world.changed.wait_for(lock, 10s, [&] { return world.runs.size() == 1; });
    stop.request();
  });
  CHECK(fleet.run(stop).passed == 1);
  other.join();
}

TEST_CASE("both requests of a stop reach every run that goes on") {
  World world;
  std::atomic<int> started{0};
  Fleet<Times, Patient, Noting> fleet({.workers = 3}, silent);
  for (int i = 0; i < 5; ++i) fleet.add(job(i), Times{1}, Patient{&started}, Noting{&world});
  Stop const stop;
  std::thread other([&] {
    for (int seen = 0; (seen = started.load()) < 3;) started.wait(seen);
    stop.request();
    stop.request();
  });
  sla::Tally const tally = fleet.run(stop);
  other.join();
  CHECK(tally.interrupted == 3);
  CHECK(world.verdicts.size() == 3);
}

TEST_CASE("real commands run side by side, each with its own output and nothing of ours blocked") {
  struct Texts {
    Result<void> publish(Report const& report) {
      std::lock_guard const lock(*mutex);
      (*texts)[report.job.service] = report.outcome.output.text().value();
      return {};
    }
    std::mutex* mutex;
    std::map<std::string, std::string>* texts;
  };
  std::mutex mutex;
  std::map<std::string, std::string> texts;
  auto const stop = Stop::on_signals();
  REQUIRE(stop.has_value());
  Fleet<Times, sla::Direct<>, Texts> fleet({.workers = 4}, silent);
  sla::ProcessOptions const options{.pass_through = -1};
  for (int i = 0; i < 40; ++i) {
    Job check = job(i);
    check.command = {"/bin/echo", check.service};
    fleet.add(check, Times{1}, sla::Direct<>{options}, Texts{&mutex, &texts});
  }
  CHECK(fleet.run(*stop).passed == 40);
  CHECK(texts.size() == 40);
  for (auto const& [service, text] : texts) CHECK(text == service + "\n");
}

TEST_CASE("how a child ended is left to the executor that started it, whichever way it did") {
  struct System {
    Result<Outcome> execute(Job const& job, Stop const&) {
      int const status = std::system(job.command[0].c_str());
      bool const seen = status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 7;
      return Outcome{.verdict = seen ? Verdict::pass : Verdict::fail};
    }
  };
  World world;
  auto const stop = Stop::on_signals();
  REQUIRE(stop.has_value());
  Fleet<Times, System, Noting> fleet({.workers = 4}, silent);
  for (int i = 0; i < 4; ++i) fleet.add({.command = {"exit 7"}}, Times{25}, {}, Noting{&world});
  CHECK(fleet.run(*stop).passed == 100);
}

TEST_CASE("a command neither ends nor reaps what another check has started, unless told to") {
  /// Every other run is a system() that takes a while, beside commands that leave an orphan.
  struct Mixed {
    Result<Outcome> execute(Job const& job, Stop const& stop) {
      if (job.service != "system") return shell.execute(job, stop);
      int const status = std::system(job.command[0].c_str());
      bool const seen = status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 7;
      return Outcome{.verdict = seen ? Verdict::pass : Verdict::fail};
    }
    void run_beside_others() { shell.run_beside_others(); }
    sla::Shell<> shell{sla::ProcessOptions{.pass_through = -1}};
  };
  World world;
  auto const stop = Stop::on_signals();
  REQUIRE(stop.has_value());
  Fleet<Times, Mixed, Noting> fleet({.workers = 4}, silent);
  for (int i = 0; i < 2; ++i) {
    fleet.add({.service = "system", .command = {"sleep 0.01; exit 7"}}, Times{20}, {},
              Noting{&world});
    fleet.add({.service = "shell", .command = {"(setsid true &); true"}}, Times{50}, {},
              Noting{&world});
  }
  CHECK(fleet.run(*stop).passed == 140);
  // The orphans are this process's if an earlier test has made it their subreaper.
  while (::waitpid(-1, nullptr, 0) > 0) continue;
}

TEST_CASE("an executor that is told to end what a run leaves does so in a fleet too") {
  for (auto const leftovers : {sla::Leftovers::leave, sla::Leftovers::end}) {
    sla::ProcessOptions options{.pass_through = -1, .leftovers = leftovers};
    options.run_beside_others();
    CHECK(options.leftovers == leftovers);
  }
  sla::ProcessOptions options;
  CHECK(options.end_leftovers());
  options.run_beside_others();
  CHECK_FALSE(options.end_leftovers());
}

TEST_CASE("where there can be no thread at all, the caller's own runs one check after another") {
  World world;
  NoThreads const none;
  Fleet<Times, Counting, Noting> fleet({.workers = 4, .spread = 20ms}, silent);
  for (int i = 0; i < 10; ++i) fleet.add(job(i), Times{i % 4}, Counting{&world}, Noting{&world});
  auto const begin = std::chrono::steady_clock::now();
  CHECK(fleet.run(Stop()).passed == 13);
  CHECK(std::chrono::steady_clock::now() - begin >= 18ms);
  CHECK(world.most == 1);
  Fleet<Times, Counting, Noting> empty({}, silent);
  CHECK(empty.run(Stop()).passed == 0);
}

TEST_CASE("threads that could not be had at the start are started once they can be") {
  struct Shared {
    World world{};
    std::optional<NoThreads> none{std::in_place};
  };
  /// Again and again, until two ran at once.
  struct UntilTwo {
    std::optional<sla::Instant> next(sla::Instant now) const {
      std::lock_guard const lock(shared->world.mutex);
      return shared->world.most < 2 ? std::optional(now) : std::nullopt;
    }
    Shared* shared;
  };
  struct Lifting {
    Result<Outcome> execute(Job const& job, Stop const&) {
      {
        std::lock_guard const lock(shared->world.mutex);
        shared->none.reset();
      }
      std::unique_lock lock(shared->world.mutex);
      shared->world.most = std::max(shared->world.most, ++shared->world.running);
      lock.unlock();
      std::this_thread::sleep_for(5ms);
      lock.lock();
      --shared->world.running;
      ++shared->world.runs[job.service];
      return Outcome{};
    }
    Shared* shared;
  };
  Shared shared;
  Fleet<UntilTwo, Lifting, Noting> fleet({.workers = 2}, silent);
  for (int i = 0; i < 2; ++i) {
    fleet.add(job(i), UntilTwo{&shared}, Lifting{&shared}, Noting{&shared.world});
  }
  (void)fleet.run(Stop());
  CHECK(shared.world.most == 2);
}

TEST_CASE("where there can be only some threads, those do it all") {
  if (::getuid() != 0) {
    MESSAGE("skipped: a limit of processes is sure only for a user who has none");
    return;
  }
  int const code = in_child([] {
                     rlimit const few{6, 6};  // this process and its threads
                     if (::setrlimit(RLIMIT_NPROC, &few) != 0) return 9;
                     if (::setresuid(61234, 61234, 61234) != 0) return 8;
                     World world;
                     Fleet<Times, Counting, Noting> fleet({.workers = 16}, silent);
                     for (int i = 0; i < 16; ++i) {
                       fleet.add(job(i), Times{3}, Counting{&world, 2}, Noting{&world});
                     }
                     return fleet.run(Stop()).passed == 48 && world.most < 6 ? 0 : 1;
                   }).exit_code;
  CHECK(code == 0);
}

TEST_CASE("the caller's own thread hears of a stop and of USR1") {
  struct Asking : Counting {
    Result<Outcome> execute(Job const& job, Stop const& stop) {
      auto outcome = Counting::execute(job, stop);
      if (world->order.size() == 1) ::kill(::getpid(), SIGUSR1);
      if (world->order.size() == 6) ::kill(::getpid(), SIGTERM);
      return outcome;
    }
  };
  World world;
  auto const stop = Stop::on_signals();
  REQUIRE(stop.has_value());
  NoThreads const none;
  MemoryFile const file;
  Fleet<sla::FixedRate, Asking, Noting> fleet({.workers = 2, .spread = 24h},
                                              sla::Logger({.descriptor = file.descriptor()}));
  for (int i = 0; i < 5; ++i) fleet.add(job(i), sla::FixedRate{2h}, {{&world}}, Noting{&world});
  CHECK(fleet.run(*stop).passed == 6);
  CHECK(file.text().find("warning: fewer runs at once than asked for: thread: Resource temporarily "
                         "unavailable threads=0\n") != std::string::npos);
}

TEST_CASE("USR1 makes every check due") {
  World world;
  auto const stop = Stop::on_signals();
  REQUIRE(stop.has_value());
  Fleet<sla::FixedRate, Counting, Noting> fleet({.workers = 2, .spread = 24h}, silent);
  for (int i = 0; i < 5; ++i) {
    fleet.add(job(i), sla::FixedRate{24h}, Counting{&world}, Noting{&world});
  }
  std::thread other([&] {
    std::unique_lock lock(world.mutex);
    world.changed.wait_for(lock, 10s, [&] { return world.runs.size() == 1; });
    lock.unlock();
    ::kill(::getpid(), SIGUSR1);
    lock.lock();
    world.changed.wait_for(lock, 10s, [&] { return world.runs.size() == 5; });
    stop->request();
  });
  CHECK(fleet.run(*stop).passed >= 5);
  other.join();
}
