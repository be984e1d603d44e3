// SPDX-License-Identifier: MIT
#pragma once
// How long to wait before something that failed is tried again: a random time up to a bound that
// doubles with each failure, so that many programs do not all come back at once (full jitter).
#include <algorithm>
#include <chrono>
#include <cstdint>

#include "sla/core/time.hpp"

namespace sla::inline v1 {

/// The bounds of one thing that is tried again and again.
class Backoff {
 public:
  struct Options {
    Duration first = std::chrono::seconds{1};
    Duration longest = std::chrono::seconds{30};
  };

  Backoff() = default;
  explicit Backoff(Options options) : options_(options) {}

  [[nodiscard]] Options const& options() const noexcept { return options_; }
  /// Returns how many failures in a row there were.
  [[nodiscard]] std::uint64_t failures() const noexcept { return failures_; }

  /// It failed again: the bound of the wait.
  Duration failed() noexcept {
    Duration bound = options_.first;
    for (std::uint64_t i = 0; i < failures_ && bound < options_.longest; ++i) bound *= 2;
    ++failures_;
    return std::min(bound, options_.longest);
  }
  void succeeded() noexcept { failures_ = 0; }

 private:
  Options options_{};
  std::uint64_t failures_ = 0;
};

}  // namespace sla::inline v1
