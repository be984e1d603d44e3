// SPDX-License-Identifier: MIT
#pragma once
// An executor that tells a spool of each run before it begins, so that a run which dies together
// with the runner is known at the next start.
#include <utility>

#include "sla/core/clock.hpp"
#include "sla/executor.hpp"

namespace sla::inline v1 {

/// Announces each run to `spool.begin(Report const&)`, then executes it. C says when that is.
template <Executor E, class S, Clock C = SteadyClock>
class Announced {
 public:
  Announced(E executor, S spool, C clock = C{})
      : executor_(std::move(executor)), spool_(std::move(spool)), clock_(std::move(clock)) {}

  Result<Outcome> execute(Job const& job, Stop const& stop) {
    spool_.begin({.job = job, .started_at = clock_.wall()});
    return executor_.execute(job, stop);
  }

 private:
  E executor_;
  S spool_;
  C clock_;
};

}  // namespace sla::inline v1
