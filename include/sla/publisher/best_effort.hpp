// SPDX-License-Identifier: MIT
#pragma once
// A publisher whose failures do no harm: what it does not take is dropped and counted, and the
// runner's log says so at most once a minute. How long one report may take is still its own limit;
// after a failure it rests, up to a minute, so that one that hangs slows nobody down.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sla/core/backoff.hpp"
#include "sla/core/clock.hpp"
#include "sla/core/log.hpp"
#include "sla/core/time.hpp"
#include "sla/publisher.hpp"
#include "sla/publisher/publish_all.hpp"

namespace sla::inline v1 {

/// Publishes to P and never returns an error. Not thread-safe.
template <class P, class C = SteadyClock>
class BestEffort {
 public:
  static constexpr bool wants_uncounted = sla::wants_uncounted<P>;

  /// `name` is what the log calls that which is dropped, such as `metrics`.
  BestEffort(P publisher, std::string name, Logger log = Logger{}, C clock = C{})
      : publisher_(std::move(publisher)),
        name_(std::move(name)),
        log_(log),
        clock_(std::move(clock)) {}

  Result<void> publish(Report const& report) {
    if (rests() || !take(publish_wanted(publisher_, report))) ++dropped_;
    say();
    return {};
  }
  std::vector<Result<void>> publish_all(std::vector<Report> const& reports) requires
      BatchPublisher<internal::HeldPublisher<P>> {
    std::vector<Result<void>> done;
    if (!rests()) done = publish_all_wanted(publisher_, reports);
    auto const failed = [](auto const& result) { return !result.has_value(); };
    auto const first = std::find_if(done.begin(), done.end(), failed);
    if (!done.empty()) take(first == done.end() ? Result<void>{} : *first);
    dropped_ += done.empty() ? reports.size()
                             : static_cast<std::size_t>(std::count_if(first, done.end(), failed));
    say();
    return std::vector<Result<void>>(reports.size());
  }

 private:
  [[nodiscard]] bool rests() { return clock_.now() < rests_until_; }
  bool take(Result<void> const& done) {
    if (!done) {
      reason_ = done.error().message;
      rests_until_ = clock_.now() + backoff_.failed();
      return false;
    }
    backoff_.succeeded();
    return true;
  }

  void say() {
    Instant const now = clock_.now();
    if (dropped_ == said_ || now < say_at_) return;
    say_at_ = now + std::chrono::minutes{1};
    said_ = dropped_;
    log_.warning(name_ + " are dropped: " + reason_, {{"dropped", dropped_}});
  }

  internal::HeldPublisher<P> publisher_;
  std::string name_;
  Logger log_;
  internal::HeldClock<C> clock_;
  Backoff backoff_{{.longest = std::chrono::minutes{1}}};
  Instant rests_until_ = Instant::min();
  std::string reason_{};
  std::uint64_t dropped_ = 0;  ///< since the start
  std::uint64_t said_ = 0;     ///< as many as the log knows of
  Instant say_at_ = Instant::min();

  static_assert(Publisher<P>,
                "BestEffort's first parameter must be a sla::Publisher: movable, with "
                "sla::Result<void> publish(sla::Report const&)");
  static_assert(Clock<C>,
                "BestEffort's second parameter must be a sla::Clock: movable, with now(), wall(), "
                "wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)");
};

}  // namespace sla::inline v1
