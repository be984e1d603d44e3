// SPDX-License-Identifier: MIT
#include "sla/spool.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

using namespace sla;

namespace {

struct Minimal {
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
static_assert(Spool<Minimal>);
static_assert(!Spool<int>);

struct MinimalBatch : Minimal {
  Result<std::vector<Entry>> next_events(std::size_t, std::vector<std::uint64_t> const&) {
    return std::vector<Entry>();
  }
  Result<std::vector<Entry>> next_logs(std::uint64_t, std::size_t) { return std::vector<Entry>(); }
};
static_assert(BatchSpool<MinimalBatch>);
static_assert(!BatchSpool<Minimal>);

struct MinimalBundle : MinimalBatch {
  void gather() {}
  void release(std::uint64_t) {}
  Result<std::vector<Entry>> next_bundle(std::uint64_t, std::size_t) {
    return std::vector<Entry>();
  }
};
struct BundleOfOne : MinimalBundle {
  Result<std::optional<Entry>> next_bundle(std::uint64_t) { return std::optional<Entry>(); }
};
struct BundleWithoutRelease : MinimalBatch {
  void gather() {}
  Result<std::vector<Entry>> next_bundle(std::uint64_t, std::size_t) {
    return std::vector<Entry>();
  }
};
static_assert(BundleSpool<MinimalBundle>);
static_assert(!BundleSpool<MinimalBatch>);
static_assert(!BundleSpool<BundleOfOne>);
static_assert(!BundleSpool<BundleWithoutRelease>);

}  // namespace

TEST_CASE("the log of a plain pass may be bundled, and no other") {
  Report report;
  CHECK(may_be_bundled(report, BundleLimits::bytes_of_one));
  CHECK_FALSE(may_be_bundled(report, BundleLimits::bytes_of_one + 1));
  report.outcome.attempts = {Verdict::pass};
  CHECK(may_be_bundled(report, 0));
  report.outcome.attempts = {Verdict::fail, Verdict::pass};
  CHECK_FALSE(may_be_bundled(report, 0));
  for (Verdict const verdict :
       {Verdict::fail, Verdict::timeout, Verdict::signaled, Verdict::spawn_error,
        Verdict::interrupted, Verdict::unknown, Verdict::skipped, Verdict::warn}) {
    Report other;
    other.outcome.verdict = verdict;
    CHECK_FALSE(may_be_bundled(other, 0));
  }
}

TEST_CASE("an entry waits while a part of it does, and is complete when both are done") {
  CHECK(Entry{}.waiting());
  CHECK(Entry{.log = Part::done}.waiting());
  CHECK(!Entry{.log = Part::refused, .event = Part::done}.waiting());
  CHECK(!Entry{.log = Part::refused, .event = Part::done}.complete());
  CHECK(Entry{.log = Part::done, .event = Part::done}.complete());
}
