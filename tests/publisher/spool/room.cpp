// SPDX-License-Identifier: MIT
#include "sla/publisher/spool/room.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace sla;

namespace {

using Uses = std::map<std::uint64_t, std::optional<RoomUse>>;

std::optional<Eviction> choose(Uses const& uses) {
  return choose_eviction(uses, [](std::uint64_t, auto const& use) { return use; });
}

}  // namespace

TEST_CASE("the oldest pass goes first, even where an older failure has a log") {
  auto const chosen =
      choose({{1, RoomUse{false, 100}}, {2, RoomUse{true, 10}}, {3, RoomUse{true, 99}}});
  REQUIRE(chosen);
  CHECK(chosen->number == 2);
  CHECK(!chosen->log_only);
}

TEST_CASE("without passes the oldest log goes, and its event stays") {
  auto const chosen =
      choose({{1, RoomUse{false, 0}}, {2, RoomUse{false, 7}}, {3, RoomUse{false, 9}}});
  REQUIRE(chosen);
  CHECK(chosen->number == 2);
  CHECK(chosen->log_only);
}

TEST_CASE("without passes and logs the oldest goes") {
  auto const chosen = choose({{1, RoomUse{false, 0}}, {2, RoomUse{false, 0}}});
  REQUIRE(chosen);
  CHECK(chosen->number == 1);
  CHECK(!chosen->log_only);
}

TEST_CASE("what takes no part never goes") {
  CHECK(!choose({}));
  CHECK(!choose({{1, std::nullopt}}));
}

TEST_CASE("where the event is delivered the log is no gain by itself") {
  Parcel parcel{.event = Part::done};
  CHECK(room_use(parcel, 10).log_bytes == 0);
  parcel.event = Part::refused;
  CHECK(room_use(parcel, 10).log_bytes == 10);
}
