// SPDX-License-Identifier: MIT
// A million events, from lines of a file to the answer, beside a pass over the same bytes that only
// parses each line. The arguments: what to do (reduce, parse) and the file.
#include <fcntl.h>
#include <simdjson.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/report/source.hpp"
#include "sla/ledger/reducer.hpp"

using namespace sla;

namespace {

/// Calls `use(line)` for each line of a file; false where it cannot be read.
template <class Use>
bool each_line(char const* path, Use use) {
  auto const file = internal::open_file(path, O_RDONLY);
  if (!file) return false;
  app::detail::LineCutter lines;
  auto const done = app::detail::each_block(file->get(), path,
                                            [&](std::string_view block) { lines.add(block, use); });
  return done.has_value();
}

int parse(char const* path) {
  simdjson::dom::parser parser;
  std::size_t good = 0;
  bool const done = each_line(path, [&](std::string_view line) {
    good += parser.parse(line.data(), line.size()).error() == simdjson::SUCCESS ? 1U : 0U;
  });
  std::printf("%zu\n", good);
  return done ? 0 : 1;
}

int reduce(char const* path) {
  ledger::EventReader reader;
  ledger::Book book;
  bool const done = each_line(path, [&](std::string_view line) {
    if (auto const event = reader.read(line)) book.add(*event);
  });
  std::size_t const good = book.records.size();
  auto const answer = ledger::reduce(std::move(book), {.window = {0, ledger::latest_time}});
  std::printf("%zu\n", answer.services.size() == 10 ? good : 0);
  return done ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) return 64;
  return words[1] == std::string_view("reduce") ? reduce(words[2]) : parse(words[2]);
}
