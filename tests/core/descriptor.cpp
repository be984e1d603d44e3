// SPDX-License-Identifier: MIT
#include "sla/core/descriptor.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "../support/pipe.hpp"
#include "../support/temporary_folder.hpp"
#include "../support/terminal.hpp"

using namespace sla;

static_assert(std::movable<Descriptor>);
static_assert(!std::copyable<Descriptor>);
static_assert(!std::convertible_to<int, Descriptor>);

namespace {

bool is_open(int number) { return ::fcntl(number, F_GETFD) >= 0; }

}  // namespace

TEST_CASE("a system call is repeated while a signal interrupts it, and only then") {
  int calls = 0;
  CHECK(internal::uninterrupted([&] {
          errno = EINTR;
          return ++calls < 3 ? -1 : 7;
        }) == 7);
  CHECK(calls == 3);
  calls = 0;
  CHECK(internal::uninterrupted([&] {
          ++calls;
          errno = EAGAIN;
          return -1;
        }) == -1);
  CHECK(calls == 1);
}

TEST_CASE("a descriptor closes what it owns, once") {
  Descriptor const none;
  CHECK_FALSE(static_cast<bool>(none));
  CHECK(none.get() == -1);

  Pipe pipe;
  int const reader = pipe.reader.get();
  int const writer = pipe.writer.get();
  {
    Descriptor const owner = std::move(pipe.reader);
    CHECK(owner.get() == reader);
    CHECK_FALSE(static_cast<bool>(pipe.reader));
    CHECK(is_open(reader));
  }
  CHECK_FALSE(is_open(reader));
  pipe.writer.reset();
  CHECK_FALSE(is_open(writer));
  pipe.writer.reset();
  CHECK(pipe.writer.get() == -1);
}

TEST_CASE("a descriptor that is moved over is closed first; moved to itself it stays") {
  Pipe pipe;
  int const reader = pipe.reader.get();
  int const writer = pipe.writer.get();
  pipe.reader = std::move(pipe.writer);
  CHECK_FALSE(is_open(reader));
  CHECK(pipe.reader.get() == writer);
  Descriptor& same = pipe.reader;
  pipe.reader = std::move(same);
  CHECK(pipe.reader.get() == writer);
  CHECK(is_open(writer));
}

TEST_CASE("an opened file is closed on exec and made with the mode asked for") {
  TemporaryFolder const folder;
  auto const made = internal::open_file(folder / "new", O_WRONLY | O_CREAT | O_EXCL, 0640);
  REQUIRE(made.has_value());
  CHECK((::fcntl(made->get(), F_GETFD) & FD_CLOEXEC) != 0);
  struct stat status {};
  REQUIRE(::fstat(made->get(), &status) == 0);
  CHECK((status.st_mode & 0777 & ~0640U) == 0);
  auto const again = internal::open_file(folder / "new", O_WRONLY | O_CREAT | O_EXCL);
  REQUIRE_FALSE(again.has_value());
  CHECK(again.error().system_number() == EEXIST);
}

TEST_CASE("a file that cannot be opened or read is named") {
  TemporaryFolder const folder;
  std::string const missing = folder / "missing";
  CHECK(internal::open_file(missing, O_RDONLY).error() ==
        Error{Errc::system, missing + ": No such file or directory", system_number(ENOENT)});
  CHECK(internal::read_file(missing, 10).error().message ==
        missing + ": No such file or directory");
  CHECK(internal::read_file(folder.path(), 10).error() ==
        Error{Errc::system, folder.path() + ": Is a directory", system_number(EISDIR)});
}

TEST_CASE("a text is written as a whole, more than a pipe holds at once too") {
  TemporaryFolder const folder;
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += static_cast<char>(i % 251);
  {
    auto const file = internal::open_file(folder / "file", O_WRONLY | O_CREAT);
    REQUIRE(file.has_value());
    CHECK(internal::write_all(file->get(), text).has_value());
    CHECK(internal::write_all(file->get(), "").has_value());
  }
  auto const read = internal::read_file(folder / "file", text.size());
  REQUIRE(read.has_value());
  CHECK((*read == text));
}

TEST_CASE("a text that cannot be written is an error") {
  CHECK(internal::write_all(-1, "x").error().system_number() == EBADF);
  CHECK(internal::write_all(-1, "").has_value());
  auto const full = internal::open_file("/dev/full", O_WRONLY);
  REQUIRE(full.has_value());
  CHECK(internal::write_all(full->get(), "x").error() ==
        Error{Errc::system, "write: No space left on device", system_number(ENOSPC)});
}

TEST_CASE("a file is written to its disk, where there is one") {
  TemporaryFolder const folder;
  auto const file = internal::open_file(folder / "file", O_WRONLY | O_CREAT);
  REQUIRE(file);
  CHECK(internal::sync_file(*file, "file"));
  Pipe const pipe;
  CHECK(internal::sync_file(pipe.writer, "pipe"));
  CHECK(internal::sync_file(Descriptor{}, "none").error() ==
        Error{Errc::system, "none: Bad file descriptor", system_number(EBADF)});
}

TEST_CASE("a file is read up to its limit, and one byte more is refused") {
  TemporaryFolder const folder;
  std::string const path = folder / "file";
  for (std::size_t const size : {std::size_t{0}, std::size_t{10}, std::size_t{4096},
                                 std::size_t{4097}, std::size_t{10'000}}) {
    CAPTURE(size);
    std::string const text(size, 'x');
    write_file(path, text);
    auto const whole = internal::read_file(path, size);
    REQUIRE(whole.has_value());
    CHECK((*whole == text));
    if (size == 0) continue;
    auto const refused = internal::read_file(path, size - 1);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == Errc::invalid);
    CHECK(refused.error().message == path + ": larger than " + std::to_string(size - 1) + " bytes");
  }
}

TEST_CASE("a path leads to the file that is open there, and not to one that took its place") {
  TemporaryFolder const folder;
  auto const file = internal::open_file(folder / "file", O_WRONLY | O_CREAT);
  REQUIRE(file);
  CHECK(internal::leads_to(folder / "file", *file));
  CHECK(::unlink((folder / "file").c_str()) == 0);
  CHECK_FALSE(internal::leads_to(folder / "file", *file));
  write_file(folder / "file", "another");
  CHECK_FALSE(internal::leads_to(folder / "file", *file));
}
