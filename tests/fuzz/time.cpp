// SPDX-License-Identifier: MIT
// Any bytes as a time: what is read from a time that was written is the same time.
#include "sla/core/time.hpp"

#include <cstdlib>
#include <string>

#include "../support/fuzz_target.hpp"
#include "sla/core/parse_time.hpp"

using namespace sla;

namespace {

FuzzTarget const target("time", [](std::string const& text) {
  if (auto const time = parse_iso_time(text)) {
    bool const in_range = epoch_seconds(*time) >= 0;  // an offset may lead out of it
    if (in_range && epoch_seconds(*time) < 9'000'000'000 &&
        parse_iso_time(iso_time(*time)) != *time) {
      std::abort();
    }
  }
  if (auto const time = parse_http_date(text)) {
    if (parse_iso_time(iso_time(*time)) != *time) std::abort();
  }
});

}  // namespace
