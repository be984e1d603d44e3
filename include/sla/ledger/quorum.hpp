// SPDX-License-Identifier: MIT
#pragma once
// What several locations make of a service, and several services of a group, at one instant.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sla/core/text.hpp"
#include "sla/ledger/timeline.hpp"

namespace sla::inline v1::ledger {

/// How many of the locations that know must say down (rule R10).
struct Quorum {
  enum class Kind : std::uint8_t { majority, any, all, count };
  Kind kind = Kind::majority;
  std::int64_t count = 1;  ///< for Kind::count

  [[nodiscard]] bool reached(std::int64_t down, std::int64_t known) const noexcept {
    if (kind == Kind::majority) return 2 * down >= known;  // a tie is down
    if (kind == Kind::any) return down >= 1;
    return down >= (kind == Kind::all ? known : count);
  }
};

/// Reads `majority`, `any`, `all`, or a number of locations, at least 1.
[[nodiscard]] inline std::optional<Quorum> parse_quorum(std::string_view text) {
  if (text == "majority") return Quorum{};
  if (text == "any") return Quorum{.kind = Quorum::Kind::any};
  if (text == "all") return Quorum{.kind = Quorum::Kind::all};
  auto const count = parse_integer(text);
  if (!count || *count < 1) return std::nullopt;
  return Quorum{.kind = Quorum::Kind::count, .count = *count};
}

/// The quorum as it is written.
[[nodiscard]] inline std::string to_string(Quorum quorum) {
  if (quorum.kind == Quorum::Kind::count) return std::to_string(quorum.count);
  return quorum.kind == Quorum::Kind::any   ? "any"
         : quorum.kind == Quorum::Kind::all ? "all"
                                            : "majority";
}

namespace detail {

/// Returns the stretch of that state whose event ended last; of two it is the first.
inline Stretch latest_of(std::span<Stretch const> now, State state) {
  Stretch found{.from = no_time, .state = state};
  bool any = false;
  for (Stretch const& stretch : now) {
    if (stretch.state != state || (any && stretch.from <= found.from)) continue;
    found = stretch;
    any = true;
  }
  return found;
}

inline std::int64_t count_of(std::span<Stretch const> now, State state) {
  return std::count_if(now.begin(), now.end(),
                       [&](Stretch const& stretch) { return stretch.state == state; });
}

}  // namespace detail

/// Decides on a service by what is so at its locations.
[[nodiscard]] inline Stretch decide_service(std::span<Stretch const> locations, Quorum quorum) {
  auto const count = [&](State state) { return detail::count_of(locations, state); };
  std::int64_t const down = count(State::down);
  std::int64_t const known = down + count(State::up);
  if (known == 0) {
    bool const unknown = count(State::unknown) != 0;
    return detail::latest_of(locations, unknown ? State::unknown : State::unmonitored);
  }
  return detail::latest_of(locations, quorum.reached(down, known) ? State::down : State::up);
}

/// Decides on a group by what is so of its services.
[[nodiscard]] inline Stretch decide_group(std::span<Stretch const> services) {
  auto const count = [&](State state) { return detail::count_of(services, state); };
  if (count(State::excluded) == static_cast<std::int64_t>(services.size())) {
    return {.state = State::excluded};
  }
  for (State const state : {State::down, State::unknown, State::unmonitored}) {
    if (count(state) != 0) return detail::latest_of(services, state);
  }
  return detail::latest_of(services, State::up);
}

}  // namespace sla::inline v1::ledger
