// SPDX-License-Identifier: MIT
// Any lines as events of a ledger: what is read is reduced, and the parts add up to the window.
#include "sla/ledger/event.hpp"

#include <cstdlib>
#include <string>
#include <utility>

#include "../support/fuzz_target.hpp"
#include "sla/core/text.hpp"
#include "sla/ledger/log_key.hpp"
#include "sla/ledger/reducer.hpp"

using namespace sla;

namespace {

void check(ledger::Times const& times, ledger::Window window) {
  if (times.relevant() + times.excluded != window.to - window.from) std::abort();
}

FuzzTarget const target("event", [](std::string const& text) {
  ledger::EventReader reader;
  ledger::Book book;
  for (std::string_view const line : split(text, '\n')) {
    if (auto const event = reader.read(line)) {
      if (event->service.empty() || event->end > ledger::latest_time) std::abort();
      book.add(*event);
    }
    auto const key = ledger::read_log_key(line, "");
    if (key && key->has_value()) book.add(**key);
  }
  ledger::Window const window{1'000, ledger::latest_time};
  auto const answer = ledger::reduce(std::move(book), {.window = window});
  for (auto const& service : answer.services) check(service.times, window);
  for (auto const& group : answer.groups) check(group.times, window);
});

}  // namespace
