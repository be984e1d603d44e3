// SPDX-License-Identifier: MIT
#pragma once
// The contract of a Spool: keeps reports, in order, until they are delivered. A report travels as
// an Entry of two parts, its log and its event, each delivered by itself. The models stand in
// spool/; what delivers from a spool is publisher/delivery.hpp.
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "sla/core/result.hpp"
#include "sla/core/run.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1 {

/// How far one part of an entry got.
enum class Part : std::uint8_t {
  waiting,  ///< to be delivered
  done,     ///< delivered, or there is nothing to deliver
  refused,  ///< it can never succeed: set aside until a person decides
};

/// One report on its way.
struct Entry {
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

/// What an event left for the next process to know of its check.
struct Recalled {
  std::uint64_t number = 0;  ///< of the entry; 0: there is none
  std::string memory{};
};

/// How much there is to do. An entry that waits for a bundle is counted as such alone.
struct SpoolCount {
  std::size_t events = 0;    ///< entries whose event waits
  std::size_t logs = 0;      ///< entries whose log alone waits
  std::size_t ahead = 0;     ///< entries whose log waits before their event
  std::size_t refused = 0;   ///< entries with a part that was set aside
  std::size_t gathered = 0;  ///< entries that wait for a bundle of logs
  bool bundle_due = false;   ///< those must not wait any longer
};

/// What a bundle of logs holds at most.
struct BundleLimits {
  static constexpr std::uint64_t bytes = 4U << 20U;
  static constexpr std::uint64_t bytes_of_one = 1U << 20U;  ///< of one log
  static constexpr std::size_t logs = 4096;
};

/// Returns true if the log of a report, of so many bytes, may stand in a bundle: that of a pass
/// that there is nothing else to say of.
[[nodiscard]] inline bool may_be_bundled(Report const& report, std::uint64_t log_bytes) noexcept {
  Outcome const& outcome = report.outcome;
  return outcome.verdict == Verdict::pass && !outcome.degraded && outcome.attempts.size() < 2 &&
         log_bytes <= BundleLimits::bytes_of_one;
}

/// `begin(report)`: a run begins, of which only the job and the start are known. `add(report)`: it
/// ended; once add() returns the number of its entry the report is kept as safely as this spool
/// can. `next_event(number)`: the oldest entry behind that one whose event waits.
/// `next_log(number)`: the next entry, in a circle, whose log waits. `update(entry)`: a part of it
/// got further; a complete one is forgotten. `tend(now)`: housekeeping, and when it is wanted
/// again. `dropped()`: how many reports had to be dropped for want of room and were not
/// `reported(number)` yet. `in_memory()`: what would be lost with this process. (In groups, so
/// that a compiler names no more than one.)
template <class S>
concept Spool = bool{std::movable<S>} && requires(S& s, Report const& report) {
  { s.begin(report) } -> std::same_as<void>;
  { s.add(report) } -> std::same_as<std::uint64_t>;
}
&&requires(S& s, std::uint64_t number) {
  { s.next_event(number) } -> std::same_as<Result<std::optional<Entry>>>;
  { s.next_log(number) } -> std::same_as<Result<std::optional<Entry>>>;
}
&&requires(S& s, Entry const& entry, Instant now) {
  { s.update(entry) } -> std::same_as<void>;
  { s.tend(now) } -> std::same_as<Instant>;
}
&&requires(S& s, std::uint64_t number) {
  { s.dropped() } -> std::same_as<std::uint64_t>;
  { s.reported(number) } -> std::same_as<void>;
}
&&requires(S& s) {
  { s.count() } -> std::same_as<SpoolCount>;
  { s.in_memory() } -> std::same_as<std::vector<Entry>>;
};

/// A Spool that hands out several entries at once. `next_events(most, except)`: of each service the
/// oldest entry whose event waits, but for those numbers, which ascend; the oldest first, and at
/// most so many: the services take turns from call to call. `next_logs(number, most)`: the next
/// entries, in a circle, whose logs wait.
template <class S>
concept BatchSpool = Spool<S> && requires(S& s, std::uint64_t number, std::size_t most,
                                          std::vector<std::uint64_t> const& except) {
  { s.next_events(most, except) } -> std::same_as<Result<std::vector<Entry>>>;
  { s.next_logs(number, most) } -> std::same_as<Result<std::vector<Entry>>>;
};

/// A BatchSpool whose entries can wait for a bundle of logs. After `gather()` all do whose log
/// may_be_bundled(), and so do those of the same service behind them, which is a reason not to wait
/// any longer. Only `next_bundle(number, most)` hands them out: the next ones behind that one, the
/// oldest first. update() ends the wait of an entry, and so does `release(number)`, alone.
template <class S>
concept BundleSpool = BatchSpool<S> && requires(S& s, std::uint64_t number, std::size_t most) {
  { s.gather() } -> std::same_as<void>;
  { s.release(number) } -> std::same_as<void>;
  { s.next_bundle(number, most) } -> std::same_as<Result<std::vector<Entry>>>;
};

namespace internal {

/// Takes the place of a spool that a door refused, so that the refusal is the only error.
template <class X>
struct RefusedSpool {
  RefusedSpool(X const&) noexcept {}
  void begin(Report const&) {}
  std::uint64_t add(Report const&) { return 0; }
  Result<std::optional<Entry>> next_event(std::uint64_t) { return std::optional<Entry>(); }
  Result<std::optional<Entry>> next_log(std::uint64_t) { return std::optional<Entry>(); }
  void update(Entry const&) {}
  Instant tend(Instant) { return Instant::max(); }
  SpoolCount count() { return {}; }
  std::uint64_t dropped() { return 0; }
  void reported(std::uint64_t) {}
  std::vector<Entry> in_memory() { return {}; }
};
template <class X>
using HeldSpool = std::conditional_t<Spool<X>, X, RefusedSpool<X>>;

}  // namespace internal

}  // namespace sla::inline v1
