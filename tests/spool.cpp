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

}  // namespace

TEST_CASE("an entry waits while a part of it does, and is complete when both are done") {
  CHECK(Entry{}.waiting());
  CHECK(Entry{.log = Part::done}.waiting());
  CHECK(!Entry{.log = Part::refused, .event = Part::done}.waiting());
  CHECK(!Entry{.log = Part::refused, .event = Part::done}.complete());
  CHECK(Entry{.log = Part::done, .event = Part::done}.complete());
}
