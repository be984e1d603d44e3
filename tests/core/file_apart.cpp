// SPDX-License-Identifier: MIT
// A disk that hangs is in system/hung.py.
#include "sla/core/file_apart.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>

#include "../support/pipe.hpp"
#include "../support/temporary_folder.hpp"

using namespace sla;

TEST_CASE("a file with a name is made, and written at any place") {
  TemporaryFolder const folder;
  Descriptor file;
  for (auto const& [at, text] : {std::pair{5, "world"}, std::pair{0, "hello"}}) {
    auto const written =
        internal::write_apart(file, folder / "log", static_cast<std::uint64_t>(at), text);
    CHECK(written);
  }
  CHECK(internal::read_file(folder / "log", 100).value() == "helloworld");
  std::string buffer(8, ' ');
  auto const size = internal::read_apart(file, 5, buffer.data(), buffer.size());
  REQUIRE(size);
  CHECK(buffer.substr(0, *size) == "world");
}

TEST_CASE("what the disk refuses is an error, and no sign that it hangs") {
  TemporaryFolder const folder;
  REQUIRE(internal::open_file(folder / "taken", O_CREAT | O_WRONLY));
  Descriptor none;
  auto const taken = internal::write_apart(none, folder / "taken", 0, "text");
  CHECK_FALSE(internal::disk_hangs(taken));
  REQUIRE_FALSE(taken);
  CHECK(taken.error().system_number() == EEXIST);
  CHECK_FALSE(none);
  auto read_only = internal::open_file(folder / "taken", O_RDONLY);
  REQUIRE(read_only);
  auto const written = internal::write_apart(*read_only, {}, 0, "text");
  REQUIRE_FALSE(written);
  CHECK(written.error().system_number() == EBADF);
  std::string buffer(8, ' ');
  CHECK(internal::read_apart(Pipe{}.reader, 0, buffer.data(), buffer.size())
            .error()
            .system_number() == ESPIPE);
  CHECK(::fcntl(read_only->get(), F_GETFD) >= 0);  // it was only lent
}
