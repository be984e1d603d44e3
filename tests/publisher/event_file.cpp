// SPDX-License-Identifier: MIT
#include "sla/publisher/event_file.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include "../support/eventually.hpp"
#include "../support/sample_report.hpp"
#include "../support/small_disk.hpp"
#include "../support/temporary_folder.hpp"

using namespace sla;

namespace {

std::string const line = event_json(sample_report(), EventFormat::documented) + '\n';

int sync_error = 0;
int syncs = 0;

}  // namespace

/// In the place of the C library's.
extern "C" int fdatasync(int) {
  ++syncs;
  errno = sync_error;
  return sync_error == 0 ? 0 : -1;
}
extern "C" int fsync(int) {
  errno = sync_error;
  return sync_error == 0 ? 0 : -1;
}

TEST_CASE("a line is on the disk only where that is asked for") {
  TemporaryFolder const folder;
  REQUIRE(EventFile({.folder = folder.path()}).publish(sample_report()));
  CHECK(syncs == 0);
  EventFile file({.folder = folder.path(), .sync = true});
  REQUIRE(file.publish(sample_report()));
  CHECK(syncs == 1);
  sync_error = EIO;
  auto const done = file.publish(sample_report());
  sync_error = 0;
  REQUIRE_FALSE(done);
  CHECK(done.error().system_number() == EIO);
}

TEST_CASE("where the disk cannot write at once a line is there once, and that is all") {
  TemporaryFolder const folder;
  EventFile file({.folder = folder.path(), .sync = true});
  for (int const number : {EINVAL, EROFS}) {
    sync_error = number;
    CHECK(file.publish(sample_report()));
    sync_error = 0;
  }
  CHECK(contents(folder / "events.ndjson") == line + line);
}

TEST_CASE("each counted run is a line, in a folder that is made") {
  TemporaryFolder const folder;
  EventFile file({.folder = folder / "a/b"});
  Report interrupted = sample_report();
  interrupted.outcome.verdict = Verdict::interrupted;
  CHECK(file.publish(sample_report()));
  CHECK(publish_wanted(file, interrupted));
  CHECK(file.publish(sample_report()));
  CHECK(contents(folder / "a/b/events.ndjson") == line + line);
}

TEST_CASE("what somebody left of a line is ended, and the next one is whole") {
  TemporaryFolder const folder;
  write_file(folder / "events.ndjson", line + "{\"serv");
  EventFile file({.folder = folder.path()});
  CHECK(file.publish(sample_report()));
  CHECK(contents(folder / "events.ndjson") == line + "{\"serv\n" + line);
}

TEST_CASE("on a full disk no line is there in part, and the next one follows") {
  SmallDisk const disk("64k");
  if (!disk.there()) return;
  EventFile file({.folder = disk.path()});
  REQUIRE(file.publish(sample_report()));
  disk.fill();
  Result<void> done = file.publish(sample_report());
  for (int i = 0; done && i < 1000; ++i) done = file.publish(sample_report());  // the page's rest
  REQUIRE_FALSE(done);
  CHECK(done.error().system_number() == ENOSPC);
  std::string const before = contents(disk.path() + "/events.ndjson");
  CHECK(before.size() % line.size() == 0);
  disk.empty();
  CHECK(file.publish(sample_report()));
  CHECK(contents(disk.path() + "/events.ndjson") == before + line);
}

TEST_CASE("a file that another process holds is waited for, but not for ever") {
  TemporaryFolder const folder;
  EventFile file({.folder = folder.path(), .sync = true});
  REQUIRE(file.publish(sample_report()));
  auto other = internal::open_file(folder / "events.ndjson", O_RDONLY).value();
  REQUIRE(::flock(other.get(), LOCK_EX) == 0);
  auto const done = file.publish(sample_report());
  REQUIRE_FALSE(done);
  CHECK(done.error().code == Errc::in_use);
  CHECK(done.error().message == folder / "events.ndjson: another process holds its lock");
  other.reset();
  CHECK(file.publish(sample_report()));
  CHECK(contents(folder / "events.ndjson") == line + line);
}

TEST_CASE("lines of several writers at once do not mix") {
  TemporaryFolder const folder;
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&] {
      EventFile file({.folder = folder.path()});
      // On a busy machine a writer may wait longer for the others than it is ready to.
      for (int n = 0; n < 50; ++n)
        CHECK(support::eventually([&] { return file.publish(sample_report()).has_value(); }));
    });
  }
  for (std::thread& writer : writers) writer.join();
  std::string all;
  for (int i = 0; i < 200; ++i) all += line;
  CHECK(contents(folder / "events.ndjson") == all);
}
