// SPDX-License-Identifier: MIT
#pragma once
// Reading and writing files on a disk of the user's, which may hang: by calls apart
// (core/apart.hpp), which are waited for only so long.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "sla/core/apart.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/result.hpp"
#include "sla/core/shared.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::internal {

/// Reads from that place of a file, at most `size` bytes.
[[nodiscard]] inline Result<std::size_t> read_at_place(Descriptor const& file, std::uint64_t at,
                                                       char* to, std::size_t size) {
  ssize_t const n =
      uninterrupted([&] { return ::pread(file.get(), to, size, static_cast<off_t>(at)); });
  if (n < 0) return system_error("read");
  return static_cast<std::size_t>(n);
}

/// Writes all of the bytes to that place of a file.
[[nodiscard]] inline Result<void> write_at_place(Descriptor const& file, std::uint64_t at,
                                                 std::string_view part) {
  while (!part.empty()) {
    ssize_t const n = uninterrupted(
        [&] { return ::pwrite(file.get(), part.data(), part.size(), static_cast<off_t>(at)); });
    if (n < 0) return system_error("storing it failed");
    at += static_cast<std::uint64_t>(n);
    part.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

namespace detail {

/// How long a disk is waited for that does not answer.
inline constexpr Duration disk_limit = std::chrono::seconds{2};

inline Error no_answer() { return Error{Errc::timed_out, "its disk does not answer"}; }

struct ReadCall {
  int file;
  std::uint64_t at;
  std::string buffer;
  Result<std::size_t> size = std::size_t{0};

  void operator()() {
    Descriptor borrowed{file};
    size = read_at_place(borrowed, at, buffer.data(), buffer.size());
    (void)borrowed.release();
  }
};

struct WriteCall {
  int file;
  std::string path;
  std::uint64_t at;
  std::string text;
  Result<Descriptor> opened = Descriptor{};
  Result<void> written{};

  void operator()() {
    if (file < 0) opened = open_file(path, O_RDWR | O_CREAT | O_EXCL);
    if (!opened) return;
    Descriptor borrowed{file < 0 ? opened->get() : file};
    written = write_at_place(borrowed, at, text);
    (void)borrowed.release();
  }
};

}  // namespace detail

/// Returns true if a disk did not answer, which the two below say.
template <class T>
[[nodiscard]] bool disk_hangs(Result<T> const& result) noexcept {
  return !result && result.error().code == Errc::timed_out;
}

/// Reads from a file whose disk may hang, at most `size` bytes; Errc::timed_out if it hangs.
[[nodiscard]] inline Result<std::size_t> read_apart(Descriptor const& file, std::uint64_t at,
                                                    char* to, std::size_t size) {
  auto const call = Shared<detail::ReadCall>::make();
  call->file = file.get();
  call->at = at;
  call->buffer.resize(size);
  if (!CallsApart::make_within(call, detail::disk_limit)) return detail::no_answer();
  call->buffer.copy(to, call->size.value_or(0));
  return call->size;
}

/// Writes to a file whose disk may hang, and makes a new one of that path if it is not open;
/// Errc::timed_out if the disk hangs. Then the call goes on, and the descriptor must stay open.
[[nodiscard]] inline Result<void> write_apart(Descriptor& file, std::string path, std::uint64_t at,
                                              std::string_view part) {
  auto const call = Shared<detail::WriteCall>::make();
  call->file = file.get();
  call->path = std::move(path);
  call->at = at;
  call->text = part;
  if (!CallsApart::make_within(call, detail::disk_limit)) return detail::no_answer();
  if (!call->opened) return call->opened.error();
  if (!file) file = *std::move(call->opened);
  return std::move(call->written);
}

}  // namespace sla::inline v1::internal
