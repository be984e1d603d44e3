// SPDX-License-Identifier: MIT
#include "sla/spool/directory.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "../support/spool_case.hpp"
#include "../support/temporary_folder.hpp"
#include "sla/executor/capture.hpp"

using namespace sla;
using namespace sla::internal;
using namespace sla::internal;

TEST_CASE("the folder and all in it are for its user alone") {
  TemporaryFolder const temporary;
  auto const folder = SpoolDirectory::open(temporary / "spool");
  REQUIRE(folder);
  REQUIRE(folder->keep_log(report_of("a"), 1));
  REQUIRE(folder->mark(report_of("b")));
  for (auto const& entry : std::filesystem::recursive_directory_iterator(temporary / "spool")) {
    struct stat about {};
    REQUIRE(::stat(entry.path().c_str(), &about) == 0);
    CHECK((about.st_mode & 0077U) == 0U);
  }
}

TEST_CASE("two never share a folder, and the second hears who has it") {
  TemporaryFolder const temporary;
  {
    auto const first = SpoolDirectory::open(temporary / "spool");
    REQUIRE(first);
    auto const second = SpoolDirectory::open(temporary / "spool");
    REQUIRE(!second);
    CHECK(second.error().code == Errc::in_use);
    CHECK(second.error().message == temporary / "spool" + " is in use by another runner (process " +
                                        std::to_string(::getpid()) + ")");
  }
  CHECK(SpoolDirectory::open(temporary / "spool"));
}

TEST_CASE("a log is kept byte by byte") {
  TemporaryFolder const temporary;
  auto const folder = SpoolDirectory::open(temporary / "spool");
  std::string const bytes("one\0two\xFF\n", 9);
  auto const log = folder->keep_log(report_of("a", Verdict::pass, bytes), 1);
  REQUIRE(log);
  CHECK(log->file == "a.log");
  CHECK(folder->open_log(*log).value().text().value() == bytes);
  folder->remove_log(log->file);
  CHECK(folder->open_log(*log).error().system_number() == ENOENT);
}

TEST_CASE("an output without bytes is no file") {
  TemporaryFolder const temporary;
  auto const folder = SpoolDirectory::open(temporary / "spool");
  auto const log = folder->keep_log(report_of("a", Verdict::pass, ""), 1);
  REQUIRE(log);
  CHECK(log->file.empty());
  CHECK(folder->open_log(*log).value().size() == 0);
}

TEST_CASE("no run id leads out of the folder, and none replaces the log of another") {
  TemporaryFolder const temporary;
  auto const folder = SpoolDirectory::open(temporary / "spool");
  CHECK(folder->keep_log(report_of("../../x"), 1)->file == "..%2F..%2Fx.log");
  CHECK(folder->keep_log(report_of("a", Verdict::pass, "first"), 1)->file == "a.log");
  auto const second = folder->keep_log(report_of("a", Verdict::pass, "second"), 2);
  CHECK(second->file == "2.log");
  CHECK(folder->open_log(*second).value().text().value() == "second");
  CHECK(folder->keep_log(report_of(""), 3)->file == "3.log");
}

TEST_CASE("a log that lost its end in a power failure says so") {
  TemporaryFolder const temporary;
  auto const folder = SpoolDirectory::open(temporary / "spool");
  auto const log = folder->keep_log(report_of("a", Verdict::pass, "0123456789"), 1);
  REQUIRE(::truncate((temporary / "spool/logs/a.log").c_str(), 4) == 0);
  auto const output = folder->open_log(*log).value();
  CHECK(output.text().value() == "0123\n[sla-runner: 6 bytes were lost]\n");
  CHECK(!output.sha256());
}

TEST_CASE("a run that was marked is known until it is unmarked") {
  TemporaryFolder const temporary;
  auto const folder = SpoolDirectory::open(temporary / "spool");
  CHECK(folder->marked().empty());
  REQUIRE(folder->mark(report_of("a")));
  REQUIRE(folder->marked().size() == 1);
  CHECK(folder->marked()[0].job.run_id == "a");
  CHECK(folder->marked()[0].job.service == "example-service");
  CHECK(folder->marked()[0].started_at == sample_report().started_at);
  folder->unmark("a");
  CHECK(folder->marked().empty());
}

TEST_CASE("a marker that is no marker is passed over and removed") {
  TemporaryFolder const temporary;
  auto const folder = SpoolDirectory::open(temporary / "spool");
  write_file(temporary / "spool/runs/a.run", "rubbish");
  CHECK(folder->marked().empty());
  CHECK(contents(temporary / "spool/runs/a.run").empty());
  REQUIRE(folder->mark(report_of("a")));
  std::filesystem::rename(temporary / "spool/runs/a.run", temporary / "spool/runs/b.run");
  CHECK(folder->marked().empty());
  CHECK_FALSE(std::filesystem::exists(temporary / "spool/runs/b.run"));
}

TEST_CASE("the marker of a run that ended becomes that of the next, whichever is longer") {
  TemporaryFolder const temporary;
  auto const folder = SpoolDirectory::open(temporary / "spool");
  for (std::string const& run : {std::string("a"), std::string(100, 'b'), std::string("c")}) {
    REQUIRE(folder->mark(report_of(run)));
    REQUIRE(folder->marked().size() == 1);
    CHECK(folder->marked()[0].job.run_id == run);
    folder->unmark(run);
    CHECK(folder->marked().empty());
  }
  REQUIRE(folder->mark(report_of("d")));
  REQUIRE(folder->mark(report_of("e")));
  CHECK(folder->marked().size() == 2);
  folder->unmark("d");
  folder->unmark("e");
  CHECK(folder->marked().empty());
}

TEST_CASE("what a run that died had written is found") {
  TemporaryFolder const temporary;
  auto const folder = SpoolDirectory::open(temporary / "spool");
  CHECK(folder->recover_log("a").log.file.empty());
  write_file(temporary / "spool/logs/a.log", "so far");
  auto const recovered = folder->recover_log("a");
  CHECK(folder->open_log(recovered.log).value().text().value() == "so far");
  CHECK(recovered.written_at);
}

TEST_CASE("a log that an executor wrote into the folder is taken as it is") {
  TemporaryFolder const folder;
  auto const spool = SpoolDirectory::open(folder / "spool");
  REQUIRE(spool);
  std::string const name = log_file_name("a run");
  Capture<> capture(10, spool->logs() + '/' + name);
  capture.append("0123456789ABCDEF");
  Report report = report_of("a run");
  report.outcome.output = std::move(capture).finish();
  std::string const kept = report.outcome.output.text().value();
  auto const log = spool->keep_log(report, 7);
  REQUIRE(log);
  CHECK(log->file == name);
  CHECK(contents(spool->logs() + '/' + name).size() == 10);
  CHECK(spool->open_log(*log)->text().value() == kept);
}
