// SPDX-License-Identifier: MIT
#include "sla/spool/last_events.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "../support/sample_report.hpp"
#include "../support/temporary_folder.hpp"

using namespace sla;
using namespace sla::internal;
using namespace std::chrono_literals;

namespace {

/// An event that ended at that second.
Entry event(std::uint64_t number, int second, std::string service = "shop",
            std::string location = "") {
  Entry entry{.number = number};
  entry.report.job.service = std::move(service);
  entry.report.job.location = std::move(location);
  entry.report.started_at = WallTime{std::chrono::seconds{second}};
  return entry;
}

std::optional<WallTime> end_before(LastEvents& last, Entry entry) {
  last.complete(entry);
  return entry.report.previous_end;
}

}  // namespace

TEST_CASE("the first event of a process says when the last one of the process before ended") {
  TemporaryFolder const folder;
  LastEvents before(folder.path());
  CHECK_FALSE(end_before(before, event(1, 10)));
  CHECK(end_before(before, event(2, 20)) == WallTime{10s});
  before.keep(event(0, 0).report.job);
  LastEvents after(folder.path());
  CHECK(end_before(after, event(3, 30)) == WallTime{20s});
  LastEvents unwritten(folder.path());
  CHECK(end_before(unwritten, event(4, 40)) == WallTime{20s});
}

TEST_CASE("what an event knows already stays, and one that is no result is told nothing") {
  TemporaryFolder const folder;
  LastEvents last(folder.path());
  last.learn(event(1, 10));
  Entry knows = event(2, 30);
  knows.report.previous_end = WallTime{25s};
  CHECK(end_before(last, knows) == WallTime{25s});
  Entry none = event(3, 40);
  none.report.outcome.verdict = Verdict::interrupted;
  CHECK_FALSE(end_before(last, none));
  CHECK(end_before(last, event(4, 50)) == WallTime{30s});
}

TEST_CASE("what an event left for the next process is there, and goes no further with it") {
  TemporaryFolder const folder;
  LastEvents before(folder.path());
  CHECK(before.recall(event(0, 0).report.job).number == 0);
  for (std::size_t const size : {std::size_t{100}, std::size_t{16'000}}) {
    Entry entry = event(size, 10);
    entry.report.memory = sla::internal::Shared<std::string const>::make(size, 'x');
    before.complete(entry);
    CHECK_FALSE(entry.report.memory);
    before.keep(entry.report.job);
    LastEvents after(folder.path());
    Recalled const recalled = after.recall(entry.report.job);
    CHECK(recalled.number == size);
    CHECK(recalled.memory == std::string(size, 'x'));
    CHECK(after.recall(event(0, 0, "other").report.job).number == 0);
  }
  LastEvents later(folder.path());
  CHECK(end_before(later, event(20'000, 20)) == WallTime{10s});
  later.keep(event(0, 0).report.job);
  CHECK(LastEvents(folder.path()).recall(event(0, 0).report.job).memory.size() == 16'000);
}

TEST_CASE("a death in the middle of writing leaves the event before") {
  TemporaryFolder const folder;
  for (int second = 1; second < 6; ++second) {
    LastEvents last(folder.path());
    Entry entry = event(static_cast<std::uint64_t>(second), second);
    entry.report.memory = sla::internal::Shared<std::string const>::make(10'000U, 'x');
    last.complete(entry);
    last.keep(entry.report.job);
    if (second == 1) continue;
    auto const file = std::filesystem::directory_iterator(folder.path())->path();
    std::string const bytes = read_file(file.string(), 65'536).value();
    std::size_t const begin = second % 2 == 0 ? 32'768 : 0;
    std::string torn = bytes;
    torn.replace(begin + 5'000, 5'000, 5'000, 'y');
    write_file(file.string(), torn);
    LastEvents after(folder.path());
    CHECK(end_before(after, event(9, 9)) == WallTime{std::chrono::seconds{second - 1}});
    write_file(file.string(), bytes);
  }
}

TEST_CASE("each service at each location has its own") {
  TemporaryFolder const folder;
  LastEvents last(folder.path());
  last.learn(event(1, 10, std::string(900, '/')));
  last.learn(event(2, 20, "shop", "here"));
  last.keep_all();
  LastEvents after(folder.path());
  CHECK_FALSE(end_before(after, event(3, 30, "shop", "there")));
  CHECK(end_before(after, event(4, 40, "shop", "here")) == WallTime{20s});
  CHECK(end_before(after, event(5, 50, std::string(900, '/'))) == WallTime{10s});
}

TEST_CASE("an older event changes nothing, a clock that was set back does") {
  TemporaryFolder const folder;
  LastEvents last(folder.path());
  last.learn(event(5, 50));
  last.learn(event(4, 60));
  CHECK(end_before(last, event(6, 20)) == WallTime{50s});
  CHECK(end_before(last, event(7, 30)) == WallTime{20s});
}

TEST_CASE("a file that is damaged, or another check's, is as if it were not there") {
  TemporaryFolder const folder;
  LastEvents last(folder.path());
  last.learn(event(1, 10));
  last.keep_all();
  for (auto const& entry : std::filesystem::directory_iterator(folder.path())) {
    std::string bytes = read_file(entry.path().string(), 8192).value();
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    write_file(entry.path().string(), bytes);
  }
  LastEvents after(folder.path());
  CHECK_FALSE(end_before(after, event(2, 20)));
  LastEvents nowhere(folder.path() + "/none");
  CHECK_FALSE(end_before(nowhere, event(2, 20)));
  nowhere.keep_all();
}
