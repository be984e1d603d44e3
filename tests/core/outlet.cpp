// SPDX-License-Identifier: MIT
// Covers: core/writer.hpp
#include "sla/core/outlet.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "../support/no_threads.hpp"
#include "../support/pipe.hpp"
#include "../support/temporary_folder.hpp"
#include "../support/terminal.hpp"

using namespace sla;
using namespace sla::internal;

TEST_CASE("a writer with a limit never waits longer for a reader, full pipe or none at all") {
  Pipe pipe;
  CHECK(write_within(pipe.writer.get(), "a few words", std::chrono::seconds{10}));
  std::string const more(200'000, 'x');
  CHECK(write_within(pipe.writer.get(), more, std::chrono::milliseconds{1}).error().code ==
        Errc::timed_out);
  CHECK(write_within(-1, "x", std::chrono::hours{1}).error().system_number() == EBADF);
  TemporaryFolder const folder;
  auto const file = open_file(folder / "file", O_WRONLY | O_CREAT);
  REQUIRE(file);
  CHECK(write_within(file->get(), more, std::chrono::seconds{10}));
  CHECK(contents(folder / "file") == more);
}

TEST_CASE("a limit is one for the whole text, however slowly it is read") {
  Pipe pipe;
  REQUIRE(::fcntl(pipe.writer.get(), F_SETPIPE_SZ, 4096) == 4096);
  std::string const text(20'000, 'x');
  std::string_view left = text;
  Instant const start = std::chrono::steady_clock::now();
  // Each time that it comes back it took what fits, and the reader takes that.
  char buffer[4096];
  for (int i = 0; i < 3; ++i) {
    CHECK(write_until(pipe.writer.get(), left, start).error().code == Errc::timed_out);
    CHECK(left.size() == text.size() - 4096U * static_cast<std::size_t>(i + 1));
    CHECK(::read(pipe.reader.get(), buffer, sizeof buffer) == 4096);
  }
  CHECK(write_until(pipe.writer.get(), left = "end", start));
  CHECK(left.empty());
  CHECK(write_until(-1, left, start));
}

TEST_CASE("a line goes to a pipe as a whole or not at all") {
  Pipe pipe;
  std::string const line(3000, 'x');
  std::string_view left = line;
  auto const soon = std::chrono::steady_clock::now();
  while (write_until(pipe.writer.get(), left = line, soon)) CHECK(left.empty());
  CHECK(left == line);
}

TEST_CASE("nobody waits for a terminal that shows nothing") {
  Terminal terminal;
  std::string const text(200'000, 'x');
  std::string_view left = text;
  auto const done = write_until(terminal.writer.get(), left, std::chrono::steady_clock::now());
  CHECK(done.error().code == Errc::timed_out);
  CHECK(left.size() < text.size());
  CHECK((::fcntl(terminal.writer.get(), F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("an offer takes what there is room for, whatever the descriptor leads to") {
  Pipe pipe;
  Terminal terminal;
  int sockets[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0);
  Descriptor const near{sockets[0]}, far{sockets[1]};
  std::string const text(4 << 20, 'x');
  for (int const descriptor : {pipe.writer.get(), terminal.writer.get(), near.get()}) {
    CAPTURE(descriptor);
    Outlet outlet(descriptor);
    REQUIRE(outlet);
    std::size_t const some = outlet.offer(text).value();
    CHECK(some > 0);
    CHECK(some < text.size());
    CHECK_FALSE(outlet.offer_line("a line\n"));
    (void)outlet.give_up();
  }
}

TEST_CASE("a file without room in memory is written by another, in order, and settles") {
  TemporaryFolder const folder;
  auto const file = open_file(folder / "file", O_WRONLY | O_CREAT);
  REQUIRE(file);
  Outlet first(file->get());
  Outlet second(file->get());
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    std::string const line = std::to_string(i) + std::string(100, 'x') + '\n';
    CHECK((i % 2 == 0 ? first : second).offer_line(line));
    expected += line;
  }
  CHECK(first.settled(std::chrono::steady_clock::now() + std::chrono::seconds{30}));
  CHECK(read_file(folder / "file", 1 << 20).value() == expected);
  CHECK(first.give_up() == 0);
}

TEST_CASE("what is given up was not written, and is counted") {
  Terminal const terminal;
  Outlet outlet(terminal.writer.get());
  std::string const text(200'000, 'x');
  CHECK(outlet.offer(text).value() == text.size());  // the queue takes it
  CHECK_FALSE(outlet.settled(std::chrono::steady_clock::now() + std::chrono::milliseconds{50}));
  std::uint64_t const lost = outlet.give_up();
  CHECK(lost > 0);
  CHECK(lost < text.size());
  CHECK(outlet.waiting() < text.size() - lost + 1);
}

TEST_CASE("where there can be no writer nothing is taken, and the next offer tries again") {
  Terminal const terminal;
  Outlet outlet(terminal.writer.get());
  {
    NoThreads const no_threads;
    CHECK(outlet.offer("text").value() == 0);
  }
  CHECK(outlet.offer("text").value() == 4);
  CHECK(outlet.settled(std::chrono::steady_clock::now() + std::chrono::seconds{30}));
}

TEST_CASE("what fails says why, once the write was tried") {
  TemporaryFolder const folder;
  auto const read_only = open_file(folder / "file", O_RDONLY | O_CREAT);
  REQUIRE(read_only);
  if (Outlet outlet(read_only->get()); outlet.offer("x").value_or(0) == 1) {
    CHECK(outlet.settled(std::chrono::steady_clock::now() + std::chrono::seconds{30}));
    CHECK(outlet.offer("y").error().system_number() == EBADF);
    CHECK(outlet.give_up() == 1);
  }
  if (Outlet outlet(read_only->get()); outlet.offer("x").value_or(0) == 1) {
    CHECK(outlet.settled(std::chrono::steady_clock::now() + std::chrono::seconds{30}));
    CHECK(outlet.take_failure() == EBADF);
    CHECK(outlet.take_failure() == 0);
  }
  CHECK_FALSE(Outlet(-1));
  CHECK(Outlet(-1).take_failure() == 0);
  CHECK(Outlet(-1).offer("x").error().system_number() == EBADF);
}

TEST_CASE("a text that a full disk does not take is an error at once, and all of it is left") {
  auto const full = open_file("/dev/full", O_WRONLY);
  REQUIRE(full);
  for (std::size_t const size : {1U, 3000U, 600'000U}) {
    CAPTURE(size);
    std::string const text(size, 'x');
    std::string_view left = text;
    auto const soon = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    CHECK(write_until(full->get(), left, soon).error().system_number() == ENOSPC);
    CHECK(left == text);
  }
}

TEST_CASE("where there is room again, an older failure is none of the next text") {
  TemporaryFolder const folder;
  auto const file = open_file(folder / "file", O_WRONLY | O_CREAT);
  REQUIRE(file);
  Outlet other(file->get());
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &limit) == 0);
  auto* const before = ::signal(SIGXFSZ, SIG_IGN);
  rlimit const small{10, limit.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  (void)other.offer("more than the ten bytes");
  CHECK(other.settled(std::chrono::steady_clock::now() + std::chrono::seconds{30}));
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  ::signal(SIGXFSZ, before);
  CHECK(write_within(file->get(), "y", std::chrono::seconds{30}));
  CHECK(read_file(folder / "file", 100).value() == "more than y");
}
