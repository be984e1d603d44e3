// SPDX-License-Identifier: MIT
#pragma once
// What a spool gives up when it is full: first the oldest passes, then the oldest logs of what did
// not pass, whose events stay, then the oldest of all. The parcel that is being delivered stays,
// and so does the newest.
#include <cstdint>
#include <optional>
#include <string_view>

#include "sla/publisher/spool.hpp"

namespace sla::inline v1 {

/// What one parcel means to a spool that is full.
struct RoomUse {
  bool pass = false;            ///< whether it reports a pass
  std::uint64_t log_bytes = 0;  ///< what giving up the log alone would gain
};

/// What a parcel means to a spool, by the size of its log. Where the event is delivered the log is
/// all there is, and goes with the parcel.
[[nodiscard]] inline RoomUse room_use(Parcel const& parcel, std::uint64_t log_bytes) noexcept {
  return {parcel.report.succeeded(), parcel.event == Part::done ? 0 : log_bytes};
}

/// What has to go.
struct Eviction {
  std::uint64_t number = 0;
  bool log_only = false;
};

[[nodiscard]] constexpr std::string_view eviction_line(Eviction eviction) noexcept {
  return eviction.log_only ? "no room for undelivered results: a log is dropped"
                           : "no room for undelivered results: a result is dropped";
}

/// Takes the log from a parcel, whose event then says why there is none.
inline void drop_log(Parcel& parcel) {
  parcel.report.outcome.output = Output();
  parcel.report.log_error = "dropped: no room in the spool";
  parcel.log = Part::done;
}

/// Chooses among parcels, a map from their numbers to what `use(parcel)` reads as an optional
/// RoomUse, nothing for those that take no part.
template <class Parcels, class Use>
[[nodiscard]] std::optional<Eviction> choose_eviction(Parcels const& parcels, Use use) {
  std::optional<Eviction> oldest, oldest_log;
  for (auto const& [number, parcel] : parcels) {
    std::optional<RoomUse> const found = use(number, parcel);
    if (!found) continue;
    if (found->pass) return Eviction{number, false};
    if (!oldest) oldest = Eviction{number, false};
    if (!oldest_log && found->log_bytes != 0) oldest_log = Eviction{number, true};
  }
  return oldest_log ? oldest_log : oldest;
}

}  // namespace sla::inline v1
