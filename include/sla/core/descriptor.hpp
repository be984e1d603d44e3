// SPDX-License-Identifier: MIT
#pragma once
// File descriptors that close themselves, and the one place that knows about EINTR. Whatever is
// opened here is closed on exec, so that no child inherits it.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "sla/core/result.hpp"

namespace sla::inline v1 {

/// Owns one file descriptor; -1 is none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      reset();
      number_ = std::exchange(other.number_, -1);
    }
    return *this;
  }
  ~Descriptor() { reset(); }

  [[nodiscard]] int get() const noexcept { return number_; }
  explicit operator bool() const noexcept { return number_ >= 0; }
  /// Gives the number away; nobody closes it here.
  int release() noexcept { return std::exchange(number_, -1); }
  /// Closes now. Linux closes even where close() says EINTR, so it is never repeated.
  void reset() noexcept {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }

 private:
  int number_ = -1;
};

namespace internal {

/// Calls a system call again for as long as a signal interrupts it.
template <class Call>
auto uninterrupted(Call call) {
  for (;;) {
    auto const got = call();
    if (got >= 0 || errno != EINTR) return got;
  }
}

/// Opens a file; O_CLOEXEC is added to the flags. The error names the path.
[[nodiscard]] inline Result<Descriptor> open_file(std::string const& path, int flags,
                                                  mode_t mode = 0600) {
  int const number = uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); });
  if (number < 0) return system_error(path);
  return Descriptor{number};
}

/// Returns true if a path leads to the very file that is open.
[[nodiscard]] inline bool leads_to(std::string const& path, Descriptor const& file) noexcept {
  struct stat there {
  }, open{};
  return ::stat(path.c_str(), &there) == 0 && ::fstat(file.get(), &open) == 0 &&
         there.st_ino == open.st_ino && there.st_dev == open.st_dev;
}

/// Writes all of the text, or says why not.
[[nodiscard]] inline Result<void> write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    ssize_t const n = uninterrupted([&] { return ::write(descriptor, text.data(), text.size()); });
    if (n < 0) return system_error("write");
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

/// Returns true if a disk only says with that error that it has nothing like fsync(): some file
/// systems, and those that are read-only, whose files are as safe as they can be.
[[nodiscard]] constexpr bool never_syncs(int number) noexcept {
  return number == EINVAL || number == EROFS;
}

/// Writes what a file has to its disk, where the disk can. The error names the path.
[[nodiscard]] inline Result<void> sync_file(Descriptor const& file, std::string_view path) {
  int const done = uninterrupted([&] { return ::fdatasync(file.get()); });
  if (done != 0 && !never_syncs(errno)) return system_error(path);
  return {};
}

/// Returns the same pipe or terminal, opened once more not to wait: O_NONBLOCK belongs to the open
/// file, which others share. None where the descriptor is neither, or if that is not possible.
[[nodiscard]] inline Descriptor never_waiting(int descriptor) {
  struct stat about {};
  if (::fstat(descriptor, &about) != 0) return {};
  if (!S_ISFIFO(about.st_mode) && !S_ISCHR(about.st_mode)) return {};
  auto again =
      open_file("/proc/self/fd/" + std::to_string(descriptor), O_WRONLY | O_NONBLOCK | O_NOCTTY);
  return again ? *std::move(again) : Descriptor{};
}

/// Reads a whole file of at most `limit` bytes. The error names the path.
[[nodiscard]] inline Result<std::string> read_file(std::string const& path, std::size_t limit) {
  auto file = open_file(path, O_RDONLY);
  if (!file) return file.error();
  std::string text;
  char buffer[4096];
  for (;;) {
    ssize_t const n = uninterrupted([&] { return ::read(file->get(), buffer, sizeof buffer); });
    if (n < 0) return system_error(path);
    if (n == 0) return text;
    text.append(buffer, static_cast<std::size_t>(n));
    if (text.size() > limit) {
      return Error{Errc::invalid, path + ": larger than " + std::to_string(limit) + " bytes"};
    }
  }
}

}  // namespace internal

}  // namespace sla::inline v1
