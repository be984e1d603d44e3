// SPDX-License-Identifier: MIT
#include "sla/spool.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <vector>

using namespace sla;

namespace {

struct Minimal {
  void begin(Report const&) {}
  void add(Report const&) {}
  Result<std::optional<Parcel>> next_event(std::uint64_t) { return std::optional<Parcel>(); }
  Result<std::optional<Parcel>> next_log(std::uint64_t) { return std::optional<Parcel>(); }
  void update(Parcel const&) {}
  Instant tend(Instant) { return Instant::max(); }
  SpoolCount count() { return {}; }
  std::uint64_t dropped() { return 0; }
  void reported(std::uint64_t) {}
  std::vector<Parcel> in_memory() { return {}; }
};
static_assert(Spool<Minimal>);
static_assert(!Spool<int>);

}  // namespace

TEST_CASE("a parcel waits while a part of it does, and is complete when both are done") {
  CHECK(Parcel{}.waiting());
  CHECK(Parcel{.log = Part::done}.waiting());
  CHECK(!Parcel{.log = Part::refused, .event = Part::done}.waiting());
  CHECK(!Parcel{.log = Part::refused, .event = Part::done}.complete());
  CHECK(Parcel{.log = Part::done, .event = Part::done}.complete());
}
