// SPDX-License-Identifier: MIT
// Covers: executor/log_file.hpp
#include "sla/executor/capture.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "../support/child_process.hpp"
#include "../support/small_disk.hpp"
#include "../support/temporary_folder.hpp"
#include "sla/aws/sign/digest.hpp"

namespace {

/// Bytes without a short period, so that no two stretches are mistaken for each other.
std::string noise(std::size_t size, unsigned seed = 1) {
  std::mt19937_64 random(seed);
  std::string text(size, '\0');
  for (std::size_t done = 0; done < size; done += sizeof(std::uint64_t)) {
    std::uint64_t const word = random();
    std::memcpy(&text[done], &word, std::min(sizeof word, size - done));
  }
  return text;
}

std::string marker(std::uint64_t left_out, std::string const& reason = "") {
  return "\n[sla-runner: " + std::to_string(left_out) + " bytes left out here" + reason + "]\n";
}

/// What is to be kept of a text, in the simplest words.
std::string kept(std::string const& all, std::size_t limit) {
  if (limit == 1) limit = 2;
  if (limit == 0 || all.size() <= limit) return all;
  std::size_t const tail = limit / 2;
  std::size_t const head = limit - tail;
  return all.substr(0, head) + marker(all.size() - limit) + all.substr(all.size() - tail);
}

template <class Capture>
std::string text_of_finished(Capture&& capture) {
  auto const text = std::forward<Capture>(capture).finish().text();
  REQUIRE_MESSAGE(text, text.error().message);
  return *text;
}

/// Whoever reads from that offset on finds what was written, but for what is said to be lost.
template <class Capture>
void check_reading_back(Capture const& capture, std::string const& all, std::uint64_t from) {
  std::array<char, 1000> buffer;
  while (from < all.size()) {
    from += capture.lost_from(from);
    std::size_t const n = capture.read_back(from, buffer.data(), buffer.size());
    REQUIRE((n > 0 || from == all.size()));
    REQUIRE(std::string_view(buffer.data(), n) == std::string_view(all).substr(from, n));
    from += n;
  }
  CHECK(from == all.size());
}

/// Sets a variable of the environment for as long as it lives.
class Variable {
 public:
  Variable(char const* name, char const* value) : name_(name) {
    if (char const* const before = std::getenv(name)) before_ = before;
    ::setenv(name, value, 1);
  }
  Variable(Variable const&) = delete;
  Variable& operator=(Variable const&) = delete;
  ~Variable() {
    if (before_) {
      ::setenv(name_, before_->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }

 private:
  char const* name_;
  std::optional<std::string> before_;
};

/// No file of this process may grow beyond that size, for as long as it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t size) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit const now{size, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  FileSizeLimit(FileSizeLimit const&) = delete;
  FileSizeLimit& operator=(FileSizeLimit const&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, SIG_DFL);
  }

 private:
  rlimit before_{};
};

std::string name_of(sla::Descriptor const& file) {
  std::array<char, 256> name{};
  std::string const link = "/proc/self/fd/" + std::to_string(file.get());
  REQUIRE(::readlink(link.c_str(), name.data(), name.size() - 1) > 0);
  return name.data();
}

/// A digest that can be worked out in one's head: the number of bytes, and their sum.
struct CountingDigest {
  sla::Result<void> update(std::string_view block) {
    for (char const c : block) sum += static_cast<unsigned char>(c);
    count += block.size();
    return {};
  }
  sla::Result<sla::Sha256Bytes> finish() {
    sla::Sha256Bytes bytes{};
    for (unsigned i = 0; i < 8; ++i) {
      bytes[i] = static_cast<unsigned char>(count >> (8 * i));
      bytes[8 + i] = static_cast<unsigned char>(sum >> (8 * i));
    }
    return bytes;
  }

  std::uint64_t count = 0;
  std::uint64_t sum = 0;
};

struct BrokenDigest {
  sla::Result<void> update(std::string_view) { return sla::Error{sla::Errc::system, "broken"}; }
  sla::Result<sla::Sha256Bytes> finish() { return sla::Sha256Bytes{}; }
};

}  // namespace

