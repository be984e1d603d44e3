// SPDX-License-Identifier: MIT
#pragma once
// The outage of a spool's disk: if it takes what is written, as far as is known, when it is tried
// again, and what is said about it, one line a minute at most.
#include <chrono>
#include <string>
#include <utility>

#include "sla/core/error.hpp"
#include "sla/core/log.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::internal {

/// The outage of one spool's disk, if there is one. Not thread-safe.
class Outage {
 public:
  Outage(std::string folder, Duration retry, Logger log)
      : folder_(std::move(folder)), retry_(retry), log_(log) {}

  /// Returns true if the disk cannot be written.
  explicit operator bool() const noexcept { return lasts_; }

  void begin(Error const& error) {
    if (std::exchange(lasts_, true)) return;
    Instant const now = std::chrono::steady_clock::now();
    retry_at_ = now + retry_;
    said_ = now - said_at_ >= std::chrono::minutes{1};
    if (!said_) return;
    said_at_ = now;
    log_.warning("the spool cannot be written: results are kept in memory",
                 {{"spool", folder_}, {"reason", error.message}});
  }
  void end() {
    if (!std::exchange(lasts_, false)) return;
    if (said_) log_.info("the spool can be written again", {{"spool", folder_}});
  }

  /// Returns true if it is time to try the disk again, which then counts as tried.
  [[nodiscard]] bool take_due(Instant now) {
    if (!lasts_ || now < retry_at_) return false;
    retry_at_ = now + retry_;
    return true;
  }
  /// Returns when that is; the last instant of all if there is no outage.
  [[nodiscard]] Instant due() const noexcept { return lasts_ ? retry_at_ : Instant::max(); }

 private:
  std::string folder_;
  Duration retry_;
  Logger log_;
  bool lasts_ = false;
  bool said_ = false;                                    ///< a line said so
  Instant said_at_ = Instant{} - std::chrono::hours{1};  ///< of the monotonic clock
  Instant retry_at_{};
};

}  // namespace sla::inline v1::internal
