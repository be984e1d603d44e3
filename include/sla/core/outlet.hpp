// SPDX-License-Identifier: MIT
#pragma once
// Writing that never waits, whatever the descriptor leads to and whatever its flags are, which
// others share: a full pipe, a socket, a terminal that shows nothing, a file on a disk that hangs.
// Pipes and sockets can be asked not to wait. All else (where poll() says "writable" and write()
// waits all the same) gets a writer of its own with a bounded queue. What leads to the same thing
// shares one, so that stdout and stderr keep their order.
#include <errno.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sla/core/atomic.hpp"
#include "sla/core/clock.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/least.hpp"
#include "sla/core/pipe_signal.hpp"
#include "sla/core/result.hpp"
#include "sla/core/shared.hpp"
#include "sla/core/time.hpp"
#include "sla/core/writer.hpp"

namespace sla::inline v1::internal {

/// A way out. Cheap to make; for one thread at a time. The descriptor stays the caller's.
class Outlet {
 public:
  explicit Outlet(int descriptor) : descriptor_(descriptor) {
    struct stat about {};
    if (descriptor < 0 || ::fstat(descriptor, &about) != 0) return;
    kind_ = kind_of(descriptor, about);
    identity_ = about.st_ino ^ (static_cast<std::uint64_t>(about.st_dev) << 32U);
    file_ = kind_ == Kind::waits && S_ISREG(about.st_mode);
    if (kind_ == Kind::pipe && !pipes_can().load()) reopen();
    if (kind_ == Kind::waits) writer_ = Writers::of_this_process().to(descriptor_, about);
  }

  /// Returns true if the descriptor is open.
  explicit operator bool() const noexcept { return kind_ != Kind::none; }

  /// Returns true if it is a file on a disk, which takes all as soon as the disk does.
  [[nodiscard]] bool is_file() const noexcept { return file_; }

  /// Writes as much as is taken at once and returns how much that was. An Error if nothing ever
  /// will be.
  [[nodiscard]] Result<std::size_t> offer(std::string_view text) {
    std::size_t done = 0;
    while (done < text.size()) {
      auto n = offer_part(text.substr(done));
      if (!n && done == 0) return n;
      if (!n || *n == 0) break;
      done += *n;
    }
    if (done != 0 && !writer_ && resting() == identity_) resting() = 0;
    return done;
  }
  /// The same for a line, which is taken as a whole or not at all where it has at most PIPE_BUF
  /// bytes.
  bool offer_line(std::string_view line) {
    if (writer_) return writer_->add(line, Writer::Part::whole, writer_) == line.size();
    auto const n = offer(line);
    return n && *n == line.size();
  }

  /// Returns what to poll for room, after an offer that was not taken as a whole.
  [[nodiscard]] pollfd watch() const noexcept {
    if (writer_) return {writer_->room(), POLLIN, 0};
    return {own_ ? own_.get() : descriptor_, POLLOUT, 0};
  }

  /// Waits until then at most for what was taken to be written; returns true if it is.
  bool settled(Instant until) { return !writer_ || writer_->settled(until); }
  /// Notes that nothing was taken for so long that nobody should wait for it; says whether it is
  /// so, until something is taken again. It holds for every Outlet to the same thing.
  void rest() noexcept {
    if (writer_) (void)writer_->take_moved();
    resting() = identity_;
  }
  [[nodiscard]] bool rests() noexcept {
    return resting() == identity_ && !(writer_ && writer_->take_moved());
  }

  /// Returns how many bytes were taken and are not written yet.
  [[nodiscard]] std::size_t waiting() { return writer_ ? writer_->size() : 0; }
  /// Says once why what was taken could not be written; 0 if it could, as far as is known.
  [[nodiscard]] int take_failure() { return writer_ ? writer_->take_failure() : 0; }
  /// Forgets what was taken and is not being written yet; how many bytes were taken and never
  /// written.
  [[nodiscard]] std::uint64_t give_up() { return writer_ ? writer_->give_up() : 0; }

 private:
  enum class Kind { none, socket, pipe, reopened, at_once, waits };

  static Kind kind_of(int descriptor, struct stat const& about) noexcept {
    if (S_ISSOCK(about.st_mode)) return Kind::socket;
    if (S_ISFIFO(about.st_mode)) return Kind::pipe;
    bool const null = S_ISCHR(about.st_mode) && about.st_rdev == makedev(1, 3);
    return null || in_memory(descriptor, about) ? Kind::at_once : Kind::waits;
  }
  static bool in_memory(int descriptor, struct stat const& about) noexcept {
    struct statfs disk {};
    if (!S_ISREG(about.st_mode) || ::fstatfs(descriptor, &disk) != 0) return false;
    return disk.f_type == TMPFS_MAGIC || disk.f_type == RAMFS_MAGIC;
  }

