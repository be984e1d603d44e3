// SPDX-License-Identifier: MIT
#pragma once
// One run's output on its way from the pipe: masked, then kept and passed on to stdout, so that
// both have the same bytes.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "sla/core/descriptor.hpp"
#include "sla/core/masks.hpp"
#include "sla/core/output.hpp"
#include "sla/core/result.hpp"
#include "sla/core/stop.hpp"
#include "sla/executor/capture.hpp"
#include "sla/executor/pass_through.hpp"
#include "sla/executor/process_options.hpp"

namespace sla::inline v1::internal {

/// Reads what one run writes. D as in Capture. Used once; not thread-safe.
template <class D>
class RunOutput {
 public:
  explicit RunOutput(ProcessOptions const& options)
      : masks_(options.masks), capture_(options.log_limit), pass_(options.pass_through) {}

  /// Keeps the output in a new file of that path, if it can; before anything is read.
  void keep_in(std::string path, std::uint64_t limit) {
    capture_ = Capture<D>(limit, std::move(path));
  }

  /// Makes the pipe and returns the end that the run writes to.
  Result<Descriptor> open() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("pipe");
    pipe_ = Descriptor{ends[0]};
    ::fcntl(pipe_.get(), F_SETFL, O_NONBLOCK);
    return Descriptor{ends[1]};
  }
  /// Returns true while somebody may write.
  [[nodiscard]] bool is_open() const noexcept { return static_cast<bool>(pipe_); }

  /// What to poll: for output, and for room on stdout.
  [[nodiscard]] pollfd source() const noexcept { return {pipe_.get(), POLLIN, 0}; }
  [[nodiscard]] pollfd room() const noexcept { return pass_.watch(capture_); }

  /// Reads one block and hands on what the reader of stdout takes. Returns true if there was one.
  bool read() {
    std::string_view block;
    if (pipe_) {
      ssize_t const n =
          uninterrupted([&] { return ::read(pipe_.get(), buffer_.data(), buffer_.size()); });
      if (n > 0) block = {buffer_.data(), static_cast<std::size_t>(n)};
      if (block.size() == buffer_.size()) enlarge_pipe();
      if (n == 0 || (n < 0 && errno != EAGAIN)) pipe_.reset();
    }
    take(masks_.take(block));
    return !block.empty();
  }

  /// Returns what is kept, once what is left was passed on until `end() -> Instant` at most.
  template <class End>
  Output finish(Stop const& stop, End end) {
    take(masks_.finish());
    pass_.finish(capture_, std::chrono::seconds{1}, stop, end);
    return std::move(capture_).finish();
  }
  /// Returns how many bytes were not passed on.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return pass_.dropped(); }

 private:
  void take(std::string_view output) {
    capture_.append(output);
    pass_.forward(capture_, output);
  }
  /// It filled up: there is much to read, in fewer turns. If that is refused it stays as it is.
  void enlarge_pipe() {
    if (!std::exchange(enlarged_, true)) ::fcntl(pipe_.get(), F_SETPIPE_SZ, 1 << 20);
  }

  Descriptor pipe_;
  MaskStream masks_;
  Capture<D> capture_;
  PassThrough pass_;
  bool enlarged_ = false;  ///< whether the pipe was
  std::array<char, 64 * 1024> buffer_;
};

}  // namespace sla::inline v1::internal
