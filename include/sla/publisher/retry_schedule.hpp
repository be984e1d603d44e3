// SPDX-License-Identifier: MIT
#pragma once
// When a channel out of a spool, that of the logs or that of the events, may be tried again after a
// failure, and what is said about it: one line a minute at most. And what a failure says about the
// message that met it.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "sla/core/backoff.hpp"
#include "sla/core/error.hpp"
#include "sla/core/log.hpp"
#include "sla/core/random.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::internal {

/// What a failed delivery has to do with its message.
enum class Fault {
  content,    ///< it can never be delivered
  unknown,    ///< it can be the content, though nobody says so
  elsewhere,  ///< rights, keys, the topic, a proxy, the network: it may be delivered later
};

/// Tells whose fault a failure is. A denial says nothing about a message.
[[nodiscard]] constexpr Fault fault_of(Errc code) noexcept {
  if (code == Errc::unacceptable || code == Errc::exists) return Fault::content;
  return code == Errc::rejected ? Fault::unknown : Fault::elsewhere;
}

/// Returns true if a failure passes without anybody doing anything; keys are renewed.
[[nodiscard]] constexpr bool mends_itself(Errc code) noexcept {
  return retryable(code) || code == Errc::expired;
}

/// Returns true if a failure may be one of the moment: rights take about ten seconds until they are
/// everywhere, and a proxy has its own. What this machine itself refuses is not.
[[nodiscard]] constexpr bool is_momentary(Errc code) noexcept {
  return code != Errc::system && code != Errc::stopped;
}

/// The retries of one channel. Not thread-safe.
class RetrySchedule {
 public:
  /// A failed attempt at one message.
  struct Failure {
    Error const& error;
    std::string_view run_id{};
    std::size_t waiting = 1;  ///< how many messages wait, this one included
  };

  RetrySchedule(std::string_view name, Logger log, Backoff::Options options = {})
      : name_(name), log_(log), backoff_(options) {}

  /// Returns when it may be tried again; a past instant is now.
  [[nodiscard]] Instant due() const noexcept { return due_; }
  /// Returns why it is not tried now.
  [[nodiscard]] std::string const& reason() const noexcept { return reason_; }

  /// There is little time left. What mends itself is tried a second after its last failure. What
  /// may be of the moment is tried about once a second for ten seconds, each message in turn. The
  /// rest is tried once more, unless it failed within this very second.
  void hurry(Instant now) noexcept {
    bool const just_now = backoff_.failures() != 0 && now - failed_at_ < second;
    hurried_at_ = now;
    backoff_.succeeded();
    due_ = just_now ? Instant::max() : Instant::min();
    if (is_momentary(failure_)) due_ = std::min(due_, failed_at_ + second);
  }

  /// A new message is a reason to try again, a second after the last failure if it mends itself,
  /// else ten seconds.
  void nudge() noexcept {
    if (hurried_at_ != never) return;
    due_ = std::min(due_, failed_at_ + (mends_itself(failure_) ? second : 10 * second));
  }

  void succeeded() {
    if (said_) log_.info(name_ + " are delivered again");
    said_ = false;
    backoff_.succeeded();
    due_ = Instant::min();
  }

  /// It failed, and may succeed later.
  void failed(Failure const& failure, Instant now) {
    failure_ = failure.error.code;
    failed_at_ = now;
    reason_ = failure.error.message;
    Duration const wait = wait_after(failure, now);
    due_ = wait == Duration::max() ? Instant::max() : now + wait;
    if (now < say_at_) return;
    say_at_ = now + std::chrono::minutes{1};
    said_ = true;
    bool const ever = due_ != Instant::max();
    log_.warning(name_ + " are not delivered: " + failure.error.message,
                 {{"run", failure.run_id},
                  {"failures", backoff_.failures()},
                  {"retry_seconds", ever ? LogValue(wait) : LogValue("never")}});
  }

 private:
  static constexpr Duration second = std::chrono::seconds{1};
  static constexpr Instant never = Instant::max();

  /// Grows up to the longest wait for what mends itself. The first three times anything else is
  /// believed to be of the moment; then it waits for a person, ten times as long at most.
  Duration wait_after(Failure const& failure, Instant now) {
    Duration const bound = backoff_.failed();
    if (mends_itself(failure_)) return random_duration(bound);
    if (hurried_at_ != never) {
      bool const again = is_momentary(failure_) && now - hurried_at_ < 10 * second;
      if (!again) return Duration::max();
      return second / static_cast<Duration::rep>(std::max<std::size_t>(failure.waiting, 1));
    }
    if (backoff_.failures() <= 3) return bound / 2 + random_duration(bound / 2);
    Duration const slowest = 10 * backoff_.options().longest;
    Duration const least = std::min<Duration>(10 * second, slowest);
    return least + random_duration(slowest - least);
  }

  std::string name_;
  Logger log_;
  Backoff backoff_;
  std::string reason_{};
  Errc failure_ = Errc::unavailable;  ///< of the last attempt that failed
  Instant due_ = Instant::min();
  Instant failed_at_ = Instant::min();
  Instant hurried_at_ = never;
  Instant say_at_ = Instant::min();
  bool said_ = false;
};

}  // namespace sla::inline v1::internal
