// SPDX-License-Identifier: MIT
#pragma once
// One way out of a spool, that of the logs or that of the events: when it may be tried again after
// a failure, and what is said about it, which is one line a minute at most. And whether a failure
// is about the message that met it.
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

/// Whether an error is about the very message that met it.
enum class Blame {
  message,    ///< it can never be delivered
  perhaps,    ///< it cannot, if others can
  elsewhere,  ///< it may be delivered later
};

/// What a message that is refused or denied has to do with it shows only when another one passes: a
/// topic that is not there any more, a key without rights or a proxy in between refuse all of them.
[[nodiscard]] constexpr Blame blame(Errc code, int native) noexcept {
  if (code == Errc::exists) return Blame::message;
  if (code == Errc::denied) return Blame::perhaps;
  if (code != Errc::rejected) return Blame::elsewhere;
  return native == 0 || native == 413 ? Blame::message : Blame::perhaps;
}
[[nodiscard]] inline Blame blame(Error const& error) noexcept {
  return blame(error.code, error.native);
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
  /// rest once more, unless that failed within this very second, and then never again.
  void hurry(Instant now) noexcept {
    bool const just_now = backoff_.failures() != 0 && now - failed_at_ < std::chrono::seconds{1};
    hurried_ = true;
    backoff_.succeeded();
    due_ = just_now ? Instant::max() : Instant::min();
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
    mends_itself_ = retryable(error) || error.code == Errc::expired;  // keys are renewed
    Duration const wait =
        mends_itself_ ? random_duration(bound) : least + random_duration(longest - least);
    failed_at_ = now;
    due_ = hurried_ && !mends_itself_ ? Instant::max() : now + wait;
    reason_ = error.message;
    if (now < say_at_) return;
    say_at_ = now + std::chrono::minutes{1};
    said_ = true;
    bool const ever = due_ != Instant::max();
    log_.warning(name_ + " are not delivered: " + error.message,
                 {{"run", std::string(run_id)},
                  {"failures", std::to_string(backoff_.failures())},
                  {"next attempt", ever ? "in " + decimal_seconds(wait) + " s" : "none"}});
  }

 private:
  std::string name_;
  Logger log_;
  Backoff backoff_;
  std::string reason_{};
  Instant due_ = Instant::min();
  Instant failed_at_ = Instant::min();
  bool mends_itself_ = false;
  bool hurried_ = false;
  Instant say_at_ = Instant::min();
  bool said_ = false;
};

}  // namespace sla::inline v1
