// SPDX-License-Identifier: MIT
#pragma once
// Numbers the runs of a check that become events, so that a reader sees which are missing and since
// when nobody looked: the process, 1, 2, 3, ..., the end of the event before, and by when the next
// one must have come.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "sla/core/least.hpp"
#include "sla/core/run.hpp"
#include "sla/core/run_id.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::internal {

/// Counts the events of one check. Where the job becomes another it begins anew, as a process does.
class Sequence {
 public:
  /// Takes this id instead of one of its own; before the first run.
  void boot_as(std::string id) { boot_id_ = std::move(id); }

  /// Tells a job that begins which number its event will have, should it become one.
  void number(Job& job, WallTime now) {
    bool const same = job.service == service_ && job.location == location_;
    if (last_ != 0 && !same) *this = Sequence{};
    if (boot_id_.empty()) boot_id_ = new_run_id(now);
    service_ = job.service;
    location_ = job.location;
    job.boot_id = boot_id_;
    job.seq = last_ + 1;
  }

  /// Completes the report of a run; one that is no result takes no number.
  void complete(Report& report) {
    report.previous_end = previous_end_;
    if (!report.counts()) return;
    last_ = report.job.seq;
    previous_end_ = report.event_end();
  }

 private:
  std::string boot_id_{};
  std::string service_{};
  std::string location_{};
  std::uint64_t last_ = 0;
  std::optional<WallTime> previous_end_{};
};

/// Returns the time that is so much later; nothing if that is in another century.
[[nodiscard]] inline std::optional<WallTime> later_by(WallTime time, Duration wait,
                                                      Duration longest) {
  constexpr Duration century = std::chrono::hours{24 * 36'525};
  if (greatest(wait, longest) > century) return std::nullopt;
  return time + wait + longest;
}

}  // namespace sla::inline v1::internal
