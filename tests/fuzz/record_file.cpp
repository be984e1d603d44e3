// SPDX-License-Identifier: MIT
// Any bytes as a file of records: what is found is a record, is in order, and reads as an entry
// that comes back as it is. A record that is added to the bytes is found, whatever they are.
#include "sla/spool/record_file.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(data[i]);
  check_entry(bytes);
  std::size_t end = 0;
  while (auto const found = find_record(bytes, end)) {
    check(found->begin >= end && found->end() <= bytes.size());
    check(frame_record(found->payload) ==
          std::string_view(bytes).substr(found->begin, found->end() - found->begin));
    check_entry(found->payload);
    end = found->end();
  }
  std::string const more = bytes.substr(end) + frame_record("more");
  std::size_t const at = more.size() - frame_record("more").size();
  bool seen = false;
  for (auto found = find_record(more); found; found = find_record(more, found->end())) {
    seen = seen || (found->begin <= at && at < found->end());  // or a forged one holds it
  }
  check(seen);
  return 0;
}