  /// Returns true if the kernel can write to a pipe without waiting, whatever its flags are.
  static Atomic<bool>& pipes_can() noexcept {
    static Atomic<bool> can{true};
    return can;
  }

  /// What was last found to take nothing.
  static Atomic<std::uint64_t>& resting() noexcept {
    static Atomic<std::uint64_t> identity{0};
    return identity;
  }

  void reopen() {
    own_ = never_waiting(descriptor_);
    kind_ = own_ ? Kind::reopened : Kind::waits;
  }

  Result<std::size_t> offer_part(std::string_view text) {
    for (;;) {
      if (kind_ == Kind::waits) return offer_to_writer(text);
      if (auto done = offer_at_once(text)) return *std::move(done);
    }
  }
  /// Nothing if the descriptor takes nothing in this way, and another was chosen.
  std::optional<Result<std::size_t>> offer_at_once(std::string_view text) {
    PipeSignalGuard const no_signal;
    ssize_t const n = uninterrupted([&] { return write_some(text); });
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno == EAGAIN) return std::size_t{0};
    bool const unable = errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL || errno == EPERM;
    if (kind_ != Kind::pipe || !unable) return system_error("write");
    pipes_can() = false;
    *this = Outlet(descriptor_);
    return std::nullopt;
  }
  ssize_t write_some(std::string_view text) const noexcept {
    switch (kind_) {
      case Kind::socket:
        return ::send(descriptor_, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      case Kind::pipe: {
        iovec const part{const_cast<char*>(text.data()), text.size()};
        return ::pwritev2(descriptor_, &part, 1, -1, RWF_NOWAIT);
      }
      case Kind::reopened:
        return ::write(own_.get(), text.data(), text.size());
      case Kind::at_once:
        return ::write(descriptor_, text.data(), text.size());
      case Kind::none:
      case Kind::waits:
        break;
    }
    errno = EBADF;
    return -1;
  }
  Result<std::size_t> offer_to_writer(std::string_view text) {
    if (!writer_) return std::size_t{0};  // there could be none; the next Outlet tries again
    if (int const failed = take_failure(); failed != 0) return system_error("write", failed);
    return writer_->add(text, Writer::Part::any, writer_);
  }

  int descriptor_;
  std::uint64_t identity_ = 0;
  Kind kind_ = Kind::none;
  bool file_ = false;
  Descriptor own_{};
  Shared<Writer> writer_{};
};

/// Writes the text and takes off it what was written; Errc::timed_out if that was not all of it
/// by then, Errc::system if it cannot be. What is taken at once is written in any case.
[[nodiscard]] inline Result<void> write_until(int descriptor, std::string_view& text,
                                              Instant until) {
  if (text.empty()) return {};
  std::string_view const all = text;
  Outlet outlet(descriptor);
  auto const take_back = [&] {
    std::size_t const taken = all.size() - text.size();
    text = all.substr(taken - least<std::size_t>(taken, outlet.give_up()));
  };
  (void)outlet.take_failure();  // of somebody else's text
  for (;;) {
    auto const n = outlet.offer(text);
    if (!n) take_back();
    if (!n) return n.error();
    text.remove_prefix(*n);
    auto const now = std::chrono::steady_clock::now();
    if (text.empty() || now >= until) break;
    timespec const left = to_timespec(until - now);
    pollfd room = outlet.watch();
    (void)::ppoll(&room, 1, &left, nullptr);
  }
  // A file needs a moment, however little time there is.
  Instant const moment = std::chrono::steady_clock::now() + std::chrono::milliseconds{20};
  bool const settled = outlet.settled(greatest(until, moment));
  int const failed = outlet.take_failure();
  if (!settled || failed != 0) take_back();
  if (failed != 0) return system_error("write", failed);
  if (text.empty()) return {};
  return Error{Errc::timed_out, "write: nobody reads it"};
}

/// Writes all of the text within that time, however slowly it is read; else Errc::timed_out.
[[nodiscard]] inline Result<void> write_within(int descriptor, std::string_view text,
                                               std::chrono::milliseconds limit) {
  return write_until(descriptor, text, std::chrono::steady_clock::now() + limit);
}

}  // namespace sla::inline v1::internal
