// SPDX-License-Identifier: MIT
#pragma once
// The files that hold a run's output: one without a name that nobody else sees, or one with a name
// that outlives the process. The latter is on a disk of the user's, which may hang: it is made and
// written by calls apart, which are waited for only so long.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sla/core/apart.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/result.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1 {

namespace detail {

/// A file in the folder that is there under no name.
inline Result<Descriptor> open_unnamed_in(std::string const& folder) {
  if (auto file = open_file(folder, O_TMPFILE | O_RDWR)) return file;
  std::string name = folder + "/sla-runner-XXXXXX";
  int const file = ::mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) return system_error(folder);
  ::unlink(name.c_str());
  return Descriptor{file};
}

}  // namespace detail

/// Opens a file without a name in the first of $TMPDIR, /tmp and /var/tmp that takes one; a memfd,
/// which counts as memory, where none does.
[[nodiscard]] inline Result<Descriptor> open_unnamed_file() {
  char const* const chosen = std::getenv("TMPDIR");
  for (char const* const folder : {chosen, "/tmp", "/var/tmp"}) {
    if (folder == nullptr || *folder == '\0') continue;
    if (auto file = detail::open_unnamed_in(folder)) return file;
  }
  int const memory = ::memfd_create("sla-runner-log", MFD_CLOEXEC);
  if (memory < 0) return system_error("memfd_create");
  return Descriptor{memory};
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
inline constexpr Duration disk_patience = std::chrono::seconds{2};

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

/// Writes to a file whose disk may hang, and makes a new one of that path if it is not open;
/// nothing where the disk hangs. Then the call goes on, and the descriptor must stay open.
[[nodiscard]] inline std::optional<Result<void>> write_apart(Descriptor& file, std::string path,
                                                             std::uint64_t at,
                                                             std::string_view part) {
  auto const call = std::make_shared<detail::WriteCall>();
  call->file = file.get();
  call->path = std::move(path);
  call->at = at;
  call->text = part;
  if (!CallsApart::make_within(call, detail::disk_patience)) return std::nullopt;
  if (!call->opened) return call->opened.error();
  if (!file) file = *std::move(call->opened);
  return std::move(call->written);
}

}  // namespace sla::inline v1
