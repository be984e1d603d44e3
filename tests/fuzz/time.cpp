// SPDX-License-Identifier: MIT
// Any bytes as a time: what is read from a time that was written is the same time.
#include "sla/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

using namespace sla;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(data[i]);
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
  return 0;
}
