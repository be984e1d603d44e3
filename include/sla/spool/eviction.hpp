// SPDX-License-Identifier: MIT
#pragma once
// What a spool gives up when it is full, in this order: the logs of passes, passes, the other logs,
// and then whatever is oldest. A result outlives its log, and what failed outlives what passed. The
// entries that are being delivered stay, and so does the newest; the logs of passes among the
// former are room that is there soon, so nothing of more worth goes in their place.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/spool.hpp"

namespace sla::inline v1::internal {

/// Returns about how much memory an entry takes, its log included.
[[nodiscard]] inline std::uint64_t entry_bytes(Entry const& entry) noexcept {
  Report const& report = entry.report;
  std::uint64_t bytes = sizeof entry + report.outcome.output.size() + report.job.service.size() +
                        report.job.run_id.size() + report.outcome.remark.size() +
                        report.outcome.reason.size() + report.outcome.probe.size() +
                        entry.reason.size();
  for (auto const& group : report.job.groups) bytes += sizeof(std::string) + group.size();
  for (auto const& word : report.job.command) bytes += sizeof(std::string) + word.size();
  return bytes;
}

/// What an entry loses if it is evicted; the lowest goes first.
enum class EvictionRank : std::uint8_t { log_of_pass, pass, log, result };

/// Returns the rank of an entry. `log_gains` says if it is worth while to drop its log alone.
[[nodiscard]] constexpr EvictionRank eviction_rank(bool pass, bool log_gains) noexcept {
  if (pass) return log_gains ? EvictionRank::log_of_pass : EvictionRank::pass;
  return log_gains ? EvictionRank::log : EvictionRank::result;
}

/// One entry to evict.
struct Eviction {
  std::uint64_t number = 0;
  bool log_only = false;
};

/// Returns the text of the line that says so.
[[nodiscard]] constexpr std::string_view eviction_line(Eviction eviction) noexcept {
  return eviction.log_only ? "no room for undelivered results: a log is dropped"
                           : "no room for undelivered results: a result is dropped";
}

/// Removes the log of an entry; its event then says why there is none.
inline void drop_log(Entry& entry) {
  entry.report.outcome.output = Output();
  entry.report.log_error = "dropped: no room in the spool";
  entry.log = Part::done;
}

/// The entries of a spool in the order in which they are evicted.
class EvictionOrder {
 public:
  void add(std::uint64_t number, EvictionRank rank) { order_.insert({rank, number}); }
  void remove(std::uint64_t number, EvictionRank rank) { order_.erase({rank, number}); }

  /// Returns what to evict next, but for the entries of these numbers; the spared ones ascend.
  [[nodiscard]] std::optional<Eviction> next(std::vector<std::uint64_t> const& spared,
                                             std::uint64_t newest) const {
    for (auto const& [rank, number] : order_) {
      if (number == newest || std::binary_search(spared.begin(), spared.end(), number)) continue;
      return Eviction{number, rank == EvictionRank::log_of_pass || rank == EvictionRank::log};
    }
    return std::nullopt;
  }

 private:
  std::set<std::pair<EvictionRank, std::uint64_t>> order_{};
};

}  // namespace sla::inline v1::internal
