// SPDX-License-Identifier: MIT
// Covers: core/open_folder.hpp
#include "sla/core/folder.hpp"

#include <dirent.h>
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "../support/temporary_folder.hpp"
#include "../support/test_child.hpp"

using namespace sla;

TEST_CASE("a folder is made with those above it, for this user alone") {
  TemporaryFolder const folder;
  REQUIRE(internal::make_folder(folder / "a/b"));
  struct stat about {};
  REQUIRE(::stat((folder / "a/b").c_str(), &about) == 0);
  CHECK((about.st_mode & 07777U) == 0700U);
}

TEST_CASE("a folder that is there already is good") {
  TemporaryFolder const folder;
  CHECK(internal::make_folder(folder.path()));
}

TEST_CASE("where a file stands in the way the error names it") {
  TemporaryFolder const folder;
  write_file(folder / "file", "");
  auto const made = internal::make_folder(folder / "file/sub");
  REQUIRE(!made);
  CHECK(made.error().code == Errc::system);
  CHECK(made.error().message.find("file") != std::string::npos);
}

TEST_CASE("names are listed in order, without the hidden ones") {
  TemporaryFolder const folder;
  for (char const* const name : {"b", "a", ".c"}) write_file(folder / name, "");
  CHECK(internal::list_folder(folder.path()).value() == std::vector<std::string>{"a", "b"});
  CHECK(internal::list_folder(folder / "missing").error().system_number() == ENOENT);
}

TEST_CASE("a path stands in a folder") {
  CHECK(internal::folder_of("/a/b") == "/a");
  CHECK(internal::folder_of("/a") == "/");
  CHECK(internal::folder_of("a/b") == "a");
  CHECK(internal::folder_of("a") == ".");
}

TEST_CASE("a folder is written to the disk") {
  TemporaryFolder const folder;
  CHECK(internal::sync_folder(folder.path()));
  CHECK(!internal::sync_folder(folder / "missing"));
}

TEST_CASE("a folder on a disk that cannot write it, or that may not be read, is no error") {
  CHECK(internal::sync_folder("/proc"));
  TemporaryFolder const folder;
  REQUIRE(::chmod(folder.path().c_str(), 0333) == 0);
  bool const root = ::geteuid() == 0;
  if (root) REQUIRE(::seteuid(65534) == 0);
  auto const read = internal::list_folder(folder.path());
  auto const synced = internal::sync_folder(folder.path());
  if (root) REQUIRE(::seteuid(0) == 0);
  CHECK(read.error().system_number() == EACCES);
  CHECK(synced);
}

TEST_CASE("an open folder closes itself, whoever owned it before") {
  TemporaryFolder const folder;
  int const before = support::open_descriptors();
  {
    internal::OpenFolder first(::opendir(folder.path().c_str()));
    REQUIRE(first);
    internal::OpenFolder second = std::move(first);
    CHECK(second.get() != nullptr);
    second = internal::OpenFolder(::opendir(folder.path().c_str()));
    CHECK(support::open_descriptors() == before + 1);
  }
  CHECK(support::open_descriptors() == before);
  CHECK_FALSE(internal::OpenFolder(::opendir((folder / "missing").c_str())));
}
