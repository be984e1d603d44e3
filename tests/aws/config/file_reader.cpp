// SPDX-License-Identifier: MIT
#include "sla/aws/config/file_reader.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <string>

#include "../../support/temporary_folder.hpp"

using namespace sla;
using namespace sla::aws;

TEST_CASE("absolute paths begin below the folder that stands for the root") {
  TemporaryFolder const folder;
  write_file(folder / "token", "text");
  CHECK(FileReader(folder.path()).read("/token").value() == "text");
  CHECK(FileReader().read(folder / "token").value() == "text");
}

TEST_CASE("an error names the path as it was given") {
  TemporaryFolder const folder;
  auto const missing = FileReader(folder.path()).read("/token");
  REQUIRE_FALSE(missing);
  CHECK(missing.error() ==
        Error{Errc::system, "/token: No such file or directory", system_number(ENOENT)});
}

TEST_CASE("a file that is too large is refused") {
  TemporaryFolder const folder;
  write_file(folder / "large", std::string(FileReader::size_limit + 1, 'x'));
  auto const text = FileReader(folder.path()).read("/large");
  REQUIRE_FALSE(text);
  CHECK(text.error().code == Errc::invalid);
}
