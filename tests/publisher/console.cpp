// SPDX-License-Identifier: MIT
#include "sla/publisher/console.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
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
  CHECK(publish_wanted(console, report).has_value());
  CHECK(file.text().empty());
}

TEST_CASE("where nobody reads an event is an error, and who reads again gets whole lines") {
  for (std::size_t const size : {std::size_t{10}, std::size_t{3000}, std::size_t{100'000}}) {
    CAPTURE(size);
    Pipe pipe(O_CLOEXEC | O_NONBLOCK);
    Console console({.descriptor = pipe.writer.get(), .limit = std::chrono::milliseconds{1}});
    Report large = sample_report();
    large.job.service.assign(size, 'x');
    std::string const large_line = event_json(large, EventFormat::documented) + '\n';
    std::string expected;
    Result<void> done = console.publish(large);
    for (; done; done = console.publish(large)) expected += large_line;
    CHECK(done.error() == Error{Errc::timed_out, "console: write: nobody reads it"});
    bool const fits = console.publish(sample_report()).has_value();  // where a large one does not
    if (size > 65536) expected += large_line;                        // the pipe has a part of it
    if (fits) expected += event_json(sample_report(), EventFormat::documented) + '\n';
    CHECK(fits == (size == 3000));
    std::string text;
    auto const read_all = [&] {
      char buffer[4096];
      for (ssize_t n; (n = ::read(pipe.reader.get(), buffer, sizeof buffer)) > 0;) {
        text.append(buffer, static_cast<std::size_t>(n));
      }
    };
    read_all();
    CHECK(console.publish(sample_report()));
    read_all();
    CHECK((text == expected + event_json(sample_report(), EventFormat::documented) + '\n'));
  }
}

TEST_CASE("a console that cannot be written to is an error") {
  Console console({.descriptor = -1});
  CHECK(console.publish(sample_report()).error() ==
        Error{Errc::system, "console: write: Bad file descriptor", system_number(EBADF)});
  auto const full = internal::open_file("/dev/full", O_WRONLY);
  REQUIRE(full);
  Console on_a_full_disk({.descriptor = full->get()});
  for (int i = 0; i < 2; ++i) {
    CHECK(on_a_full_disk.publish(sample_report()).error().system_number() == ENOSPC);
  }
}
