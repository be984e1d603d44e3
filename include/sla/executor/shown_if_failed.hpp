// SPDX-License-Identifier: MIT
#pragma once
// An executor that shows the output of those runs of another one that failed, and of no others: the
// output as it is kept, once the run is over.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "sla/core/output.hpp"
#include "sla/executor.hpp"
#include "sla/executor/judgement.hpp"
#include "sla/executor/pass_through.hpp"

namespace sla::inline v1 {

/// Which runs of a command have their output shown.
enum class OutputShown {
  all,       ///< as it comes
  failures,  ///< what is kept of it, once the run has failed
  none,
};

namespace internal {

/// Output as PassThrough reads it.
struct KeptOutput {
  Output const& output;

  [[nodiscard]] std::uint64_t total() const noexcept { return output.size(); }
  [[nodiscard]] std::uint64_t lost_from(std::uint64_t) const noexcept { return 0; }
  [[nodiscard]] std::size_t read_back(std::uint64_t offset, char* to, std::size_t size) const {
    return output.read(offset, to, size).value_or(0);
  }
};

}  // namespace internal

/// Executes with E, and writes the output of a run that failed to a descriptor, which stays the
/// caller's; -1 shows nothing. A reader who takes nothing for a second, or some for more than ten,
/// is not waited for.
template <class E>
class ShownIfFailed {
 public:
  ShownIfFailed(E executor, int descriptor)
      : executor_(std::move(executor)), descriptor_(descriptor) {}

  Result<Outcome> execute(Job const& job, Stop const& stop) {
    auto outcome = executor_.execute(job, stop);
    if (!outcome || descriptor_ < 0 || !has_failed(outcome->verdict)) return outcome;
    Instant const begin = std::chrono::steady_clock::now();
    outcome->ended = outcome->ended.value_or(begin);
    internal::PassThrough pass(descriptor_);
    internal::KeptOutput const kept{outcome->output};
    pass.forward(kept, {});
    pass.finish(kept, std::chrono::seconds{1}, stop, [&] {
      if (stop.level() == StopLevel::now) return begin;
      return begin + std::chrono::seconds{stop.level() == StopLevel::none ? 10 : 1};
    });
    std::string const remark = internal::remark_of({.not_passed_on = pass.dropped()});
    if (!remark.empty() && !outcome->remark.empty()) outcome->remark += "; ";
    outcome->remark += remark;
    return outcome;
  }

  [[nodiscard]] std::optional<Duration> longest_run() const {
    return internal::longest_run_of(executor_);
  }
  void run_beside_others() { internal::tell_of_others(executor_); }

 private:
  /// Nobody can tell of a run that is unknown, so people look at it, too.
  static bool has_failed(Verdict verdict) noexcept {
    return verdict != Verdict::pass && verdict != Verdict::warn && verdict != Verdict::skipped &&
           verdict != Verdict::interrupted;
  }

  internal::HeldExecutor<E> executor_;
  int descriptor_;

  static_assert(Executor<E>,
                "ShownIfFailed's parameter must be a sla::Executor: movable, with "
                "sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&)");
};

}  // namespace sla::inline v1
