// SPDX-License-Identifier: MIT
#include "sla/core/run_id.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <set>
#include <string>

using namespace sla;
using namespace std::chrono_literals;

namespace {

WallTime const noon{1'574'515'200'123ms};

}  // namespace

TEST_CASE("a run id is a UUID of version 7 and variant 10") {
  for (int i = 0; i < 100; ++i) {
    std::string const id = new_run_id(noon);
    CAPTURE(id);
    REQUIRE(id.size() == 36);
    for (std::size_t at = 0; at < id.size(); ++at) {
      bool const dash = at == 8 || at == 13 || at == 18 || at == 23;
      CHECK((dash ? id[at] == '-' : std::string("0123456789abcdef").find(id[at]) < 16));
    }
    CHECK(id[14] == '7');
    CHECK(std::string("89ab").find(id[19]) != std::string::npos);
  }
}

TEST_CASE("a run id begins with the milliseconds of its time and so sorts by it") {
  CHECK(new_run_id(WallTime{0x0190163d8694ms}).starts_with("0190163d-8694-7"));
  CHECK(new_run_id(WallTime{}).starts_with("00000000-0000-7"));
  CHECK(new_run_id(noon) < new_run_id(noon + 1ms));
  CHECK(new_run_id(noon) < new_run_id(noon + 24h));
}

TEST_CASE("run ids of one millisecond differ") {
  std::set<std::string> ids;
  for (int i = 0; i < 10'000; ++i) ids.insert(new_run_id(noon));
  CHECK(ids.size() == 10'000);
}
