// SPDX-License-Identifier: MIT
#pragma once
// The contract of a Spool: keeps reports, in order, until they are delivered. A report travels as a
// Parcel of two parts, its log and its event, each delivered by itself. The models stand in spool/;
// what delivers from a spool is publisher/delivery.hpp.
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sla/core/result.hpp"
#include "sla/core/run.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1 {

/// How far one part of a parcel got.
enum class Part : std::uint8_t {
  waiting,  ///< to be delivered
  done,     ///< delivered, or there is nothing to deliver
  refused,  ///< it can never succeed: set aside until a person decides
};

/// One report on its way.
struct Parcel {
  std::uint64_t number = 0;  ///< later reports have higher numbers
  Report report{};           ///< log_uri is set once the log is delivered
  Part log = Part::waiting;
  Part event = Part::waiting;
  std::string reason{};      ///< why a part was refused
  std::string unreadable{};  ///< why the log, which waits, cannot be read now

  [[nodiscard]] bool waiting() const noexcept {
    return log == Part::waiting || event == Part::waiting;
  }
  [[nodiscard]] bool complete() const noexcept { return log == Part::done && event == Part::done; }
};

/// How much there is to do.
struct SpoolCount {
  std::size_t events = 0;   ///< parcels whose event waits
  std::size_t logs = 0;     ///< parcels whose log alone waits
  std::size_t ahead = 0;    ///< parcels whose log waits before their event
  std::size_t refused = 0;  ///< parcels with a part that was set aside
};

/// `begin(report)`: a run begins, of which only the job and the start are known. `add(report)`: it
/// ended; once add() returns the report is kept as safely as this spool can. `next_event(number)`:
/// the oldest parcel behind that one whose event waits. `next_log(number)`: the next parcel, in a
/// circle, whose log waits. `update(parcel)`: a part of it got further; a complete one is
/// forgotten. `tend(now)`: housekeeping, and when it is wanted again. `dropped()`: how many reports
/// had to be dropped for want of room and were not `reported(number)` yet. `in_memory()`: what
/// would be lost with this process.
template <class S>
concept Spool = std::movable<S> &&
    requires(S& s, Report const& report, Parcel const& parcel, std::uint64_t number, Instant now) {
  { s.begin(report) } -> std::same_as<void>;
  { s.add(report) } -> std::same_as<void>;
  { s.next_event(number) } -> std::same_as<Result<std::optional<Parcel>>>;
  { s.next_log(number) } -> std::same_as<Result<std::optional<Parcel>>>;
  { s.update(parcel) } -> std::same_as<void>;
  { s.tend(now) } -> std::same_as<Instant>;
  { s.count() } -> std::same_as<SpoolCount>;
  { s.dropped() } -> std::same_as<std::uint64_t>;
  { s.reported(number) } -> std::same_as<void>;
  { s.in_memory() } -> std::same_as<std::vector<Parcel>>;
};

}  // namespace sla::inline v1
