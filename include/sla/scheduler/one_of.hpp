// SPDX-License-Identifier: MIT
#pragma once
// One of several schedulers, chosen at run time: what a program needs whose schedule is a setting.
#include <concepts>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

#include "sla/core/time.hpp"
#include "sla/scheduler.hpp"
#include "sla/scheduler/once.hpp"

namespace sla::inline v1 {

/// Holds one scheduler out of the listed types and does what it does.
template <class... S>
class OneOf {
 public:
  template <class T>
  requires(std::same_as<T, S> || ...) OneOf(T scheduler) : scheduler_(std::move(scheduler)) {}

  [[nodiscard]] std::optional<Instant> next(Instant now) {
    return std::visit([now](auto& scheduler) { return scheduler.next(now); }, scheduler_);
  }

  /// A run begins: said to a scheduler that wants to know.
  void began(Instant at) {
    std::visit([at](auto& scheduler) { internal::tell_began(scheduler, at); }, scheduler_);
  }

  /// Returns how many slots were skipped so far; 0 for a scheduler that skips none.
  [[nodiscard]] std::uint64_t missed() const {
    return std::visit([](auto const& scheduler) { return internal::missed_of(scheduler); },
                      scheduler_);
  }

 private:
  std::variant<internal::HeldScheduler<S>...> scheduler_;

  static_assert((Scheduler<S> && ...),
                "Each of OneOf's parameters must be a sla::Scheduler: movable, with "
                "std::optional<sla::Instant> next(sla::Instant now)");
};
static_assert(Scheduler<OneOf<Once>>);

}  // namespace sla::inline v1
