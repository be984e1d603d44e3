// SPDX-License-Identifier: MIT
#include "sla/publisher/console.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>

#include "../support/memory_file.hpp"
#include "../support/pipe.hpp"
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

TEST_CASE("where nobody reads an event is an error, and the next one begins a line") {
  Pipe pipe;
  Console console({.descriptor = pipe.writer.get(), .limit = std::chrono::milliseconds{1}});
  Report report = sample_report();
  report.job.service.assign(3000, 'x');
  Result<void> done;
  std::size_t lines = 0;
  for (; done && lines < 1000; ++lines) done = console.publish(report);
  REQUIRE_FALSE(done);
  CHECK(done.error() == Error{Errc::timed_out, "console: write: nobody reads it"});
  std::string text;
  char buffer[4096];
  REQUIRE(::fcntl(pipe.reader.get(), F_SETFL, O_NONBLOCK) == 0);
  auto const read_all = [&] {
    for (ssize_t n; (n = ::read(pipe.reader.get(), buffer, sizeof buffer)) > 0;) {
      text.append(buffer, static_cast<std::size_t>(n));
    }
  };
  read_all();
  CHECK(console.publish(sample_report()));
  read_all();
  std::string const line = event_json(sample_report(), EventFormat::documented) + '\n';
  CHECK(text.ends_with('\n' + line));
}

TEST_CASE("a console that cannot be written to is an error") {
  Console console({.descriptor = -1});
  CHECK(console.publish(sample_report()).error() ==
        Error{Errc::system, "console: write: Bad file descriptor", EBADF});
}
