// SPDX-License-Identifier: MIT
#pragma once
// The entries of a spool that wait for a bundle of logs: those whose log is to stand in one, and,
// so that the events of a service keep their order, those of the same service behind them. One of
// the latter is a reason not to wait any longer, and so is as much as a bundle holds.
#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "sla/spool.hpp"

namespace sla::inline v1::internal {

/// Whether an entry waits for a bundle.
enum class Gathered : std::uint8_t {
  no,
  log,     ///< its log is to stand in one
  behind,  ///< it follows such an entry of its service
};

/// One entry as a Gathering knows it.
struct GatheredEntry {
  std::uint64_t number = 0;
  std::size_t service = 0;  ///< a hash of its name
  Gathered why = Gathered::no;
  std::uint64_t log_bytes = 0;
};

/// The numbers of those entries. Not thread-safe.
class Gathering {
 public:
  /// Lets entries wait from now on. Returns false if they do already.
  bool begin() noexcept { return !std::exchange(on_, true); }

  /// Returns whether an entry of which nothing is delivered is to wait. `bundled`: its log may
  /// stand in a bundle.
  [[nodiscard]] Gathered wait_of(std::size_t service, bool bundled) const {
    if (!on_) return Gathered::no;
    if (bundled) return Gathered::log;
    auto const first = by_service_.lower_bound({service, 0});
    bool const waits = first != by_service_.end() && first->first == service;
    return waits ? Gathered::behind : Gathered::no;
  }

  void add(GatheredEntry const& entry) {
    all_.insert(entry.number);
    by_service_.emplace(entry.service, entry.number);
    bytes_ += entry.log_bytes;
    if (entry.why == Gathered::behind) ++behind_;
  }
  void remove(GatheredEntry const& entry) {
    all_.erase(entry.number);
    by_service_.erase({entry.service, entry.number});
    bytes_ -= entry.log_bytes;
    if (entry.why == Gathered::behind) --behind_;
  }

  [[nodiscard]] bool holds(std::uint64_t number) const { return all_.count(number) != 0; }
  /// Returns the next numbers behind that one; at most so many.
  [[nodiscard]] std::vector<std::uint64_t> next(std::uint64_t behind, std::size_t most) const {
    std::vector<std::uint64_t> found;
    for (auto at = all_.upper_bound(behind); at != all_.end() && found.size() < most; ++at) {
      found.push_back(*at);
    }
    return found;
  }

  /// Adds the entries to what there is to do. `crowded`: the spool needs their room soon.
  [[nodiscard]] SpoolCount counted(SpoolCount count, bool crowded) const noexcept {
    bool const full = all_.size() >= BundleLimits::logs || bytes_ >= BundleLimits::bytes;
    count.gathered = all_.size();
    count.bundle_due = !all_.empty() && (behind_ != 0 || full || crowded);
    return count;
  }

 private:
  bool on_ = false;
  std::set<std::uint64_t> all_{};
  std::set<std::pair<std::size_t, std::uint64_t>> by_service_{};
  std::uint64_t bytes_ = 0;
  std::size_t behind_ = 0;
};

}  // namespace sla::inline v1::internal
