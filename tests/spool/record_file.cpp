// SPDX-License-Identifier: MIT
#include "sla/spool/record_file.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <string>
#include <vector>

#include "../support/temporary_folder.hpp"

using namespace sla;
using namespace sla::internal;

namespace {

std::vector<std::string> payloads(std::string_view bytes) {
  std::vector<std::string> found;
  std::size_t at = 0;
  while (auto const record = find_record(bytes, at)) {
    found.emplace_back(record->payload);
    at = record->end();
  }
  return found;
}
using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("records are found in order, empty ones too") {
  CHECK(payloads(frame_record("one") + frame_record("") + frame_record("two")) ==
        Texts{"one", "", "two"});
  CHECK(payloads("").empty());
}

TEST_CASE("a record that was torn at any byte is none, and what stands before it is whole") {
  std::string const whole = frame_record("one");
  std::string const torn = frame_record("two");
  for (std::size_t size = 0; size < torn.size(); ++size) {
    CHECK(payloads(whole + torn.substr(0, size)) == Texts{"one"});
  }
}

TEST_CASE("whichever byte is damaged, only the record that holds it is lost") {
  std::string const good = frame_record("one") + frame_record("two") + frame_record("three");
  std::size_t const begin = frame_record("one").size();
  std::size_t const end = begin + frame_record("two").size();
  for (std::size_t at = begin; at < end; ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x40);
    CHECK(payloads(bad) == Texts{"one", "three"});
  }
}

TEST_CASE("bytes between records are passed over") {
  CHECK(payloads("rubbish" + frame_record("one") + std::string(record_mark) +
                 std::string(20, '\xFF') + frame_record("two")) == Texts{"one", "two"});
}

TEST_CASE("what is appended is read back, by position and in order") {
  TemporaryFolder const folder;
  auto file = RecordFile::create(folder / "file");
  REQUIRE(file);
  auto const first = file->append("one", Sync::now);
  auto const second = file->append("two", Sync::later);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(file->read(*second).value() == "two");
  CHECK(file->read(*first).value() == "one");
  CHECK(file->sync());
  auto again = RecordFile::open(folder / "file", O_RDWR);
  REQUIRE(again);
  CHECK(payloads(again->bytes(0, again->size()).value()) == Texts{"one", "two"});
}

TEST_CASE("the file is for its user alone, and is never created twice") {
  TemporaryFolder const folder;
  REQUIRE(RecordFile::create(folder / "file"));
  struct stat about {};
  REQUIRE(::stat((folder / "file").c_str(), &about) == 0);
  CHECK((about.st_mode & 07777U) == 0600U);
  CHECK(RecordFile::create(folder / "file").error().system_number() == EEXIST);
}

TEST_CASE("a position without a record is an error") {
  TemporaryFolder const folder;
  auto file = RecordFile::create(folder / "file");
  REQUIRE(file);
  REQUIRE(file->append("one", Sync::later));
  CHECK(file->read(1).error().code == Errc::malformed);
  CHECK(file->read(999).error().code == Errc::malformed);
}

TEST_CASE("a payload beyond the limit is refused") {
  TemporaryFolder const folder;
  auto file = RecordFile::create(folder / "file");
  REQUIRE(file);
  CHECK(file->append(std::string(record_limit + 1, 'x'), Sync::later).error().code ==
        Errc::invalid);
  CHECK(file->size() == 0);
}

TEST_CASE("when there is no room an append leaves the file as it was") {
  TemporaryFolder const folder;
  auto file = RecordFile::create(folder / "file");
  REQUIRE(file);
  REQUIRE(file->append("one", Sync::now));
  auto const size = file->size();

  auto const before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &limit) == 0);
  rlimit const small{size + 20, limit.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  auto const failed = file->append(std::string(100, 'x'), Sync::now);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  std::signal(SIGXFSZ, before);

  REQUIRE(!failed);
  CHECK(failed.error().system_number() == EFBIG);
  CHECK(contents(folder / "file").size() == size);
  CHECK(file->append("two", Sync::now).value() == size);
}

TEST_CASE("a file that was deleted or replaced is not in place") {
  TemporaryFolder const folder;
  auto file = RecordFile::create(folder / "file");
  REQUIRE(file);
  CHECK(file->in_place());
  REQUIRE(::unlink((folder / "file").c_str()) == 0);
  CHECK(!file->in_place());
  write_file(folder / "file", "another");
  CHECK(!file->in_place());
}
