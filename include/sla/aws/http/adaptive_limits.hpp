// SPDX-License-Identifier: MIT
#pragma once
// How long each stage of a request may take before it is given up for another attempt. A limit is
// for what got lost: it must not turn what is slow into what never happens. So each stage has its
// own, one that was met is doubled for the next attempt, and it stays as large as the stage needs.
// Pure: the clock and the connection are the transport's.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

/// What a request does, in this order.
enum class Stage {
  resolve,  ///< ask for the address of a name
  connect,  ///< reach it, TLS and a proxy included
  send,     ///< hand over the request
  wait,     ///< see the first byte of the answer
  receive,  ///< see the last one
};
inline constexpr std::size_t stages = 5;

/// Returns what it means that a stage took too long.
[[nodiscard]] constexpr std::string_view late_message(Stage stage) noexcept {
  constexpr std::array<std::string_view, stages> messages{
      "could not resolve the name in time", "could not connect in time",
      "nobody took the request in time", "no answer in time", "no end of the answer in time"};
  return messages[static_cast<std::size_t>(stage)];
}

/// The limits of the stages: the first, and the largest that it grows to.
struct StageLimits {
  struct Limit {
    Duration first;
    Duration longest;
  };
  /// A resolver has limits of its own: five seconds for each server that is dead, and twice.
  Limit resolve{std::chrono::seconds{30}, std::chrono::seconds{120}};
  /// A SYN that got lost is sent again after one second and after three.
  Limit connect{std::chrono::milliseconds{3100}, std::chrono::seconds{60}};
  Limit send{std::chrono::seconds{10}, std::chrono::seconds{80}};  ///< without a byte taken
  Limit wait{std::chrono::seconds{30}, std::chrono::seconds{90}};  ///< for a request without a body
  Limit receive{std::chrono::seconds{60}, std::chrono::seconds{240}};
};

/// Follows one request through its stages.
class StageWatch {
 public:
  explicit StageWatch(Instant now) : since_(now) {}

  [[nodiscard]] Stage stage() const noexcept { return stage_; }
  /// Since when nothing has moved.
  [[nodiscard]] Instant since() const noexcept { return since_; }
  /// Returns the longest time in that stage in which nothing moved.
  [[nodiscard]] Duration longest(Stage stage) const noexcept {
    return longest_[static_cast<std::size_t>(stage)];
  }

  void enter(Stage stage, Instant now) noexcept {
    if (stage == stage_) return;
    moved(now);
    stage_ = stage;
  }
  /// Something was sent, or the request is at its end.
  void moved(Instant now) noexcept {
    Duration& longest = longest_[static_cast<std::size_t>(stage_)];
    longest = std::max<Duration>(longest, now - since_);
    since_ = now;
  }

 private:
  Stage stage_ = Stage::connect;  // a kept connection and a known address need no other
  Instant since_;
  std::array<Duration, stages> longest_{};
};

/// The limits as they are now. One for each transport, which tells it how its requests ended.
class AdaptiveLimits {
 public:
  AdaptiveLimits() = default;
  explicit AdaptiveLimits(StageLimits limits) : limits_(limits) {}

  /// Returns how long a request with a body of that size may stand still in the stage. A proxy may
  /// hold a body until it has all of it and pass it on more slowly, so its size counts for the
  /// answer.
  [[nodiscard]] Duration limit(Stage stage, std::uint64_t size) const noexcept {
    auto [first, longest] = limits_of(stage);
    if (stage == Stage::wait) {
      first += std::chrono::seconds{size / (1024U * 1024U)};
      longest += std::chrono::seconds{size / (64U * 1024U)};
    }
    return std::min(first * (1 << level(stage)), longest);
  }

  /// The limit of the stage was met.
  void expired(Stage stage) noexcept { expired(stage, *this); }
  /// The limit of the stage was met by a request that began with those limits: of several that did,
  /// one counts.
  void expired(Stage stage, AdaptiveLimits const& begun_with) noexcept {
    auto const [first, longest] = limits_of(stage);
    if (level(stage) != begun_with.level(stage)) return;
    if (first * (1 << level(stage)) < longest) ++level(stage);
  }

  /// A request was answered: what was quick again has less time in the next one.
  void passed(StageWatch const& watch) noexcept {
    for (std::size_t i = 0; i < stages; ++i) {
      Duration const first = limits_of(static_cast<Stage>(i)).first;
      Duration const took = watch.longest(static_cast<Stage>(i));
      if (took == Duration::zero()) continue;  // a kept connection says nothing of a new one
      while (levels_[i] > 0 && 2 * took <= first * (1 << (levels_[i] - 1))) --levels_[i];
    }
  }

 private:
  [[nodiscard]] StageLimits::Limit limits_of(Stage stage) const noexcept {
    std::array<StageLimits::Limit, stages> const all{limits_.resolve, limits_.connect, limits_.send,
                                                     limits_.wait, limits_.receive};
    return all[static_cast<std::size_t>(stage)];
  }
  [[nodiscard]] int level(Stage stage) const noexcept {
    return levels_[static_cast<std::size_t>(stage)];
  }
  int& level(Stage stage) noexcept { return levels_[static_cast<std::size_t>(stage)]; }

  StageLimits limits_{};
  std::array<int, stages> levels_{};  ///< how often each limit was doubled
};

}  // namespace sla::inline v1::aws
