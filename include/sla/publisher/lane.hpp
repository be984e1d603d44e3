// SPDX-License-Identifier: MIT
#pragma once
// One way out of a spool, that of the logs or that of the events: when it may be tried again after
// a failure, and what is said about it, which is one line a minute at most. And what a failure
// means for the message that met it.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "sla/core/backoff.hpp"
#include "sla/core/error.hpp"
#include "sla/core/log.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1 {

/// Whether this very message can never be delivered. An error that carries a number of its own is
/// believed only where that is the answer of a service that read the message: a certificate that is
/// not trusted or a proxy that refuses says nothing about the message.
[[nodiscard]] constexpr bool never_succeeds(Errc code, int native) noexcept {
  if (code == Errc::exists) return true;
  if (code != Errc::rejected && code != Errc::invalid) return false;
  return native == 0 || native == 400 || native == 413 || native == 422;
}
[[nodiscard]] inline bool never_succeeds(Error const& error) noexcept {
  return never_succeeds(error.code, error.native);
}

/// The state of one way out. Not thread-safe.
class Lane {
 public:
  Lane(std::string_view name, Logger log, Backoff::Options options = {})
      : name_(name), log_(log), backoff_(options) {}

  /// When it may be tried again; a past instant is now.
  [[nodiscard]] Instant due() const noexcept { return due_; }
  /// Why it is not tried now.
  [[nodiscard]] std::string const& reason() const noexcept { return reason_; }

  /// There is little time left: what mends itself is tried a second after its last failure, the
  /// rest once more, unless that failed within this very second.
  void hurry(Instant now) noexcept {
    bool const just_now = backoff_.failures() != 0 && now - failed_at_ < std::chrono::seconds{1};
    backoff_.succeeded();
    if (!just_now) due_ = Instant::min();
    if (mends_itself_) due_ = std::min(due_, failed_at_ + std::chrono::seconds{1});
  }

  void succeeded() {
    if (said_) log_.info(name_ + " are delivered again");
    said_ = false;
    backoff_.succeeded();
    due_ = Instant::min();
  }

  /// It failed, and may succeed later: soon where it mends itself, slowly where a person has to.
  void failed(Error const& error, std::string_view run_id, Instant now) {
    Duration const bound = backoff_.failed();
    Duration const longest = backoff_.options().longest;
    Duration const least = std::min<Duration>(std::chrono::seconds{10}, longest);
    mends_itself_ = retryable(error);
    Duration const wait =
        mends_itself_ ? random_duration(bound) : least + random_duration(longest - least);
    failed_at_ = now;
    due_ = now + wait;
    reason_ = error.message;
    if (now < say_at_) return;
    say_at_ = now + std::chrono::minutes{1};
    said_ = true;
    log_.warning(name_ + " are not delivered: " + error.message,
                 {{"run", std::string(run_id)},
                  {"failures", std::to_string(backoff_.failures())},
                  {"again in seconds", decimal_seconds(wait)}});
  }

 private:
  std::string name_;
  Logger log_;
  Backoff backoff_;
  std::string reason_{};
  Instant due_ = Instant::min();
  Instant failed_at_ = Instant::min();
  bool mends_itself_ = false;
  Instant say_at_ = Instant::min();
  bool said_ = false;
};

}  // namespace sla::inline v1
