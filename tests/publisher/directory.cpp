// SPDX-License-Identifier: MIT
#include "sla/publisher/directory.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../support/memory_file.hpp"
#include "../support/sample_report.hpp"
#include "../support/temporary_folder.hpp"

using namespace sla;
using Files = std::vector<std::string>;

static_assert(LogStore<Directory>);

namespace {

Report with_log(std::string log) {
  Report report = sample_report();
  report.outcome.output = Output{std::move(log)};
  return report;
}
Report of_service(std::string service) {
  Report report = sample_report();
  report.job.service = std::move(service);
  return report;
}
std::string event_line(Report report, std::string uri) {
  report.log_uri = std::move(uri);
  return event_json(report, EventFormat::documented) + '\n';
}

}  // namespace

TEST_CASE("the log is a file under its key and the event a line that says where") {
  TemporaryFolder const folder;
  Directory store({.path = folder.path()});
  CHECK(store.publish(sample_report()).has_value());
  CHECK(folder.files() == Files{"events.ndjson", "example-service/1574515200_SUCCESS"});
  CHECK(contents(folder / "example-service/1574515200_SUCCESS") == "one\ntwo\n");
  CHECK(contents(folder / "events.ndjson") ==
        event_line(sample_report(),
                   "file://" + folder.path() + "/example-service/1574515200_SUCCESS"));
}

TEST_CASE("the event has the format asked for") {
  TemporaryFolder const folder;
  Directory store({.path = folder.path(), .format = EventFormat::numbers});
  CHECK(store.publish(sample_report()).has_value());
  CHECK(contents(folder / "events.ndjson").find("\"testExecutionSecs\":914,") != std::string::npos);
}

TEST_CASE("events are added to those that are there, by another store too") {
  TemporaryFolder const folder;
  write_file(folder / "events.ndjson", "{}\n");
  Directory first({.path = folder.path()});
  Directory second({.path = folder.path()});
  CHECK(first.publish(sample_report()).has_value());
  CHECK(second.publish(sample_report()).has_value());
  std::string const uri = "file://" + folder.path() + "/example-service/1574515200_SUCCESS";
  CHECK(contents(folder / "events.ndjson") ==
        "{}\n" + event_line(sample_report(), uri) + event_line(sample_report(), uri + "_2"));
}

TEST_CASE("no log replaces another: _2, _3 and so on follow") {
  TemporaryFolder const folder;
  Directory store({.path = folder.path()});
  Directory other({.path = folder.path()});
  CHECK(store.store(with_log("first")).has_value());
  CHECK(other.store(with_log("second")).has_value());
  auto const third = store.store(with_log("third"));
  REQUIRE(third.has_value());
  CHECK(*third == "file://" + folder.path() + "/example-service/1574515200_SUCCESS_3");
  Report failed = with_log("failed");
  failed.outcome.verdict = Verdict::fail;
  CHECK(store.store(failed).has_value());
  CHECK(folder.files() ==
        Files{"example-service/1574515200_FAILURE", "example-service/1574515200_SUCCESS",
              "example-service/1574515200_SUCCESS_2", "example-service/1574515200_SUCCESS_3"});
  CHECK(contents(folder / "example-service/1574515200_SUCCESS") == "first");
  CHECK(contents(folder / "example-service/1574515200_SUCCESS_2") == "second");
  CHECK(contents(folder / "example-service/1574515200_SUCCESS_3") == "third");
}

TEST_CASE("a link that lies where a log should be is left alone") {
  TemporaryFolder const folder;
  std::filesystem::create_directory(folder / "example-service");
  std::filesystem::create_symlink(folder / "outside",
                                  folder / "example-service/1574515200_SUCCESS");
  Directory store({.path = folder.path()});
  auto const uri = store.store(sample_report());
  REQUIRE(uri.has_value());
  CHECK(uri->ends_with("1574515200_SUCCESS_2"));
  CHECK_FALSE(std::filesystem::exists(folder / "outside"));
}

TEST_CASE("when all keys are taken the store gives up") {
  TemporaryFolder const folder;
  std::filesystem::create_directory(folder / "example-service");
  for (std::size_t i = 1; i <= log_key_attempts; ++i) {
    write_file(folder / log_key(sample_report(), i), "taken");
  }
  Directory store({.path = folder.path()});
  CHECK(store.store(sample_report()).error() ==
        Error{Errc::exists,
              "store: example-service/1574515200_SUCCESS and all its successors are taken"});
  CHECK(contents(folder / "example-service/1574515200_SUCCESS") == "taken");
}