TEST_CASE("nothing written is an empty output") {
  sla::internal::Capture<> capture(0);
  CHECK(capture.total() == 0);
  CHECK(capture.lost_from(0) == 0);
  CHECK(text_of_finished(std::move(capture)).empty());
}

TEST_CASE("small limits keep the first and the last half at every length") {
  std::string const all = "0123456789abcdefghijklmnopqrstuvwxyz";
  for (std::size_t limit = 0; limit <= 12; ++limit) {
    for (std::size_t size = 0; size <= all.size(); ++size) {
      CAPTURE(limit);
      CAPTURE(size);
      std::string const text = all.substr(0, size);
      sla::internal::Capture<> at_once(limit);
      at_once.append(text);
      sla::internal::Capture<> by_bytes(limit);
      for (char const c : text) by_bytes.append({&c, 1});
      CHECK(at_once.total() == size);
      for (std::size_t from = 0; from <= size; ++from) check_reading_back(at_once, text, from);
      CHECK(text_of_finished(std::move(at_once)) == kept(text, limit));
      CHECK(text_of_finished(std::move(by_bytes)) == kept(text, limit));
    }
  }
}

TEST_CASE("a limit of one counts as two, and an odd one gives the start a byte more") {
  sla::internal::Capture<> one(1);
  one.append("abcd");
  CHECK(text_of_finished(std::move(one)) == "a" + marker(2) + "d");
  sla::internal::Capture<> three(3);
  three.append("abcd");
  CHECK(text_of_finished(std::move(three)) == "ab" + marker(1) + "d");
}

TEST_CASE("the limit itself leaves nothing out, one byte more leaves out one") {
  for (std::size_t const limit : {1000U, 1001U, 65535U, 65536U, 65537U, 200000U}) {
    CAPTURE(limit);
    std::string const text = noise(limit + 1);
    sla::internal::Capture<> exact(limit);
    exact.append(std::string_view(text).substr(0, limit));
    CHECK(text_of_finished(std::move(exact)) == text.substr(0, limit));
    sla::internal::Capture<> above(limit);
    above.append(text);
    CHECK(text_of_finished(std::move(above)) == kept(text, limit));
  }
}

TEST_CASE("whatever the sizes of the blocks, the output is that of a simple model") {
  std::mt19937 random(7);
  auto const up_to = [&](std::size_t most) {
    return std::uniform_int_distribution<std::size_t>(0, most)(random);
  };
  for (int round = 0; round < 120; ++round) {
    std::size_t const limit = round % 3 == 0 ? up_to(300000) : round % 3 == 1 ? up_to(2000) : 0;
    std::string const all = noise(up_to(400000), static_cast<unsigned>(round));
    std::size_t const most = std::size_t{1} << up_to(17);
    CAPTURE(limit);
    CAPTURE(all.size());
    CAPTURE(most);
    sla::internal::Capture<> capture(limit);
    for (std::size_t done = 0; done < all.size();) {
      std::size_t const size = std::min(1 + up_to(most), all.size() - done);
      capture.append(std::string_view(all).substr(done, size));
      done += size;
    }
    CHECK(capture.total() == all.size());
    for (int i = 0; i < 4; ++i) check_reading_back(capture, all, up_to(all.size()));
    // Not CHECK_EQ: a failure would print both.
    CHECK((text_of_finished(std::move(capture)) == kept(all, limit)));
  }
}

TEST_CASE("a ring that wraps thousands of times still ends with the last bytes") {
  std::string const block = noise(70001);
  std::string all;
  sla::internal::Capture<> capture(131);
  for (int i = 0; i < 100; ++i) {
    capture.append(block);
    all += block;
  }
  CHECK((text_of_finished(std::move(capture)) == kept(all, 131)));
}

