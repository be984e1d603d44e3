// SPDX-License-Identifier: MIT
#pragma once
// The messages of a spool that were refused, again and again while others pass. Each of them then
// waits for itself, so that it holds up no other, and is tried again for as long as it takes; only
// if its content may be the reason is it given up, after hours. At most a few are kept in mind.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sla/core/error.hpp"
#include "sla/core/random.hpp"
#include "sla/core/time.hpp"
#include "sla/publisher/retry_schedule.hpp"

namespace sla::inline v1::internal {

/// What is known of the refusals of one message.
struct Refusals {
  Instant since{};               ///< the first one
  Instant last{};                ///< the last one
  Instant due = Instant::min();  ///< until then it waits by itself
  std::uint64_t times = 0;       ///< how many there were
  std::uint64_t passed = 0;      ///< how many others had passed before the first one

  /// Returns true if it has been refused often enough to be a case of its own, if others pass.
  [[nodiscard]] bool persistent() const noexcept { return times >= 4; }
  /// Returns true if that went on for hours.
  [[nodiscard]] bool lasting() const noexcept {
    return times >= 10 && last - since >= std::chrono::hours{3};
  }
};

/// The refused messages of one channel, by their number in the spool. Not thread-safe.
class RefusedMessages {
 public:
  /// Counts a refusal. Null if there are too many to keep in mind: then it is no case of its
  /// own.
  Refusals* refused(std::uint64_t number, std::uint64_t passed, Instant now) {
    if (all_.count(number) == 0 && !make_room(now)) return nullptr;
    Refusals& known =
        all_.try_emplace(number, Refusals{.since = now, .passed = passed}).first->second;
    ++known.times;
    known.last = now;
    return &known;
  }

  /// Lets it wait by itself, the longer the more often that was.
  static void rest(Refusals& message, Instant now) {
    Duration wait = std::chrono::seconds{10};
    Duration const longest = std::chrono::minutes{5};
    for (std::uint64_t i = 4; i < message.times && wait < longest; ++i) wait *= 2;
    wait = std::min(wait, longest);
    message.due = now + wait / 2 + random_duration(wait / 2);
  }

  /// Returns when it may be tried; a past instant is now.
  [[nodiscard]] Instant due(std::uint64_t number) const {
    auto const known = all_.find(number);
    return known == all_.end() ? Instant::min() : known->second.due;
  }
  /// Returns true if it waits by itself since others passed.
  [[nodiscard]] bool rested(std::uint64_t number) const { return due(number) != Instant::min(); }
  /// Returns when the next of those that wait by themselves may be tried.
  [[nodiscard]] Instant next_due(Instant now) const {
    Instant next = Instant::max();
    for (auto const& [number, message] : all_) {
      if (message.due > now) next = std::min(next, message.due);
    }
    return next;
  }

  /// Returns those that wait by themselves, in ascending order.
  [[nodiscard]] std::vector<std::uint64_t> resting(Instant now) const {
    std::vector<std::uint64_t> numbers;
    for (auto const& [number, message] : all_) {
      if (message.due > now) numbers.push_back(number);
    }
    return numbers;
  }

  void forget(std::uint64_t number) { all_.erase(number); }
  void clear() { all_.clear(); }

 private:
  static constexpr std::size_t most = 16;

  /// Forgets the one whose last refusal is longest ago, unless it waits: it may be gone.
  bool make_room(Instant now) {
    if (all_.size() < most) return true;
    auto const oldest = std::min_element(
        all_.begin(), all_.end(),
        [](auto const& a, auto const& b) { return a.second.last < b.second.last; });
    if (oldest->second.due > now) return false;
    all_.erase(oldest);
    return true;
  }

  std::map<std::uint64_t, Refusals> all_{};
};

/// One channel out of a spool, and what is known of the messages on it.
struct Channel {
  static constexpr std::string_view no_time = "there was no time";
  static constexpr std::size_t widest = 256;

  RetrySchedule retry;
  RefusedMessages refused{};
  std::uint64_t passed = 0;  ///< how many were delivered
  std::uint64_t last = 0;    ///< the one that was tried last, if they take turns
  std::string why{no_time};  ///< why the last one was not delivered
  std::size_t window = 1;    ///< how many go at once; one after a failure

  /// Returns when the next message may be tried, if there is one.
  [[nodiscard]] Instant due(Instant now) const {
    return retry.due() > now ? retry.due() : refused.next_due(now);
  }
  /// Counts a refusal. Null unless that was often enough for a case of its own, by what does not
  /// mend itself.
  Refusals* refused_again(std::uint64_t number, Error const& error, Instant now) {
    if (mends_itself(error.code) || error.code == Errc::stopped) return nullptr;
    Refusals* const known = refused.refused(number, passed, now);
    return known != nullptr && known->persistent() ? known : nullptr;
  }
  void delivered(std::uint64_t number) {
    retry.succeeded();
    refused.forget(number);
    ++passed;
    window = std::min(window + 1, widest);
  }
};

}  // namespace sla::inline v1::internal
