// SPDX-License-Identifier: MIT
// Any bytes as a file of planned maintenance.
#include "sla/ledger/exclusion.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "sla/ledger/figures.hpp"

using namespace sla;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(data[i]);
  auto const all = ledger::read_exclusions(text);
  if (!all) return 0;
  ledger::Window const window{0, ledger::latest_time};
  auto const line = ledger::exclusion_line(*all, "shop", std::vector<std::string>{"web"});
  ledger::Times const times = ledger::times_of(line, window);
  if (times.excluded + times.unmonitored != window.to) std::abort();
  return 0;
}
