// SPDX-License-Identifier: MIT
#pragma once
// Spreads the first runs of many runners that are started at once: each waits for a part of the
// splay that depends on its service and its host alone, so that a restart keeps its place.
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "sla/core/time.hpp"
#include "sla/scheduler.hpp"
#include "sla/scheduler/once.hpp"

namespace sla::inline v1::app {

namespace detail {

/// Returns a hash whose every bit depends on all of the given one.
constexpr std::uint64_t mixed(std::uint64_t hash) noexcept {
  hash = (hash ^ hash >> 30U) * 0xBF58476D1CE4E5B9ULL;
  hash = (hash ^ hash >> 27U) * 0x94D049BB133111EBULL;
  return hash ^ hash >> 31U;
}

/// Returns FNV-1a of both texts, mixed so that names which differ in one digit are far apart.
constexpr std::uint64_t hash_of(std::string_view first, std::string_view second) noexcept {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  auto const add = [&](unsigned char byte) { hash = (hash ^ byte) * 0x100000001B3ULL; };
  for (char const c : first) add(static_cast<unsigned char>(c));
  add(0);
  for (char const c : second) add(static_cast<unsigned char>(c));
  return mixed(hash);
}

}  // namespace detail

/// Returns how long a runner of that service waits on that host: from 0 to less than the splay, the
/// same each time, to the millisecond.
[[nodiscard]] constexpr Duration splay_wait(std::string_view service, std::string_view host,
                                            Duration splay) noexcept {
  constexpr Duration step{1'000'000};
  auto const steps = splay / step;
  if (steps <= 0) return Duration::zero();
  return step * static_cast<std::int64_t>(detail::hash_of(service, host) %
                                          static_cast<std::uint64_t>(steps));
}

/// Lets the first run of a scheduler begin later; what follows is counted from there.
template <class S>
class Splayed {
 public:
  Splayed(S scheduler, Duration wait) : scheduler_(std::move(scheduler)), wait_(wait) {}

  [[nodiscard]] std::optional<Instant> next(Instant now) {
    return scheduler_.next(now + std::exchange(wait_, Duration::zero()));
  }
  void began(Instant at) { internal::tell_began(scheduler_, at); }
  [[nodiscard]] std::uint64_t missed() const { return internal::missed_of(scheduler_); }

 private:
  internal::HeldScheduler<S> scheduler_;
  Duration wait_;

  static_assert(Scheduler<S>,
                "Splayed's parameter must be a sla::Scheduler: movable, with "
                "std::optional<sla::Instant> next(sla::Instant now)");
};
static_assert(Scheduler<Splayed<Once>>);

}  // namespace sla::inline v1::app
