// SPDX-License-Identifier: MIT
// Any bytes as a file of planned maintenance.
#include "sla/ledger/exclusion.hpp"

#include <cstdlib>
#include <string>
#include <vector>

#include "../support/fuzz_target.hpp"
#include "sla/ledger/figures.hpp"

using namespace sla;

namespace {

FuzzTarget const target("exclusion", [](std::string const& text) {
  auto const all = ledger::read_exclusions(text);
  if (!all) return;
  ledger::Window const window{0, ledger::latest_time};
  auto const line = ledger::exclusion_line(*all, "shop", std::vector<std::string>{"web"});
  ledger::Times const times = ledger::times_of(line, window);
  if (times.excluded + times.unmonitored != window.to) std::abort();
});

}  // namespace