TEST_CASE("the digest is that of all bytes, and there is none where some were left out") {
  std::string const text = noise(100000);
  CountingDigest expected;
  REQUIRE(expected.update(text));
  sla::internal::Capture<CountingDigest> whole(100000);
  for (std::size_t done = 0; done < text.size(); done += 777) {
    whole.append(std::string_view(text).substr(done, 777));
  }
  CHECK(std::move(whole).finish().sha256() == *expected.finish());
  sla::internal::Capture<CountingDigest> cut(99999);
  cut.append(text);
  CHECK_FALSE(std::move(cut).finish().sha256());
  sla::internal::Capture<> none(0);
  none.append(text);
  CHECK_FALSE(std::move(none).finish().sha256());
}

TEST_CASE("a digest that fails is no digest, and no failure of the capture") {
  sla::internal::Capture<BrokenDigest> capture(0);
  capture.append("abc");
  sla::Output const output = std::move(capture).finish();
  CHECK_FALSE(output.sha256());
  CHECK(*output.text() == "abc");
}

TEST_CASE("the real digest agrees with that of the finished output") {
  for (std::size_t const size : {0U, 3U, 65536U, 300000U}) {
    std::string const text = noise(size);
    sla::internal::Capture<sla::aws::Sha256> capture(0);
    for (std::size_t done = 0; done < size; done += 4096) {
      capture.append(std::string_view(text).substr(done, 4096));
    }
    auto const digest = sla::aws::sha256(text);
    REQUIRE(digest);
    CHECK(std::move(capture).finish().sha256() == *digest);
  }
}

TEST_CASE("output that cannot move from memory to a file stays in memory, the rest is counted") {
  std::string const text = noise(150000);
  sla::internal::Capture<CountingDigest> capture(0);
  FileSizeLimit const limit(32 * 1024);
  for (std::size_t done = 0; done < text.size(); done += 30000) {
    capture.append(std::string_view(text).substr(done, 30000));
  }
  CHECK(capture.total() == 150000);
  CHECK(capture.lost_from(0) == 0);
  CHECK(capture.lost_from(60000) == 90000);
  CHECK(capture.lost_from(100000) == 50000);
  check_reading_back(capture, text, 0);
  sla::Output const output = std::move(capture).finish();
  CHECK_FALSE(output.sha256());
  auto const found = output.text();
  REQUIRE_MESSAGE(found, found.error().message);
  CHECK((*found == text.substr(0, 60000) + marker(90000, ": storing it failed: File too large")));
}

