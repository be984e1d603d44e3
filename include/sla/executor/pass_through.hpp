// SPDX-License-Identifier: MIT
#pragma once
// Passes a run's output on to the runner's own stdout while the run goes on, without ever waiting
// for whoever reads there. What the reader is too slow for is caught up on from the capture; what
// is no longer there by then, or has no reader left, is dropped and counted.
#include <poll.h>
#include <time.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "sla/core/clock.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/least.hpp"
#include "sla/core/outlet.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::internal {

/// One run's way to stdout.
class PassThrough {
 public:
  /// The descriptor stays the caller's; -1, or one that is not open, passes nothing on.
  explicit PassThrough(int descriptor) : outlet_(descriptor), open_(outlet_) {}

  /// Passes on what can be passed on at once. `block` is what was just captured, so that it need
  /// not be read back.
  template <class C>
  void forward(C const& capture, std::string_view block) {
    if (!outlet_) return;
    if (passed_ + block.size() == capture.total()) pass(block);
    catch_up(capture);
  }

  /// Passes on what is left, for as long as the reader takes some within `patience`, and until
  /// `end() -> Instant` at most, which is asked again whenever the stop has news. A reader that
  /// took nothing the last time is not waited for again before it takes something.
  template <class C, class End>
  void finish(C const& capture, Duration patience, Stop const& stop, End end) {
    if (outlet_.rests()) patience = Duration::zero();
    while (behind(capture) && await_room(capture, patience, stop, end)) catch_up(capture);
    if (behind(capture) && now() < end()) outlet_.rest();
    drop_the_rest(capture);
    if (!settle(patience, end) && now() < end()) outlet_.rest();
    dropped_ += outlet_.give_up();
  }

  /// Returns what to poll while the reader is behind; -1 when there is nothing to wait for.
  template <class C>
  [[nodiscard]] pollfd watch(C const& capture) const noexcept {
    return behind(capture) ? outlet_.watch() : pollfd{-1, 0, 0};
  }

  /// Returns how many bytes were not passed on.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

 private:
  static Instant now() noexcept { return std::chrono::steady_clock::now(); }

  template <class C>
  [[nodiscard]] bool behind(C const& capture) const noexcept {
    return open_ && passed_ < capture.total();
  }

  /// Waits for what was taken to be written; returns true if it is.
  template <class End>
  [[nodiscard]] bool settle(Duration patience, End end) {
    Instant until = now() + patience;
    for (std::size_t left = outlet_.waiting(); left != 0;) {
      Instant const look = now() + std::chrono::milliseconds{50};
      if (outlet_.settled(least(least(look, until), end()))) return true;
      if (std::size_t const size = std::exchange(left, outlet_.waiting()); left < size) {
        until = now() + patience;
      }
      if (now() >= least(until, end())) return false;
    }
    return true;
  }

  /// Returns true if there is room on stdout, within the patience and before the end.
  template <class C, class End>
  [[nodiscard]] bool await_room(C const& capture, Duration patience, Stop const& stop, End end) {
    for (Instant const until = now() + patience;;) {
      Duration const left = least(until, end()) - now();
      if (left <= Duration::zero()) return false;
      auto const news = stop.watch();
      std::array<pollfd, 3> watched{watch(capture), news[0], news[1]};
      timespec const limit = to_timespec(left);
      (void)::ppoll(watched.data(), watched.size(), &limit, nullptr);
      if (watched[0].revents != 0) return true;
    }
  }

  template <class C>
  void catch_up(C const& capture) {
    std::array<char, 16 * 1024> buffer;
    while (behind(capture)) {
      std::uint64_t const lost = capture.lost_from(passed_);
      dropped_ += lost;
      passed_ += lost;
      std::size_t const n = capture.read_back(passed_, buffer.data(), buffer.size());
      if (n == 0) return drop_the_rest(capture);
      if (pass({buffer.data(), n}) < n) return;
    }
  }

  template <class C>
  void drop_the_rest(C const& capture) {
    if (outlet_) dropped_ += capture.total() - passed_;
    passed_ = capture.total();
  }

  /// Passes on as much as is taken; how much it was. A file takes everything, unless its disk
  /// hangs: that costs a moment, once.
  std::size_t pass(std::string_view text) {
    std::size_t done = 0;
    while (open_ && done < text.size()) {
      auto const n = outlet_.offer(text.substr(done));
      if (!n) open_ = false;  // nobody reads any more
      done += n.value_or(0);
      if (done < text.size() && !file_makes_room()) break;
    }
    passed_ += done;
    return done;
  }
  [[nodiscard]] bool file_makes_room() {
    if (!open_ || !outlet_.is_file() || outlet_.rests()) return false;
    pollfd room = outlet_.watch();
    if (::poll(&room, 1, 500) > 0) return true;
    outlet_.rest();
    return false;
  }

  Outlet outlet_;
  bool open_;
  std::uint64_t passed_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace sla::inline v1::internal
