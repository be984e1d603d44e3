// SPDX-License-Identifier: MIT
#pragma once
// When credentials are renewed, as a state machine without clock, threads or randomness: the rule
// that the AWS SDKs share since 2026, but that nobody waits for a renewal as long as there are
// credentials that are valid. Ahead of their end a failure to renew is nothing more than a reason
// to try later; after it they are kept in use where the source is one that may be down, since the
// services may be more patient than the source. credential/refreshing.hpp applies it.
#include <algorithm>
#include <chrono>
#include <optional>

#include "sla/aws/sign/credentials.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

/// What to do for whoever asks for credentials now.
enum class RefreshVerdict {
  use,     ///< give those that are there
  ahead,   ///< give those that are there, and have them renewed
  now,     ///< renew them first; all wait for it
  refuse,  ///< give the error of the last attempt again
};

/// How an attempt to renew ended.
enum class RefreshFailure {
  passing,  ///< later attempts may succeed; the credentials from before may be used meanwhile
  final,    ///< the source refuses: those from before must not be used either
};

/// Decides for one set of credentials and those that replace it.
class RefreshPolicy {
 public:
  /// Ahead of the end by this, what failed is tried again.
  static constexpr Duration last_window = std::chrono::minutes{1};
  /// What is left to strict credentials when they are no longer given out.
  static constexpr Duration strict_reserve = std::chrono::seconds{10};

  /// Ahead of the end by this, by the time that is left to credentials when they are given; never
  /// before half of it is over.
  [[nodiscard]] static constexpr Duration advisory_window(Duration lifetime) noexcept {
    using std::chrono::minutes;
    if (lifetime <= minutes{20}) return std::min<Duration>(minutes{5}, lifetime / 2);
    return lifetime < minutes{90} ? minutes{15} : minutes{60};
  }

  [[nodiscard]] RefreshVerdict decide(WallTime now) const noexcept {
    if (!held_) return RefreshVerdict::now;
    if (refused_)
      return is_ahead(now, refused_until_) ? RefreshVerdict::refuse : RefreshVerdict::now;
    if (!expires_) return RefreshVerdict::use;
    Duration const left = *expires_ - now;
    bool const strict = stability_ == Stability::strict;
    if (strict && left <= strict_reserve) return RefreshVerdict::now;
    if (left > window_ || is_ahead(now, again_)) return RefreshVerdict::use;
    return left > Duration::zero() ? RefreshVerdict::ahead : RefreshVerdict::now;
  }

  /// What a renewal brought.
  struct Renewed {
    std::optional<WallTime> expires{};
    Stability stability = Stability::strict;
    double jitter = 0;  ///< at random, from 0 to below 1
  };

  /// Returns true if what a renewal brought replaces what is there. Expired credentials, as IMDS
  /// gives them in an outage, only do if there is nothing else; then they are a failure in
  /// disguise.
  [[nodiscard]] bool renew(WallTime now, Renewed const& renewed) noexcept {
    bool const expired = renewed.expires && *renewed.expires <= now;
    if (expired && held_ && !refused_) {
      fail(now, RefreshFailure::passing, renewed.jitter);
      return false;
    }
    held_ = true;
    refused_ = false;
    expires_ = renewed.expires;
    stability_ = renewed.stability;
    again_.reset();
    window_ = expires_ ? advisory_window(*expires_ - now) : Duration::zero();
    if (expired) postpone(now, renewed.jitter);
    return true;
  }

  /// An attempt failed; that of the first credentials counts for nothing. A passing failure is not
  /// repeated for 300 to 600 s, but what was tried early enough is tried once more in the last
  /// minute, so that an outage which ends before then is never noticed. A final one is remembered
  /// for 1 to 5 s.
  void fail(WallTime now, RefreshFailure failure, double jitter) noexcept {
    if (!held_) return;
    if (failure == RefreshFailure::final || refused_) {
      refused_ = true;
      refused_until_ = now + between(std::chrono::seconds{1}, std::chrono::seconds{5}, jitter);
      return;
    }
    postpone(now, jitter);
  }

  /// A service took the credentials for expired: so they are. What is known about the source stays.
  void expire(WallTime now) noexcept {
    WallTime const past = now - last_window;  // whatever clocks differ by
    if (held_) expires_ = expires_ ? std::min(*expires_, past) : past;
  }

  /// Returns true if the credentials may be given out although they could not be renewed.
  [[nodiscard]] bool usable_after_failure(WallTime now) const noexcept {
    if (!held_ || refused_) return false;
    return stability_ == Stability::lasting || (expires_ && *expires_ - now > strict_reserve);
  }

  [[nodiscard]] std::optional<WallTime> expires() const noexcept { return expires_; }

 private:
  static Duration between(Duration least, Duration most, double fraction) noexcept {
    auto const extra = std::chrono::duration<double, Duration::period>(most - least) * fraction;
    return least + std::chrono::duration_cast<Duration>(extra);
  }

  /// Returns true if a time is still to come; one too far off comes from a clock that was set back.
  static bool is_ahead(WallTime now, std::optional<WallTime> time) noexcept {
    return time && now < *time && *time - now <= std::chrono::minutes{10};
  }

  void postpone(WallTime now, double jitter) noexcept {
    WallTime again = now + between(std::chrono::seconds{300}, std::chrono::seconds{600}, jitter);
    bool const early = expires_ && *expires_ - now > last_window;
    if (early) again = std::min(again, *expires_ - last_window);
    again_ = again;
  }

  bool held_ = false;
  bool refused_ = false;
  std::optional<WallTime> refused_until_{};
  std::optional<WallTime> expires_{};
  Stability stability_ = Stability::strict;
  Duration window_ = Duration::zero();
  std::optional<WallTime> again_{};
};

}  // namespace sla::inline v1::aws