TEST_CASE("output waits in memory for a file that cannot be had at the moment") {
  std::string const text = noise(400000);
  sla::internal::Capture<> capture(0);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit const none{0, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  capture.append(std::string_view(text).substr(0, 200000));
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  check_reading_back(capture, text.substr(0, 200000), 0);
  capture.append(std::string_view(text).substr(200000));
  CHECK(capture.lost_from(0) == 0);
  sla::Output const output = std::move(capture).finish();
  CHECK_FALSE(output.in_memory());  // it got one
  CHECK((output.text().value() == text));
}

TEST_CASE("output that a file has no more room for is kept up to there and counted from there") {
  std::string const text = noise(150000);
  sla::internal::Capture<> capture(120000);
  FileSizeLimit const limit(100000);
  for (std::size_t done = 0; done < text.size(); done += 30000) {
    capture.append(std::string_view(text).substr(done, 30000));
  }
  check_reading_back(capture, text, 0);
  check_reading_back(capture, text, 140000);
  CHECK((text_of_finished(std::move(capture)) ==
         text.substr(0, 90000) + marker(60000, ": storing it failed: File too large")));
}

TEST_CASE("the file has no name, in $TMPDIR or in /tmp") {
  char directory[] = "/tmp/sla-capture-XXXXXX";
  REQUIRE(::mkdtemp(directory) != nullptr);
  {
    Variable const variable("TMPDIR", directory);
    auto const file = sla::internal::open_unnamed_file();
    REQUIRE(file);
    CHECK(name_of(*file).find(directory) == 0);
    struct stat about {};
    REQUIRE(::fstat(file->get(), &about) == 0);
    CHECK(about.st_nlink == 0);
    CHECK(::rmdir(directory) == 0);  // which works only for an empty one
  }
  Variable const variable("TMPDIR", "");
  auto const file = sla::internal::open_unnamed_file();
  REQUIRE(file);
  CHECK(name_of(*file).find("/tmp/") == 0);
}

TEST_CASE("where $TMPDIR takes no file /tmp does, before memory is used for it") {
  for (char const* const directory : {"/proc", "/there is no such folder", "/dev/null"}) {
    CAPTURE(directory);
    Variable const variable("TMPDIR", directory);
    auto const file = sla::internal::open_unnamed_file();
    REQUIRE(file);
    CHECK(name_of(*file).find("/tmp/") == 0);
    std::string const text = noise(200000);
    sla::internal::Capture<> capture(150000);
    capture.append(text);
    CHECK((text_of_finished(std::move(capture)) == kept(text, 150000)));
  }
}

TEST_CASE("where no folder is writable the output goes to memory that belongs to the process") {
  if (::geteuid() != 0) {
    MESSAGE("skipped: only root can change the root");
    return;
  }
  TemporaryFolder const folder;
  REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
  auto const end = in_child([&] {
    if (::chroot(folder.path().c_str()) != 0 || ::chdir("/") != 0) return 1;
    if (::setresuid(65534, 65534, 65534) != 0) return 2;
    std::string const text = noise(200000);
    sla::internal::Capture<> capture(150000);
    capture.append(text);
    return text_of_finished(std::move(capture)) == kept(text, 150000) ? 0 : 3;
  });
  CHECK(end.exit_code == 0);
}

TEST_CASE("a finished output can be read at any offset, by many copies") {
  std::string const text = noise(200000);
  sla::internal::Capture<> capture(150001);
  capture.append(text);
  sla::Output const output = std::move(capture).finish();
  sla::Output const copy = output;
  std::string const expected = kept(text, 150001);
  CHECK(output.size() == expected.size());
  std::array<char, 64> buffer;
  for (std::size_t at = 0; at < expected.size(); at += 1013) {
    auto const n = copy.read(at, buffer.data(), buffer.size());
    REQUIRE(n);
    REQUIRE(*n > 0);
    REQUIRE(std::string_view(buffer.data(), *n) == std::string_view(expected).substr(at, *n));
  }
  CHECK(*output.read(expected.size(), buffer.data(), buffer.size()) == 0);
}

TEST_CASE("with a path the bytes stand in that file from the first one on") {
  TemporaryFolder const folder;
  sla::internal::Capture<> capture(0, folder / "log");
  CHECK(::access((folder / "log").c_str(), F_OK) != 0);
  capture.append("a");
  CHECK(sla::internal::read_file(folder / "log", 100).value() == "a");
  capture.append("bc");
  CHECK(sla::internal::read_file(folder / "log", 100).value() == "abc");
  sla::Output const output = std::move(capture).finish();
  CHECK(output.stands_in(folder / "log"));
  CHECK(output.text().value() == "abc");
}

TEST_CASE("a path that leads nowhere, or to a file that is there, costs nothing") {
  TemporaryFolder const folder;
  REQUIRE(sla::internal::open_file(folder / "taken", O_CREAT | O_WRONLY));
  for (std::string const& path : {folder / "no/folder", folder / "taken"}) {
    sla::internal::Capture<> capture(0, path);
    std::string const all = noise(100'000);
    capture.append(all);
    CHECK(text_of_finished(std::move(capture)) == all);
  }
  CHECK(sla::internal::read_file(folder / "taken", 100).value().empty());
}

TEST_CASE("where the disk of that file is full the output moves on, and not a byte is lost") {
  SmallDisk const disk("256k");
  if (!disk.there()) return;
  for (std::uint64_t const limit : {std::uint64_t{0}, std::uint64_t{300'000}}) {
    sla::internal::Capture<> capture(limit, disk.path() + "/log");
    std::string const all = noise(1'000'000);
    for (std::size_t at = 0; at < all.size(); at += 4096) capture.append(all.substr(at, 4096));
    CHECK(text_of_finished(std::move(capture)) == kept(all, limit));
    CHECK(::access((disk.path() + "/log").c_str(), F_OK) != 0);
  }
}
