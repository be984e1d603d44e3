// SPDX-License-Identifier: MIT
#pragma once
// An executor that gives another one more attempts within the same run, and tells all of them: a
// test that is flaky shows in the events, and pages nobody. The last attempt decides.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/core/atomic.hpp"
#include "sla/core/clock.hpp"
#include "sla/core/output.hpp"
#include "sla/core/shared.hpp"
#include "sla/executor.hpp"
#include "sla/executor/capture.hpp"
#include "sla/executor/log_file.hpp"
#include "sla/executor/process_options.hpp"

namespace sla::inline v1 {

/// How an executor is given more attempts.
struct RetryingOptions {
  std::size_t retries = 0;                   ///< attempts after the first
  Duration delay = std::chrono::seconds{1};  ///< between the end of one and the start of the next
  std::uint64_t log_limit = 16U << 20U;      ///< bytes kept of the output of all; 0 keeps all
  std::string log_folder{};                  ///< as in ProcessOptions
  internal::Shared<internal::Atomic<bool> const> log_folder_hangs{};
};

/// Executes with E until a run succeeds, or there are no more attempts. A stop between two attempts
/// makes the run one that was cut short. D is NoDigest, or the digest to take of the log. C waits.
template <class E, class D = NoDigest, class C = SteadyClock>
class Retrying {
 public:
  Retrying(E executor, RetryingOptions options, C clock = C{})
      : executor_(std::move(executor)), options_(std::move(options)), clock_(std::move(clock)) {}

  Result<Outcome> execute(Job const& job, Stop const& stop) {
    if (options_.retries == 0) return executor_.execute(job, stop);
    Job attempt = job;
    std::optional<internal::Capture<D>> log;
    for (std::vector<Verdict> verdicts;;) {
      ++attempt.attempt;
      Outcome outcome = made(executor_.execute(attempt, stop));
      verdicts.push_back(outcome.verdict);
      bool const last = verdicts.size() > options_.retries || !may_change(outcome.verdict);
      if (last && !log) return outcome;
      if (!log) log.emplace(options_.log_limit, log_path(job));
      take_in(*log, outcome.output);
      if (!last) divide(*log, verdicts);
      if (!last && waits(stop)) continue;
      if (!last) outcome = {.verdict = Verdict::interrupted, .exit_code = outcome.exit_code};
      outcome.attempts = std::move(verdicts);
      outcome.output = std::move(*log).finish();
      return outcome;
    }
  }

  [[nodiscard]] std::optional<Duration> longest_run() const {
    auto const one = internal::longest_run_of(executor_);
    if (!one) return std::nullopt;
    auto const retries = static_cast<std::int64_t>(options_.retries);
    return *one * (retries + 1) + options_.delay * retries;
  }
  void run_beside_others() { internal::tell_of_others(executor_); }

 private:
  static Outcome made(Result<Outcome> outcome) {
    if (outcome) return *std::move(outcome);
    return {.verdict = Verdict::spawn_error, .exit_code = 126, .reason = outcome.error().message};
  }
  /// Returns true if another attempt may have another verdict that matters.
  static bool may_change(Verdict verdict) noexcept {
    return verdict != Verdict::pass && verdict != Verdict::warn && verdict != Verdict::skipped &&
           verdict != Verdict::interrupted;
  }
  bool waits(Stop const& stop) {
    return clock_.wait_until(clock_.now() + options_.delay, stop) != Wake::stopped;
  }

  /// Makes room for the log of all attempts where that of the first one stands.
  [[nodiscard]] std::string log_path(Job const& job) const {
    std::string path =
        internal::log_path(options_.log_folder, options_.log_folder_hangs, job.run_id);
    if (!path.empty()) ::unlink(path.c_str());
    return path;
  }

  void take_in(internal::Capture<D>& log, Output const& output) {
    last_ = '\n';
    (void)output.each_block([&](std::string_view block) -> Result<void> {
      log.append(block);
      last_ = block.back();
      return {};
    });
  }
  void divide(internal::Capture<D>& log, std::vector<Verdict> const& verdicts) const {
    std::string line = last_ == '\n' ? "" : "\n";
    line += "[sla-runner: attempt " + std::to_string(verdicts.size()) + " of " +
            std::to_string(options_.retries + 1) + " ended with verdict ";
    log.append(line.append(to_string(verdicts.back())).append("; the next follows]\n"));
  }

  internal::HeldExecutor<E> executor_;
  RetryingOptions options_;
  internal::HeldClock<C> clock_;
  char last_ = '\n';  ///< of the attempt's output

  static_assert(Executor<E>,
                "Retrying's first parameter must be a sla::Executor: movable, with "
                "sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&)");
  static_assert(Clock<C>,
                "Retrying's third parameter must be a sla::Clock: movable, with now(), wall(), "
                "wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)");
};

}  // namespace sla::inline v1
