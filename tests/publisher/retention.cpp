// SPDX-License-Identifier: MIT
#include "sla/publisher/retention.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "../support/eventually.hpp"
#include "../support/sample_report.hpp"
#include "../support/temporary_folder.hpp"
#include "sla/publisher/event_file.hpp"

using namespace sla;
using internal::Retention;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

constexpr std::int64_t day = 86400;
constexpr std::int64_t today = 20000 * day;  // the 20,000th day since the epoch begins
WallTime const noon{seconds{today} + hours{12}};

void write(std::string const& path, std::string_view text = "log\n") {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path) << text;
}

std::string read(std::string const& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string event(std::int64_t ended, EventFormat format = EventFormat::documented) {
  Report report = sample_report();
  report.ended_at = WallTime{seconds{ended}};
  report.outcome.message = "a \"timestamp\":\"1\"";
  return event_json(report, format) + '\n';
}

Retention retention(TemporaryFolder const& folder, std::int64_t days = 2) {
  return Retention{{.folder = folder.path(), .days = days, .patience = std::chrono::minutes{2}}};
}

std::string name(std::int64_t ended, std::string_view rest = "SUCCESS") {
  return std::to_string(ended).append("_").append(rest);
}

ino_t number_of(std::string const& path) {
  struct stat about {};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  return about.st_ino;
}

}  // namespace

TEST_CASE("events of days before the last whole ones go, in either format, and no other line") {
  TemporaryFolder const folder;
  std::string const path = folder / "events.ndjson";
  std::string const strange = "no event \"timestamp\":\"1\"\n{\"timestamp\":{}}\n\n";
  std::string const torn = "{\"service\":\"shop\",\"timestamp\":\"1";
  std::int64_t const oldest = today - 2 * day;
  write(path, event(oldest - 1) + strange + event(oldest) + event(1, EventFormat::numbers) +
                  event(today, EventFormat::numbers) + event(oldest - 1) + torn);
  ::chmod(path.c_str(), 0640);
  REQUIRE(retention(folder).tend(noon));
  CHECK(read(path) == strange + event(oldest) + event(today, EventFormat::numbers) + torn);
  CHECK((std::filesystem::status(path).permissions() == std::filesystem::perms{0640}));
  CHECK(folder.files() == std::vector<std::string>{"events.ndjson"});
}

TEST_CASE("a file whose first event stays is not written again") {
  TemporaryFolder const folder;
  std::string const path = folder / "events.ndjson";
  write(path, "strange\n" + event(today - day) + event(1));
  ino_t const before = number_of(path);
  REQUIRE(retention(folder).tend(noon));
  CHECK(number_of(path) == before);
}

TEST_CASE("a file larger than what is read at once keeps every line that is not too old") {
  TemporaryFolder const folder;
  std::string old, kept;
  for (int i = 0; i < 1000; ++i) {
    old += event(i);
    kept += event(today + i);
  }
  write(folder / "events.ndjson", old + kept);
  REQUIRE(retention(folder).tend(noon));
  CHECK(read(folder / "events.ndjson") == kept);
}

TEST_CASE("logs go by their name, whatever their result, and nothing else does") {
  TemporaryFolder const folder;
  std::int64_t const old = today - 2 * day - 1;
  for (std::string const& gone : {name(old), name(old, "FAILURE_2"), name(old, "INTERRUPTED"),
                                  name(old, "UNKNOWN"), name(0, "SKIPPED_1000")}) {
    write(folder / "shop/" + gone);
    write(folder / "team/a/b/" + gone);
  }
  std::vector<std::string> const stay{
      name(old),  // no service has an empty name
      "shop/" + name(old + 1),
      "shop/" + name(old, "SUCCESS_"),
      "shop/" + name(old, "SUCCESS_x"),
      "shop/" + name(old, "success"),
      "shop/" + name(old, "SUCCESS.gz"),
      "shop/-5_SUCCESS",
      "shop/_SUCCESS",
      "shop/notes",
  };
  for (std::string const& each : stay) write(folder / each);
  REQUIRE(retention(folder).tend(noon));
  std::vector<std::string> expected = stay;
  std::sort(expected.begin(), expected.end());
  CHECK(folder.files() == expected);
}

