// SPDX-License-Identifier: MIT
#include "sla/spool/journal.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <string>
#include <string_view>
#include <vector>

#include "../support/temporary_folder.hpp"

using namespace sla;
using namespace sla::internal;

namespace {

using Texts = std::vector<std::string>;

struct Opened {
  Result<Journal> journal;
  Texts found;
};
Opened open(TemporaryFolder const& folder, std::uint64_t segment_size = 1U << 20U) {
  Texts found;
  auto journal =
      Journal::open({.folder = folder.path(), .segment_size = segment_size},
                    [&](RecordPosition, std::string_view text) { found.emplace_back(text); });
  return {std::move(journal), std::move(found)};
}

}  // namespace

TEST_CASE("what was appended is there when the journal is opened again") {
  TemporaryFolder const folder;
  {
    auto journal = open(folder).journal;
    REQUIRE(journal);
    auto const position = journal->append("one", Sync::now);
    REQUIRE(position);
    CHECK(journal->read(*position).value() == "one");
    REQUIRE(journal->append("two", Sync::later));
  }
  auto again = open(folder);
  CHECK(again.found == Texts{"one", "two"});
  REQUIRE(again.journal->append("three", Sync::now));
  CHECK(open(folder).found == Texts{"one", "two", "three"});
  CHECK(folder.files() == Texts{"0000000001.records"});
}

TEST_CASE("a segment that is full is followed by another, and order is kept") {
  TemporaryFolder const folder;
  auto journal = open(folder, 1).journal;
  Texts texts;
  for (int i = 0; i < 12; ++i) {
    texts.push_back(std::to_string(i));
    REQUIRE(journal->append(texts.back(), Sync::later));
  }
  CHECK(folder.files().size() == 12);
  CHECK(open(folder).found == texts);
}

TEST_CASE("segments that nobody needs go, but only from the front") {
  TemporaryFolder const folder;
  auto journal = open(folder, 1).journal;
  std::vector<RecordPosition> positions;
  for (int i = 0; i < 4; ++i) {
    positions.push_back(journal->append("text", Sync::later).value());
    journal->keep(positions.back());
  }
  journal->release(positions[1]);
  journal->tidy();
  CHECK(folder.files().size() == 4);
  journal->release(positions[0]);
  journal->tidy();
  CHECK(folder.files() == Texts{"0000000003.records", "0000000004.records"});
  CHECK(!journal->empty());
  journal->release(positions[2]);
  journal->release(positions[3]);
  journal->tidy();
  CHECK(folder.files() == Texts{"0000000004.records"});
  CHECK(journal->empty());
  CHECK(open(folder).found.empty());
}

TEST_CASE("a record that was torn at the end is cut off, and says nothing about damage") {
  TemporaryFolder const folder;
  REQUIRE(open(folder).journal->append("one", Sync::now));
  std::string const path = folder / "0000000001.records";
  std::string const whole = contents(path);
  write_file(path, whole + frame_record("two").substr(0, 13));
  auto const again = open(folder);
  CHECK(again.found == Texts{"one"});
  CHECK(again.journal->damaged() == 0);
  CHECK(contents(path) == whole);
}

TEST_CASE("damage in the middle costs what is damaged and is counted") {
  TemporaryFolder const folder;
  write_file(folder / "0000000001.records", frame_record("one") + "rubbish" + frame_record("two"));
  auto const journal = open(folder);
  CHECK(journal.found == Texts{"one", "two"});
  CHECK(journal.journal->damaged() == 7);
}

TEST_CASE("looking changes nothing") {
  TemporaryFolder const folder;
  std::string const torn = frame_record("one") + "\xF5SLR";
  write_file(folder / "0000000001.records", torn);
  Texts found;
  CHECK(Journal::look(folder.path(),
                      [&](RecordPosition, std::string_view text) { found.emplace_back(text); }));
  CHECK(found == Texts{"one"});
  CHECK(contents(folder / "0000000001.records") == torn);
}

TEST_CASE("other files in the folder are left alone") {
  TemporaryFolder const folder;
  write_file(folder / "1.records", frame_record("no"));
  write_file(folder / "notes.txt", "no");
  CHECK(open(folder).found.empty());
}

TEST_CASE("when little of much is needed the first segment is worth moving") {
  TemporaryFolder const folder;
  auto journal = open(folder, 100).journal;
  std::vector<RecordPosition> positions;
  for (int i = 0; i < 100; ++i) {
    positions.push_back(journal->append("some text", Sync::later).value());
    journal->keep(positions.back());
  }
  CHECK(!journal->worth_moving());
  for (std::size_t i = 1; i < positions.size(); ++i) journal->release(positions[i]);
  CHECK(journal->worth_moving() == 1);
}

TEST_CASE("a folder that is gone is noticed, with and without a segment") {
  TemporaryFolder const folder;
  REQUIRE(::mkdir((folder / "sub").c_str(), 0700) == 0);
  auto journal = Journal::open({.folder = folder / "sub"}, [](RecordPosition, std::string_view) {});
  REQUIRE(journal);
  CHECK(journal->in_place());
  REQUIRE(journal->append("one", Sync::now));
  CHECK(journal->in_place());
  std::filesystem::remove_all(folder / "sub");
  CHECK(!journal->in_place());
}
