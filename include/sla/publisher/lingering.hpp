// SPDX-License-Identifier: MIT
#pragma once
// Whether few events wait a moment for more, so that ten go with one request.
#include <cstddef>
#include <utility>

#include "sla/core/time.hpp"

namespace sla::inline v1::internal {

/// Decides when the events that wait are sent, and how many of them: where all passed, and ten do
/// not wait yet, they go so long after the last time that none was left. added() and look() are
/// called while nobody else asks the spool; the others by the thread that delivers.
class Lingering {
 public:
  static constexpr std::size_t full = 10;  ///< events of one request, as SNS takes them

  /// Zero is never.
  explicit Lingering(Duration limit) : limit_(limit) {}

  /// Notes an event that was added: one of a run that did not pass lets none wait.
  void added(bool passed) noexcept { urgent_ = urgent_ || !passed; }
  /// Takes note of what was added, before until() is asked.
  void look() noexcept { hasty_ = std::exchange(urgent_, false) || hasty_; }

  /// Returns until when so many are too few to go; a past instant is now.
  [[nodiscard]] Instant until(std::size_t waiting) const noexcept {
    bool const enough = waiting == 0 || waiting >= full;
    return enough || hasty_ ? Instant::min() : none_left_at_ + limit_;
  }
  /// Returns how many of so many go now, which is their turn: whole requests, if there are some.
  std::size_t begin(std::size_t waiting) noexcept {
    hasty_ = false;
    return limit_ != Duration::zero() && waiting > full ? waiting - waiting % full : waiting;
  }
  /// Notes that so many went. A second event of a service has to follow the first by itself.
  void sent(std::size_t number, std::size_t waiting, Instant now) noexcept {
    bool const none_left = number == waiting || (number != 0 && number % full == 0);
    none_left_at_ = none_left ? now : Instant::min();
  }

 private:
  Duration limit_;
  Instant none_left_at_ = Instant::min();
  bool hasty_ = false;   ///< a run that did not pass is among those that wait
  bool urgent_ = false;  ///< and among those that look() has not seen
};

}  // namespace sla::inline v1::internal
