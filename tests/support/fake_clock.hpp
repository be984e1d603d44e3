// SPDX-License-Identifier: MIT
#pragma once
// A Clock whose time only moves when somebody waits or when the test moves it.
#include <chrono>
#include <functional>
#include <vector>

#include "sla/core/clock.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/time.hpp"

/// The time itself, shared by the test and every FakeClock made from it.
struct FakeTime {
  sla::Instant now{std::chrono::hours{1}};
  sla::WallTime wall{std::chrono::seconds{1'574'515'200}};
  std::vector<sla::Instant> waits{};   ///< what wait_until was asked for, in order
  std::vector<sla::Instant> sleeps{};  ///< what sleep_until was asked for, in order
  std::function<void()> on_wait{};     ///< happens in the middle of each wait, where it is set

  /// Lets time pass on both clocks.
  void advance(sla::Duration duration) {
    now += duration;
    wall += duration;
  }
};

class FakeClock {
 public:
  explicit FakeClock(FakeTime& time) : time_(&time) {}

  [[nodiscard]] sla::Instant now() const { return time_->now; }
  [[nodiscard]] sla::WallTime wall() const { return time_->wall; }

  sla::Wake wait_until(sla::Instant until, sla::Stop const& stop) {
    time_->waits.push_back(until);
    if (stop.level() != sla::StopLevel::none) return sla::Wake::stopped;
    if (time_->on_wait) time_->on_wait();
    if (stop.level() != sla::StopLevel::none) return sla::Wake::stopped;
    if (stop.take_run_now()) return sla::Wake::run_now;
    pass_until(until);
    return sla::Wake::due;
  }

  void sleep_until(sla::Instant until) {
    time_->sleeps.push_back(until);
    pass_until(until);
  }

 private:
  void pass_until(sla::Instant until) {
    if (until > time_->now) time_->advance(until - time_->now);
  }

  FakeTime* time_;
};
static_assert(sla::Clock<FakeClock>);
