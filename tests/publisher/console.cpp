// SPDX-License-Identifier: MIT
#include "sla/publisher/console.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <string>

#include "../support/memory_file.hpp"
#include "../support/sample_report.hpp"

using namespace sla;

static_assert(Publisher<Console>);

TEST_CASE("each event is a line of its own, in the format asked for") {
  Report const report = sample_report();
  for (EventFormat const format : {EventFormat::documented, EventFormat::numbers}) {
    MemoryFile const file;
    Console console({.format = format, .descriptor = file.descriptor()});
    CHECK(console.publish(report).has_value());
    CHECK(console.publish(report).has_value());
    std::string const line = event_json(report, format) + '\n';
    CHECK(file.text() == line + line);
  }
}

TEST_CASE("a run that was interrupted is no event") {
  MemoryFile const file;
  Console console({.descriptor = file.descriptor()});
  Report report = sample_report();
  report.outcome.verdict = Verdict::interrupted;
  CHECK(console.publish(report).has_value());
  CHECK(file.text().empty());
}

TEST_CASE("a console that cannot be written to is an error") {
  Console console({.descriptor = -1});
  CHECK(console.publish(sample_report()).error() ==
        Error{Errc::system, "console: write: Bad file descriptor", EBADF});
}
