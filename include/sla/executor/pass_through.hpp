// SPDX-License-Identifier: MIT
#pragma once
// Passes a run's output on to the runner's own stdout while the run goes on, without ever waiting
// for whoever reads there. What the reader is too slow for is caught up on from the capture; what
// is no longer there by then, or has no reader left, is dropped and counted.
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sla/core/clock.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/pipe_signal.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1 {

/// One run's way to stdout.
class PassThrough {
 public:
  /// The descriptor stays the caller's; -1, or one that is not open, passes nothing on.
  explicit PassThrough(int descriptor) : descriptor_(descriptor) {
    struct stat about {};
    if (descriptor_ < 0 || ::fstat(descriptor_, &about) != 0) {
      descriptor_ = -1;
      return;
    }
    regular_ = S_ISREG(about.st_mode);
    never_waits_ = never_waiting(descriptor_);
    if (never_waits_) descriptor_ = never_waits_.get();
  }

  /// Passes on what can be passed on at once. `block` is what was just captured, so that it need
  /// not be read back.
  template <class C>
  void forward(C const& capture, std::string_view block) {
    if (descriptor_ < 0) return;
    if (passed_ + block.size() == capture.total()) passed_ += write_ready(block);
    catch_up(capture);
  }

  /// Passes on what is left, for as long as the reader takes some within `patience`, and until
  /// `end` at most.
  template <class C>
  void finish(C const& capture, Duration patience, Instant end) {
    while (behind(capture)) {
      pollfd reader = watch(capture);
      Duration const left = end - std::chrono::steady_clock::now();
      timespec const limit = to_timespec(std::min(patience, left));
      if (uninterrupted([&] { return ::ppoll(&reader, 1, &limit, nullptr); }) <= 0) break;
      catch_up(capture);
    }
    drop_the_rest(capture);
  }

  /// What to poll while the reader is behind; -1 when there is nothing to wait for.
  template <class C>
  [[nodiscard]] pollfd watch(C const& capture) const noexcept {
    return {behind(capture) ? descriptor_ : -1, POLLOUT, 0};
  }

  /// How many bytes were not passed on.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

 private:
  template <class C>
  [[nodiscard]] bool behind(C const& capture) const noexcept {
    return descriptor_ >= 0 && !closed_ && passed_ < capture.total();
  }

  template <class C>
  void catch_up(C const& capture) {
    std::array<char, 16 * 1024> buffer;
    while (behind(capture) && has_room()) {
      std::uint64_t const lost = capture.lost_from(passed_);
      dropped_ += lost;
      passed_ += lost;
      std::size_t const n = capture.read_back(passed_, buffer);
      if (n == 0) return drop_the_rest(capture);
      std::size_t const written = write_ready({buffer.data(), n});
      passed_ += written;
      if (written < n) return;
    }
  }

  template <class C>
  void drop_the_rest(C const& capture) {
    if (descriptor_ >= 0) dropped_ += capture.total() - passed_;
    passed_ = capture.total();
  }

  [[nodiscard]] bool has_room() const noexcept {
    pollfd reader{descriptor_, POLLOUT, 0};
    return ::poll(&reader, 1, 0) == 1;
  }

  /// Writes as much as the reader takes without waiting. Where the descriptor itself would wait:
  /// if poll() says that it is writable, PIPE_BUF bytes fit. A file takes everything.
  std::size_t write_ready(std::string_view text) {
    PipeSignalGuard const no_signal;
    bool const at_once = regular_ || never_waits_;
    std::size_t done = 0;
    while (done < text.size() && !closed_ && (at_once || has_room())) {
      std::size_t const left = text.size() - done;
      std::size_t const size = at_once ? left : std::min<std::size_t>(left, PIPE_BUF);
      ssize_t const n = uninterrupted([&] { return ::write(descriptor_, &text[done], size); });
      if (n < 0 && errno == EAGAIN) break;
      if (n < 0) {
        closed_ = true;
      } else {
        done += static_cast<std::size_t>(n);
      }
    }
    return done;
  }

  int descriptor_;
  Descriptor
      never_waits_;  ///< the same pipe or terminal, opened not to wait, where that is possible
  bool regular_ = false;
  bool closed_ = false;
  std::uint64_t passed_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace sla::inline v1
