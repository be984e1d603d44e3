// SPDX-License-Identifier: MIT
#include "sla/app/gate/decision.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "sla/core/run.hpp"

namespace {

using sla::Verdict;
using sla::app::GateDecision;
using sla::app::GateLimits;
using sla::app::GateVerdict;

using Results = std::vector<Verdict>;

std::int64_t count_of(Results const& results, std::size_t size, std::set<Verdict> const& wanted) {
  std::int64_t count = 0;
  for (std::size_t i = 0; i < size; ++i) count += wanted.count(results[i]) != 0 ? 1 : 0;
  return count;
}

std::set<Verdict> const good{Verdict::pass, Verdict::warn};
std::set<Verdict> const bad{Verdict::fail, Verdict::timeout, Verdict::signaled,
                            Verdict::spawn_error};

/// How a sequence that is whole is judged, told as the rule is told: looks at each beginning.
GateVerdict judged(Results const& all, GateLimits const& limits) {
  for (std::size_t size = 1; size <= all.size(); ++size) {
    if (count_of(all, size, bad) > limits.failures) return GateVerdict::failed;
    if (count_of(all, size, {Verdict::unknown}) > limits.inconclusive) {
      return GateVerdict::inconclusive;
    }
    std::int64_t row = 0;
    for (std::size_t i = size; i > 0; --i) {
      if (all[i - 1] == Verdict::skipped) continue;
      if (good.count(all[i - 1]) == 0) break;
      ++row;
    }
    bool const enough = limits.consecutive_successes > 0 && row >= limits.consecutive_successes;
    if (enough) return GateVerdict::passed;
  }
  if (limits.consecutive_successes > 0) return GateVerdict::inconclusive;
  return count_of(all, all.size(), good) > 0 ? GateVerdict::passed : GateVerdict::inconclusive;
}

/// Walks through every sequence of results that a gate can see.
struct Walk {
  GateLimits limits;
  Results alphabet;
  Results at{};
  std::uint64_t wrong = 0;
  std::uint64_t seen = 0;

  /// Returns what can come of the results so far, and compares.
  std::set<GateVerdict> from(GateDecision const& decision) {
    std::set<GateVerdict> possible;
    if (static_cast<std::int64_t>(at.size()) == limits.count) {
      possible = {judged(at, limits)};
    } else {
      for (Verdict const verdict : alphabet) {
        at.push_back(verdict);
        GateDecision next = decision;
        next.add(verdict);
        possible.merge(from(next));
        at.pop_back();
      }
    }
    if (!at.empty()) {
      ++seen;
      bool const decided = possible.size() == 1;
      bool const same = decision.answer().has_value() == decided &&
                        (!decided || decision.answer()->verdict == *possible.begin());
      wrong += same ? 0 : 1;
    }
    return possible;
  }
};

/// Compares for a grid of limits; returns how many states it saw.
std::uint64_t compare(std::int64_t count, bool unknown, bool skipped, bool warn) {
  std::uint64_t seen = 0;
  Results alphabet{Verdict::pass, Verdict::fail};
  if (unknown) alphabet.push_back(Verdict::unknown);
  if (skipped) alphabet.push_back(Verdict::skipped);
  if (warn) alphabet.push_back(Verdict::warn);
  for (std::int64_t failures = 0; failures < 3; ++failures) {
    for (std::int64_t inconclusive = 0; inconclusive < 3; ++inconclusive) {
      for (std::int64_t row = 0; row < 4; ++row) {
        GateLimits const limits{.count = count,
                                .failures = failures,
                                .inconclusive = inconclusive,
                                .consecutive_successes = row,
                                .may_be_unknown = unknown,
                                .may_be_skipped = skipped};
        Walk walk{.limits = limits, .alphabet = alphabet};
        (void)walk.from(GateDecision{limits});
        CAPTURE(count);
        CAPTURE(failures);
        CAPTURE(inconclusive);
        CAPTURE(row);
        CHECK(walk.wrong == 0);
        seen += walk.seen;
      }
    }
  }
  return seen;
}

GateDecision after(GateLimits const& limits, Results const& results) {
  GateDecision decision{limits};
  for (Verdict const verdict : results) decision.add(verdict);
  return decision;
}

}  // namespace

TEST_CASE("it decides as soon as no continuation can change it, in every sequence up to eight") {
  std::uint64_t seen = 0;
  for (std::int64_t count = 1; count <= 8; ++count) {
    seen += compare(count, false, false, false);
    seen += compare(count, true, false, false);
    if (count <= 6) seen += compare(count, false, true, true);
    if (count <= 5) seen += compare(count, true, true, true);
  }
  CHECK(seen > 500'000);
}

TEST_CASE("every sequence of eight of the five kinds is judged as the rule says") {
  GateLimits const limits{.count = 8, .failures = 2, .inconclusive = 1, .consecutive_successes = 3};
  Walk walk{.limits = limits,
            .alphabet = {Verdict::pass, Verdict::fail, Verdict::unknown, Verdict::skipped,
                         Verdict::warn}};
  (void)walk.from(GateDecision{limits});
  CHECK(walk.wrong == 0);
  CHECK(walk.seen == 488'280);
}

TEST_CASE("each kind of failure is one, and what was cut short is no result") {
  for (Verdict const verdict : bad) {
    GateDecision const decision = after({.count = 2}, {verdict});
    CHECK(decision.answer()->verdict == GateVerdict::failed);
    CHECK(decision.tally().failed == 1);
  }
  GateDecision const decision = after({.count = 1}, {Verdict::interrupted});
  CHECK_FALSE(decision.answer());
  CHECK(decision.tally().runs == 0);
}

TEST_CASE("the answer says why, and stays") {
  GateLimits const limits{.count = 3, .may_be_unknown = false, .may_be_skipped = false};
  GateDecision failed = after(limits, {Verdict::pass, Verdict::fail});
  CHECK(failed.answer()->reason == "1 failed, none may");
  failed.add(Verdict::pass);
  CHECK(failed.tally().runs == 2);
  CHECK(after(limits, {Verdict::pass, Verdict::pass, Verdict::pass}).answer()->reason ==
        "all runs are done, within the limits");
  GateLimits patient = limits;
  patient.failures = 1;
  CHECK(after(patient, {Verdict::pass, Verdict::pass}).answer()->reason ==
        "no further run can change it");
  CHECK(after(patient, {Verdict::fail, Verdict::fail}).answer()->reason ==
        "2 failed, at most 1 may");
  CHECK(after({.count = 1}, {Verdict::unknown}).answer()->reason == "1 inconclusive, none may be");
  CHECK(after({.count = 1}, {Verdict::skipped}).answer()->reason == "no run passed");
  GateLimits row{.count = 2, .failures = 1, .inconclusive = 2, .consecutive_successes = 2};
  CHECK(after(row, {Verdict::fail}).answer().has_value() == false);
  CHECK(after(row, {Verdict::skipped, Verdict::pass}).answer()->reason == "no 2 in a row passed");
  CHECK(after(row, {Verdict::warn, Verdict::pass}).answer()->reason == "2 in a row passed");
}

TEST_CASE("the names of the verdicts are those of the line on stdout") {
  CHECK(to_string(GateVerdict::passed) == "passed");
  CHECK(to_string(GateVerdict::failed) == "failed");
  CHECK(to_string(GateVerdict::inconclusive) == "inconclusive");
}
