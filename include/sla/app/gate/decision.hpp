// SPDX-License-Identifier: MIT
#pragma once
// Decides if a test lets a deployment through, by its results one after the other. The rules are
// those of the analysis of Argo Rollouts: how many runs, how many of them may fail or say nothing,
// and how many in a row are enough. It is pure, and decides as soon as no further result can
// change it.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sla/core/run.hpp"

namespace sla::inline v1::app {

/// What a gate asks for, and which results its test can have.
struct GateLimits {
  std::int64_t count = 1;                  ///< runs at most
  std::int64_t failures = 0;               ///< so many may fail
  std::int64_t inconclusive = 0;           ///< so many may say nothing about the service
  std::int64_t consecutive_successes = 0;  ///< in a row are needed, and are enough; 0: any
  bool may_be_unknown = true;              ///< a result may be Verdict::unknown
  bool may_be_skipped = true;              ///< a result may be Verdict::skipped
};

enum class GateVerdict { passed, failed, inconclusive };

[[nodiscard]] constexpr std::string_view to_string(GateVerdict verdict) noexcept {
  switch (verdict) {
    case GateVerdict::passed:
      return "passed";
    case GateVerdict::failed:
      return "failed";
    case GateVerdict::inconclusive:
      break;
  }
  return "inconclusive";
}

/// The results of a gate, counted.
struct GateTally {
  std::int64_t runs = 0;  ///< all that are results, also those that were skipped
  std::int64_t passed = 0;
  std::int64_t failed = 0;
  std::int64_t inconclusive = 0;
  std::int64_t skipped = 0;
};

/// What is decided, and why.
struct GateAnswer {
  GateVerdict verdict = GateVerdict::inconclusive;
  std::string reason{};
};

/// Hears the results in order, until there is an answer.
class GateDecision {
 public:
  explicit GateDecision(GateLimits const& limits) : limits_(limits) {}

  /// Counts a result. One that was cut short is none, and after the answer nothing counts.
  void add(Verdict verdict) {
    if (answer_ || verdict == Verdict::interrupted) return;
    count(verdict);
    decide();
  }

  [[nodiscard]] std::optional<GateAnswer> const& answer() const noexcept { return answer_; }
  [[nodiscard]] GateTally const& tally() const noexcept { return tally_; }

 private:
  void count(Verdict verdict) {
    ++tally_.runs;
    if (verdict == Verdict::skipped) return (void)++tally_.skipped;  // it breaks no row
    bool const passed = verdict == Verdict::pass || verdict == Verdict::warn;
    in_a_row_ = passed ? in_a_row_ + 1 : 0;
    ++(passed ? tally_.passed : verdict == Verdict::unknown ? tally_.inconclusive : tally_.failed);
  }

  void decide() {
    std::int64_t const wanted = limits_.consecutive_successes;
    if (tally_.failed > limits_.failures) {
      return conclude(GateVerdict::failed,
                      limit_reason("failed", tally_.failed, "may", limits_.failures));
    }
    if (tally_.inconclusive > limits_.inconclusive) {
      return conclude(GateVerdict::inconclusive, limit_reason("inconclusive", tally_.inconclusive,
                                                              "may be", limits_.inconclusive));
    }
    if (wanted > 0 && in_a_row_ >= wanted) {
      return conclude(GateVerdict::passed, std::to_string(wanted) + " in a row passed");
    }
    if (can_fail()) return;
    bool const can_pass = wanted > 0 ? in_a_row_ + left() >= wanted : tally_.passed + left() > 0;
    if (!can_pass) return conclude(GateVerdict::inconclusive, why_not_passed());
    if (can_exceed_inconclusive() || ends_without_success()) return;
    conclude(GateVerdict::passed,
             left() == 0 ? "all runs are done, within the limits" : "no further run can change it");
  }

  void conclude(GateVerdict verdict, std::string reason) {
    answer_ = GateAnswer{verdict, std::move(reason)};
  }
  /// Returns such as `2 failed, at most 1 may`.
  static std::string limit_reason(std::string_view what, std::int64_t count, std::string_view verb,
                                  std::int64_t limit) {
    std::string text = std::to_string(count).append(" ").append(what);
    text.append(limit == 0 ? ", none" : ", at most ");
    if (limit != 0) text.append(std::to_string(limit));
    return text.append(" ").append(verb);
  }
  [[nodiscard]] std::string why_not_passed() const {
    std::int64_t const wanted = limits_.consecutive_successes;
    if (wanted == 0) return "no run passed";
    return std::string("no ").append(std::to_string(wanted)).append(" in a row passed");
  }

  [[nodiscard]] std::int64_t left() const noexcept { return limits_.count - tally_.runs; }
  [[nodiscard]] bool can_fail() const noexcept { return tally_.failed + left() > limits_.failures; }
  [[nodiscard]] bool can_exceed_inconclusive() const noexcept {
    return limits_.may_be_unknown && tally_.inconclusive + left() > limits_.inconclusive;
  }

  /// Returns true if the runs that are left may bring no success that counts, within the limits.
  [[nodiscard]] bool ends_without_success() const noexcept {
    std::int64_t const wanted = limits_.consecutive_successes;
    if (wanted == 0 && tally_.passed > 0) return false;
    if (limits_.may_be_skipped) return true;
    std::int64_t const unknown =
        limits_.may_be_unknown ? limits_.inconclusive - tally_.inconclusive : 0;
    std::int64_t const others = limits_.failures - tally_.failed + unknown;
    if (wanted == 0) return left() <= others;
    // Each of the others ends a row, which may be one shorter than what is wanted.
    std::int64_t const surplus = std::max(left() - (wanted - 1 - in_a_row_), std::int64_t{0});
    return (surplus + wanted - 1) / wanted <= others;
  }

  GateLimits limits_;
  GateTally tally_{};
  std::int64_t in_a_row_ = 0;
  std::optional<GateAnswer> answer_{};
};

}  // namespace sla::inline v1::app
