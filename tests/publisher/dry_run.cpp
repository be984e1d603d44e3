// SPDX-License-Identifier: MIT
#include "sla/publisher/dry_run.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <chrono>
#include <string>

#include "../support/memory_file.hpp"
#include "../support/pipe.hpp"
#include "../support/sample_report.hpp"

using namespace sla;

static_assert(Publisher<DryRun>);

TEST_CASE("the topic, the message, the object's name and the log are printed") {
  MemoryFile const file;
  DryRun dry_run({.topic = "arn:aws:sns:eu-central-1:123456789012:results",
                  .bucket = "logs",
                  .descriptor = file.descriptor()});
  CHECK(dry_run.publish(sample_report()).has_value());
  CHECK(file.text() ==
        "topic: arn:aws:sns:eu-central-1:123456789012:results\n"
        "message: " +
            event_json(sample_report(), EventFormat::documented) +
            "\n"
            "object: s3://logs/example-service/1574515200_SUCCESS\n"
            "log:\n"
            "one\ntwo\n");
}

TEST_CASE("without a topic and a bucket there is still something to see") {
  MemoryFile const file;
  DryRun dry_run(
      {.topic = "", .bucket = "", .format = EventFormat::numbers, .descriptor = file.descriptor()});
  CHECK(dry_run.publish(sample_report()).has_value());
  CHECK(file.text() ==
        "topic: none\n"
        "message: " +
            event_json(sample_report(), EventFormat::numbers) +
            "\n"
            "object: example-service/1574515200_SUCCESS\n"
            "log:\n"
            "one\ntwo\n");
}

TEST_CASE("the log is printed byte for byte, and not at all where there is none") {
  for (std::string const& log : {std::string(), std::string("\xFF\0\x1b[0m no end", 13)}) {
    MemoryFile const file;
    DryRun dry_run({.topic = "", .bucket = "", .descriptor = file.descriptor()});
    Report report = sample_report();
    report.outcome.output = Output{log};
    CHECK(dry_run.publish(report).has_value());
    CHECK(file.text().ends_with("\nlog:\n" + log));
  }
}

TEST_CASE("of a run that was interrupted the log would be kept, and no message sent") {
  MemoryFile const file;
  DryRun dry_run({.topic = "t", .bucket = "b", .descriptor = file.descriptor()});
  Report report = sample_report();
  report.outcome.verdict = Verdict::interrupted;
  CHECK(dry_run.publish(report).has_value());
  CHECK(file.text().find("object: s3://b/example-service/1574515200_INTERRUPTED\n") !=
        std::string::npos);
  CHECK(file.text().ends_with("\nlog:\none\ntwo\n"));
  CHECK(file.text().find("\"verdict\"") == std::string::npos);
}

TEST_CASE("an output that cannot be written to is an error") {
  DryRun dry_run({.topic = "", .bucket = "", .descriptor = -1});
  CHECK(dry_run.publish(sample_report()).error().system_number() == EBADF);
}

TEST_CASE("a stop ends what nobody reads, once its time is over") {
  Pipe pipe;
  Stop const stop{{.budget = std::chrono::milliseconds{200}}};
  Report report = sample_report();
  report.outcome.output = Output(std::string(200'000, 'x'));
  DryRun dry_run({.topic = "", .bucket = "", .descriptor = pipe.writer.get(), .stop = &stop});
  auto const begin = std::chrono::steady_clock::now();
  stop.request();
  auto const done = dry_run.publish(report);
  REQUIRE_FALSE(done);
  CHECK(done.error() == Error{Errc::stopped, "dry run: nobody read it before the stop"});
  CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds{200});
  stop.request();
  CHECK(dry_run.publish(report).error().code == Errc::stopped);
}
