// SPDX-License-Identifier: MIT
// Any bytes as a file of records: what is found is a record, is in order, and reads as an entry
// that comes back as it is. A record that is added to the bytes is found, whatever they are.
#include "sla/spool/record_file.hpp"

#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>

#include "../support/fuzz_target.hpp"
#include "sla/spool/entry_record.hpp"

using namespace sla;
using namespace sla::internal;

namespace {

void check(bool good) {
  if (!good) std::abort();
}

void check_entry(std::string_view payload) {
  auto const kept = read_entry(payload);
  if (!kept) return;
  std::string const written = write_entry(kept->entry, kept->log);
  auto const again = read_entry(written);
  check(again && write_entry(again->entry, again->log) == written);
}

FuzzTarget const target("record_file", [](std::string const& text) {
  check_entry(text);
  std::size_t end = 0;
  while (auto const found = find_record(text, end)) {
    check(found->begin >= end && found->end() <= text.size());
    check(frame_record(found->payload) ==
          std::string_view(text).substr(found->begin, found->end() - found->begin));
    check_entry(found->payload);
    end = found->end();
  }
  std::string const more = text.substr(end) + frame_record("more");
  std::size_t const at = more.size() - frame_record("more").size();
  bool seen = false;
  for (auto found = find_record(more); found; found = find_record(more, found->end())) {
    seen = seen || (found->begin <= at && at < found->end());  // or a forged one holds it
  }
  check(seen);
});

}  // namespace