TEST_CASE("the bytes of a log are kept as they are, and none is a log too") {
  TemporaryFolder const folder;
  Directory store({.path = folder.path()});
  std::string log;
  for (int i = 0; i < 200'000; ++i) log += static_cast<char>(static_cast<unsigned char>(i % 256));
  CHECK(store.store(with_log(log)).has_value());
  CHECK((contents(folder / "example-service/1574515200_SUCCESS") == log));
  CHECK(store.store(with_log("")).has_value());
  CHECK(std::filesystem::file_size(folder / "example-service/1574515200_SUCCESS_2") == 0);
}

TEST_CASE("the folder is made where it is missing, with all that lead to it") {
  TemporaryFolder const folder;
  Directory store({.path = folder / "not/yet/there"});
  CHECK(store.publish(sample_report()).has_value());
  CHECK(folder.files() ==
        Files{"not/yet/there/events.ndjson", "not/yet/there/example-service/1574515200_SUCCESS"});
  Directory with_slash({.path = folder / "slash/"});
  CHECK(with_slash.publish(sample_report()).has_value());
  CHECK(contents(folder / "slash/example-service/1574515200_SUCCESS") == "one\ntwo\n");
}

TEST_CASE("a relative folder is one from here, and its URI is absolute") {
  TemporaryFolder const folder;
  auto const before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  Directory store({.path = "store"});
  auto const uri = store.store(sample_report());
  auto const here = std::filesystem::current_path().string();
  std::filesystem::current_path(before);
  REQUIRE(uri.has_value());
  CHECK(*uri == "file://" + here + "/store/example-service/1574515200_SUCCESS");
  CHECK(folder.files() == Files{"store/example-service/1574515200_SUCCESS"});
}

TEST_CASE("no name of a service leads out of the folder") {
  struct Row {
    std::string_view service, file;
  };
  Row const rows[] = {
      {"team/service", "team/service/"},
      {"/etc", "etc/"},
      {"//etc", "etc/"},
      {"", ""},
      {".", "%2E/"},
      {"..", "%2E%2E/"},
      {"../../up", "%2E%2E/%2E%2E/up/"},
      {"a/../../b", "a/%2E%2E/%2E%2E/b/"},
      {"a/..", "a/%2E%2E/"},
      {"a/./b", "a/%2E/b/"},
      {"/..", "%2E%2E/"},
      {"...", ".../"},
      {"..a", "..a/"},
      {"-rf *;$(x)", "-rf *;$(x)/"},
      {"two\nlines\x1b[0m", "two\nlines\x1b[0m/"},
      {"\xFF\xC3(", "\xFF\xC3(/"},
  };
  for (Row const& row : rows) {
    CAPTURE(std::string(row.service));
    TemporaryFolder const folder;
    Directory store({.path = folder / "a/b/store"});
    REQUIRE(store.publish(of_service(std::string(row.service))).has_value());
    Files expected{"a/b/store/" + std::string(row.file) + "1574515200_SUCCESS",
                   "a/b/store/events.ndjson"};
    std::sort(expected.begin(), expected.end());
    CHECK(folder.files() == expected);
  }
}

TEST_CASE("the URI of a log has every unusual byte encoded") {
  TemporaryFolder const folder;
  Directory store({.path = folder.path()});
  auto const uri = store.store(of_service("a b\n\xC3\xBC%"));
  REQUIRE(uri.has_value());
  CHECK(*uri == "file://" + folder.path() + "/a%20b%0A%C3%BC%25/1574515200_SUCCESS");
}

TEST_CASE("a name with a NUL, which no path can hold, costs its log and nothing else") {
  TemporaryFolder const folder;
  Directory store({.path = folder / "store"});
  for (std::string const& name : {std::string("a\0b", 3), std::string("\0..", 3)}) {
    CHECK_FALSE(store.publish(of_service(name)).has_value());
  }
  CHECK(folder.files() == Files{"store/events.ndjson"});
  CHECK(store.publish(of_service("a")).has_value());
  CHECK(folder.files() == Files{"store/a/1574515200_SUCCESS", "store/events.ndjson"});
}

TEST_CASE("a log that cannot be kept does not hold the event back, and is the error") {
  TemporaryFolder const folder;
  Directory store({.path = folder.path()});
  Report const report = of_service(std::string(300, 'x'));
  auto const done = store.publish(report);
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().code == Errc::system);
  CHECK(done.error().system_number() == ENAMETOOLONG);
  CHECK(done.error().message.starts_with("store: " + folder.path()));
  CHECK(folder.files() == Files{"events.ndjson"});
  std::string const event = contents(folder / "events.ndjson");
  CHECK(event.find("\"logUri\"") == std::string::npos);
  CHECK(event.find("\"logError\":\"" + done.error().message + '"') != std::string::npos);
}

TEST_CASE("a log that cannot be read to its end is not kept in part") {
  TemporaryFolder const folder;
  Directory store({.path = folder.path()});
  Report report = sample_report();
  std::vector<Output::Piece> pieces;
  pieces.push_back({.size = 100, .offset = 0});
  report.outcome.output = Output{MemoryFile::holding("cut"), pieces, std::nullopt};
  auto const done = store.publish(report);
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().message == "store: " + folder.path() +
                                    "/example-service/1574515200_SUCCESS: "
                                    "the captured output was cut short");
  CHECK(folder.files() == Files{"events.ndjson"});
}

TEST_CASE("a folder that cannot be made is an error") {
  TemporaryFolder const folder;
  write_file(folder / "file", "");
  Directory store({.path = folder / "file/store"});
  auto const done = store.publish(sample_report());
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().system_number() == ENOTDIR);
  CHECK(done.error().message.starts_with("store: " + folder.path()));
}

TEST_CASE("events that cannot be added are an error though the log is kept") {
  TemporaryFolder const folder;
  std::filesystem::create_directory(folder / "events.ndjson");
  Directory store({.path = folder.path()});
  auto const done = store.publish(sample_report());
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().system_number() == EISDIR);
  CHECK(folder.files() == Files{"example-service/1574515200_SUCCESS"});
}

TEST_CASE("of a run that was interrupted the log is kept, and there is no event") {
  TemporaryFolder const folder;
  Directory store({.path = folder.path()});
  Report report = sample_report();
  report.outcome.verdict = Verdict::interrupted;
  CHECK(store.publish(report).has_value());
  CHECK(folder.files() == Files{"example-service/1574515200_INTERRUPTED"});
  report.job.service = std::string(300, 'x');
  CHECK(store.publish(report).error().system_number() == ENAMETOOLONG);
  CHECK(folder.files() == Files{"example-service/1574515200_INTERRUPTED"});
}