TEST_CASE("no symbolic link is followed, and none is deleted") {
  TemporaryFolder const elsewhere;
  write(elsewhere / name(1));
  write(elsewhere / "events.ndjson", event(1));
  TemporaryFolder const folder;
  write(folder / "shop/notes");
  std::filesystem::create_directory_symlink(elsewhere.path(), folder / "linked");
  std::filesystem::create_symlink(elsewhere / name(1), folder / "shop/" + name(1));
  std::filesystem::create_symlink(elsewhere / "events.ndjson", folder / "events.ndjson");
  REQUIRE(retention(folder).tend(noon));
  CHECK(elsewhere.files() == std::vector<std::string>{name(1), "events.ndjson"});
  CHECK(std::filesystem::is_symlink(folder / "shop/" + name(1)));
  CHECK(read(elsewhere / "events.ndjson") == event(1));
}

TEST_CASE("it looks at the first call and once on each day, and never without a number of days") {
  TemporaryFolder const folder;
  std::string const log = folder / "shop/" + name(1);
  Retention kept = retention(folder);
  CHECK(kept.due(noon));
  REQUIRE(kept.tend(noon));
  CHECK_FALSE(kept.due(noon + hours{11}));
  write(log);
  REQUIRE(kept.tend(noon + hours{11}));
  CHECK(std::filesystem::exists(log));
  CHECK(kept.due(noon + hours{12}));
  REQUIRE(kept.tend(noon + hours{12}));
  CHECK_FALSE(std::filesystem::exists(log));
  write(log);
  Retention never = retention(folder, 0);
  CHECK_FALSE(never.due(noon));
  REQUIRE(never.tend(noon));
  CHECK(std::filesystem::exists(log));
}

TEST_CASE("a call that has too little time is followed by another") {
  TemporaryFolder const folder;
  write(folder / "shop/" + name(1));
  Retention kept{{.folder = folder.path(), .days = 2, .patience = Duration::zero()}};
  REQUIRE(kept.tend(noon));
  CHECK(kept.due(noon));
}

TEST_CASE("what a process that died left of a shorter file does not matter") {
  TemporaryFolder const folder;
  write(folder / "events.ndjson", event(1) + event(today));
  write(folder / "events.ndjson.tmp", "half a li");
  REQUIRE(retention(folder).tend(noon));
  CHECK(read(folder / "events.ndjson") == event(today));
  CHECK(folder.files().size() == 1);
}

TEST_CASE("a store that is not there yet, or another process uses, is left alone") {
  TemporaryFolder const folder;
  REQUIRE(Retention{{.folder = folder / "none", .days = 1}}.tend(noon));
  write(folder / "events.ndjson", event(1));
  auto const used = internal::open_file(folder / "events.ndjson", O_RDWR);
  REQUIRE(used);
  REQUIRE(::flock(used->get(), LOCK_EX) == 0);
  Retention kept = retention(folder);
  auto const tended = kept.tend(noon);
  REQUIRE_FALSE(tended);
  CHECK(tended.error().code == Errc::in_use);
  CHECK(kept.due(noon));
  CHECK(read(folder / "events.ndjson") == event(1));
}

TEST_CASE("a writer that waited for the lock writes to the file that is there now") {
  TemporaryFolder const folder;
  std::string const path = folder / "events.ndjson";
  write(path, event(1));
  auto old = internal::open_file(path, O_RDWR);
  REQUIRE(old);
  REQUIRE(::flock(old->get(), LOCK_EX) == 0);
  std::thread writer([&] { CHECK(EventFile({.folder = folder.path()}).publish(sample_report())); });
  // It has the old file open as well by then.
  auto const opened = [&] {
    int count = 0;
    for (auto const& each : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code gone;
      count += std::filesystem::read_symlink(each.path(), gone) == path ? 1 : 0;
    }
    return count == 2;
  };
  CHECK(support::eventually(opened));
  write(folder / "fresh", event(today));
  REQUIRE(::rename((folder / "fresh").c_str(), path.c_str()) == 0);
  old->reset();
  writer.join();
  CHECK(read(path) == event(today) + event_json(sample_report(), EventFormat::documented) + '\n');
}
