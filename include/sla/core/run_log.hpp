// SPDX-License-Identifier: MIT
#pragma once
// What the loop says about its runs: a line when one starts, one when it ends, one for each problem
// with its delivery. Only the words are here; how a line is written is Logger's business.
#include <cstdint>
#include <string>

#include "sla/core/error.hpp"
#include "sla/core/log.hpp"
#include "sla/core/run.hpp"

namespace sla::inline v1::internal {

/// Words a Runner's lines. Thread-safe, as the Logger is.
class RunLog {
 public:
  explicit RunLog(Logger log) : log_(log) {}

  void starts(Job const& job) const {
    log_.info("run starts", {{"run", job.run_id}, {"service", job.service}});
  }

  /// Says the reason and the remark of the outcome, where there are such, and the result.
  void ended(Report const& report) const {
    std::string const& run = report.job.run_id;
    for (std::string const* const text : {&report.outcome.reason, &report.outcome.remark}) {
      if (!text->empty()) log_.warning(*text, {{"run", run}});
    }
    log_.info("run ended", {{"run", run},
                            {"service", report.job.service},
                            {"verdict", to_string(report.outcome.verdict)},
                            {"exit", report.outcome.exit_code},
                            {"seconds", report.duration}});
  }

  void undelivered(Job const& job, Error const& error) const {
    log_.error("not delivered: " + error.message, {{"run", job.run_id}});
  }

  /// `missed` counts the slots of the schedule that runs took too long for, since the start.
  void missed(Job const& job, std::uint64_t missed) const {
    log_.warning("a run took longer than its slot", {{"missed", missed}, {"service", job.service}});
  }

 private:
  Logger log_;
};

}  // namespace sla::inline v1::internal
