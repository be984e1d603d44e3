// SPDX-License-Identifier: MIT
#include "sla/executor/pass_through.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "../support/temporary_folder.hpp"
#include "../support/terminal.hpp"
#include "sla/executor/capture.hpp"

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string noise(std::size_t size) {
  std::mt19937 random(3);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

sla::Instant in(sla::Duration wait) { return std::chrono::steady_clock::now() + wait; }

/// An end that does not move.
auto by(sla::Instant end) {
  return [end] { return end; };
}
sla::Stop const never;

/// Two ends of something that holds only so much; written to at one, read at the other.
struct Channel {
  sla::Descriptor reader;
  sla::Descriptor writer;
};

Channel make_pipe() {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  return {sla::Descriptor{ends[0]}, sla::Descriptor{ends[1]}};
}

Channel make_sockets() {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  return {sla::Descriptor{ends[0]}, sla::Descriptor{ends[1]}};
}

Channel make_terminal() {
  Terminal made;
  return {std::move(made.screen), std::move(made.writer)};
}

/// Reads at most `most` bytes, as many as there are.
std::string take(int descriptor, std::size_t most) {
  std::string text(most, '\0');
  ssize_t const n = ::read(descriptor, text.data(), most);
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return text;
}

std::string take_all(int descriptor) {
  std::string all;
  for (std::string part = take(descriptor, 65536); !part.empty(); part = take(descriptor, 65536)) {
    all += part;
  }
  return all;
}

/// Captures and forwards the text as the executor does.
void pass(sla::internal::Capture<>& capture, sla::internal::PassThrough& way, std::string_view text,
          std::size_t size = 50000) {
  for (; !text.empty(); text.remove_prefix(std::min(size, text.size()))) {
    std::string_view const block = text.substr(0, size);
    capture.append(block);
    way.forward(capture, block);
  }
}

void check_that_a_reader_who_never_reads_holds_up_nothing(Channel channel) {
  std::string const text(3000000, 'x');
  sla::internal::Capture<> capture(100000);
  std::uint64_t dropped = 0;
  {
    sla::internal::PassThrough way(channel.writer.get());
    pass(capture, way, text);
    CHECK(way.watch(capture).fd >= 0);
    way.finish(capture, milliseconds{20}, never, by(in(seconds{30})));
    CHECK(way.watch(capture).fd == -1);
    dropped = way.dropped();
  }
  CHECK(dropped > 0);
  // A terminal hands on what it holds a little later.
  std::size_t found = 0;
  pollfd more{channel.reader.get(), POLLIN, 0};
  while (found + dropped < text.size() && ::poll(&more, 1, 60'000) == 1) {
    found += take(channel.reader.get(), 65536).size();
  }
  CHECK(found + dropped == text.size());
  CHECK(::poll(&more, 1, 0) == 0);
}

}  // namespace

TEST_CASE("a file gets every byte, behind what is there already") {
  auto const file = sla::internal::open_unnamed_file();
  REQUIRE(file);
  REQUIRE(sla::internal::write_all(file->get(), "before "));
  std::string const text = noise(300000);
  sla::internal::Capture<> capture(1000);
  sla::internal::PassThrough way(file->get());
  pass(capture, way, text);
  CHECK(way.watch(capture).fd == -1);
  way.finish(capture, seconds{1}, never, by(in(seconds{1})));
  CHECK(way.dropped() == 0);
  REQUIRE(::lseek(file->get(), 0, SEEK_SET) == 0);
  CHECK((take_all(file->get()) == "before " + text));
}

TEST_CASE("without a descriptor, or with one that is not open, nothing is passed on or dropped") {
  Channel closed = make_pipe();
  int const number = closed.writer.get();
  closed.writer.reset();
  for (int const descriptor : {-1, number}) {
    sla::internal::Capture<> capture(1000);
    sla::internal::PassThrough way(descriptor);
    pass(capture, way, "some text");
    CHECK(way.watch(capture).fd == -1);
    way.finish(capture, seconds{1}, never, by(in(seconds{1})));
    CHECK(way.dropped() == 0);
  }
}

TEST_CASE("what fits is passed on at once, and the descriptor is left as it was") {
  Channel const pipe = make_pipe();
  {
    sla::internal::Capture<> capture(0);
    sla::internal::PassThrough way(pipe.writer.get());
    pass(capture, way, "one ");
    CHECK(take(pipe.reader.get(), 100) == "one ");
    pass(capture, way, "two");
    CHECK(take(pipe.reader.get(), 100) == "two");
  }
  CHECK((::fcntl(pipe.writer.get(), F_GETFL) & O_NONBLOCK) == 0);
  CHECK(::write(pipe.writer.get(), "x", 1) == 1);
}

TEST_CASE("a full pipe holds up nothing, and what its reader never read is counted") {
  check_that_a_reader_who_never_reads_holds_up_nothing(make_pipe());
}
TEST_CASE("a full socket holds up nothing, and what its reader never read is counted") {
  check_that_a_reader_who_never_reads_holds_up_nothing(make_sockets());
}
TEST_CASE("a full terminal holds up nothing, and what its reader never read is counted") {
  check_that_a_reader_who_never_reads_holds_up_nothing(make_terminal());
}

TEST_CASE("a slow reader catches up byte for byte while the run goes on") {
  for (bool const socket : {false, true}) {
    Channel const channel = socket ? make_sockets() : make_pipe();
    std::string const text = noise(2000000);
    sla::internal::Capture<> capture(0);
    sla::internal::PassThrough way(channel.writer.get());
    std::string found;
    for (std::size_t done = 0; done < text.size(); done += 40000) {
      pass(capture, way, std::string_view(text).substr(done, 40000));
      found += take(channel.reader.get(), 39000);
    }
    while (way.watch(capture).fd >= 0) {
      found += take(channel.reader.get(), 7000);
      way.forward(capture, {});
    }
    way.finish(capture, seconds{1}, never, by(in(seconds{1})));
    CHECK(way.dropped() == 0);
    while (found.size() < text.size()) found += take(channel.reader.get(), 65536);
    CHECK((found == text));
  }
}

TEST_CASE("a reader that is behind at the end is waited for while it takes some") {
  Channel pipe = make_pipe();
  std::string const text = noise(1000000);
  std::string found;
  std::thread reader([&] { found = take_all(pipe.reader.get()); });
  {
    sla::internal::Capture<> capture(0);
    sla::internal::PassThrough way(pipe.writer.get());
    pass(capture, way, text);
    way.finish(capture, seconds{20}, never, by(in(seconds{20})));
    CHECK(way.dropped() == 0);
  }
  pipe.writer.reset();
  reader.join();
  CHECK((found == text));
}

TEST_CASE("a reader that takes a little now and then is not waited for beyond the end") {
  Channel pipe = make_pipe();
  sla::internal::Capture<> capture(0);
  sla::internal::PassThrough way(pipe.writer.get());
  pass(capture, way, std::string(1000000, 'x'));
  auto const begin = std::chrono::steady_clock::now();
  std::jthread const reader([&](std::stop_token over) {
    while (!over.stop_requested()) {
      (void)take(pipe.reader.get(), 4096);
      std::this_thread::sleep_for(milliseconds{5});
    }
  });
  way.finish(capture, seconds{10}, never, by(begin + milliseconds{100}));
  CHECK(std::chrono::steady_clock::now() - begin < seconds{5});
  CHECK(way.dropped() > 0);
}

TEST_CASE("what was left out of the log before its reader came to it is dropped and counted") {
  Channel const pipe = make_pipe();
  std::string const text = noise(1000000);
  sla::internal::Capture<> capture(100000);
  sla::internal::PassThrough way(pipe.writer.get());
  pass(capture, way, text);
  std::string found;
  while (way.watch(capture).fd >= 0) {
    found += take(pipe.reader.get(), 65536);
    way.forward(capture, {});
  }
  way.finish(capture, seconds{1}, never, by(in(seconds{1})));
  while (found.size() + way.dropped() < text.size()) found += take(pipe.reader.get(), 65536);
  CHECK(found.size() + way.dropped() == text.size());
  std::size_t const tail = 50000;
  CHECK(found.size() > tail);
  CHECK((found.substr(found.size() - tail) == text.substr(text.size() - tail)));
  CHECK((found.substr(0, found.size() - tail) == text.substr(0, found.size() - tail)));
}

TEST_CASE("without a reader everything is dropped and counted, and no SIGPIPE is left behind") {
  for (bool const socket : {false, true}) {
    Channel channel = socket ? make_sockets() : make_pipe();
    channel.reader.reset();
    sla::internal::Capture<> capture(0);
    sla::internal::PassThrough way(channel.writer.get());
    pass(capture, way, std::string(100000, 'x'));
    CHECK(way.watch(capture).fd == -1);
    way.finish(capture, seconds{1}, never, by(in(seconds{1})));
    CHECK(way.dropped() == 100000);
    sigset_t pending;
    ::sigpending(&pending);
    CHECK(::sigismember(&pending, SIGPIPE) == 0);
  }
}

TEST_CASE("a reader that leaves in the middle ends the passing on, not the process") {
  Channel pipe = make_pipe();
  sla::internal::Capture<> capture(0);
  sla::internal::PassThrough way(pipe.writer.get());
  pass(capture, way, std::string(200000, 'x'));
  std::size_t const read = take(pipe.reader.get(), 1000).size();
  pipe.reader.reset();
  pass(capture, way, std::string(200000, 'x'));
  way.finish(capture, seconds{10}, never, by(in(seconds{10})));
  CHECK(read == 1000);
  CHECK(way.dropped() >= 400000 - 65536 - read);
}

TEST_CASE("a device that takes everything gets everything") {
  auto const null = sla::internal::open_file("/dev/null", O_WRONLY);
  REQUIRE(null);
  sla::internal::Capture<> capture(1000);
  sla::internal::PassThrough way(null->get());
  pass(capture, way, std::string(500000, 'x'));
  way.finish(capture, seconds{1}, never, by(in(seconds{1})));
  CHECK(way.dropped() == 0);
  auto const full = sla::internal::open_file("/dev/full", O_WRONLY);
  REQUIRE(full);
  sla::internal::PassThrough nowhere(full->get());
  nowhere.forward(capture, {});
  nowhere.finish(capture, seconds{1}, never, by(in(seconds{1})));
  CHECK(nowhere.dropped() == 500000);
}

TEST_CASE("a file takes everything, however fast it comes and however little is kept of it") {
  TemporaryFolder const folder;
  auto const file = sla::internal::open_file(folder / "file", O_WRONLY | O_CREAT);
  REQUIRE(file);
  std::string const text = noise(3 << 20);
  sla::internal::Capture<> capture(1000);
  sla::internal::PassThrough way(file->get());
  pass(capture, way, text);
  way.finish(capture, seconds{10}, never, by(in(seconds{30})));
  CHECK(way.dropped() == 0);
  CHECK((sla::internal::read_file(folder / "file", 4 << 20).value() == text));
}
