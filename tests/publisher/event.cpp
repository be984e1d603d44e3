// SPDX-License-Identifier: MIT
#include "sla/publisher/event.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>

#include "../support/sample_report.hpp"

using namespace sla;
using namespace std::chrono_literals;

namespace {

std::string documented(Report const& report) { return event_json(report, EventFormat::documented); }
std::string numbers(Report const& report) { return event_json(report, EventFormat::numbers); }
bool has(std::string const& event, std::string_view part) {
  return event.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the documented event is what consumers were promised, byte for byte") {
  CHECK(documented(sample_report()) == R"({"service":"example-service",)"
                                       R"("group":["dev-team","critical"],)"
                                       R"("groups":["dev-team","critical"],)"
                                       R"("succeeded":true,)"
                                       R"("timestamp":"1574515200",)"
                                       R"("testExecutionSecs":"914",)"
                                       R"("runId":"0190163d-8694-739b-aea5-966c26f8ad91",)"
                                       R"("verdict":"pass",)"
                                       R"("exitCode":0,)"
                                       R"("startedAtMs":1574514286000,)"
                                       R"("durationMs":914000})");
}

TEST_CASE("the event with numbers differs in its two figures alone") {
  Report report = sample_report();
  report.duration = 914'250ms + 999'999ns;
  CHECK(numbers(report) == R"({"service":"example-service",)"
                           R"("group":["dev-team","critical"],)"
                           R"("groups":["dev-team","critical"],)"
                           R"("succeeded":true,)"
                           R"("timestamp":1574515200,)"
                           R"("testExecutionSecs":914.25,)"
                           R"("runId":"0190163d-8694-739b-aea5-966c26f8ad91",)"
                           R"("verdict":"pass",)"
                           R"("exitCode":0,)"
                           R"("startedAtMs":1574514286000,)"
                           R"("durationMs":914250})");
}

TEST_CASE("everything there is to say is said, in this order") {
  Report report = sample_report();
  report.job.groups = {};
  report.job.tag_id = "tag-1";
  report.job.sla_target = "99.9";
  report.outcome = {.verdict = Verdict::signaled, .exit_code = 139, .signal = 11};
  report.log_uri = "s3://bucket/example-service/1574515200_FAILURE";
  report.log_error = "s3 put: http 503: slow down";
  CHECK(documented(report) ==
        R"({"service":"example-service","group":[],"groups":[],"succeeded":false,)"
        R"("timestamp":"1574515200","testExecutionSecs":"914",)"
        R"("runId":"0190163d-8694-739b-aea5-966c26f8ad91","verdict":"signaled","exitCode":139,)"
        R"("signal":11,"startedAtMs":1574514286000,"durationMs":914000,)"
        R"("logUri":"s3://bucket/example-service/1574515200_FAILURE",)"
        R"("logError":"s3 put: http 503: slow down","tagID":"tag-1","slaTarget":"99.9"})");
}

TEST_CASE("what an executor found out stands beside the reason") {
  Report report = sample_report();
  report.outcome.reason = "the certificate expires in 5 days, expected at least 14 days";
  report.outcome.cause = "cert";
  report.outcome.degraded = true;
  report.outcome.probe = R"({"status":200,"resolveMs":1})";
  CHECK(has(documented(report),
            R"("exitCode":0,"reason":"the certificate expires in 5 days, expected at least 14 )"
            R"(days","cause":"cert","degraded":true,"probe":{"status":200,"resolveMs":1},)"
            R"("startedAtMs":1574514286000,)"));
}

TEST_CASE("several attempts are told, and that a test is flaky if the last one passed") {
  Report report = sample_report();
  report.outcome.attempts = {Verdict::timeout, Verdict::pass};
  CHECK(has(documented(report),
            R"("attempts":2,"attemptVerdicts":["timeout","pass"],"flaky":true,)"));
  report.outcome.verdict = Verdict::fail;
  CHECK_FALSE(has(documented(report), "flaky"));
  report.outcome.attempts = {Verdict::pass};
  CHECK_FALSE(has(documented(report), "attempts"));
}

TEST_CASE("what a ledger needs stands in both formats as numbers, and only what is known") {
  Report report = sample_report();
  report.job.boot_id = "0190163d-0000-7000-8000-000000000001";
  report.job.seq = 7;
  report.previous_end = WallTime{1'574'514'226'999ms + 999'999ns};
  report.next_expected_by = WallTime{1'574'515'300'000ms};
  report.job.location = "eu-central-1";
  report.outcome.verdict = Verdict::unknown;
  for (auto const& event : {documented(report), numbers(report)}) {
    CHECK(has(event, R"("durationMs":914000,"bootId":"0190163d-0000-7000-8000-000000000001",)"
                     R"("seq":7,"prevEndMs":1574514226999,"nextExpectedByMs":1574515300000,)"
                     R"("location":"eu-central-1","counted":false})"));
    CHECK(has(event, R"("succeeded":false,)"));
  }
}

TEST_CASE("each verdict has its name in the event, and only a pass succeeded") {
  struct Row {
    Verdict verdict;
    int exit_code;
    std::string_view expected;
  };
  Row const rows[] = {
      {Verdict::pass, 0, R"("verdict":"pass","exitCode":0,)"},
      {Verdict::fail, 3, R"("verdict":"fail","exitCode":3,)"},
      {Verdict::timeout, 143, R"("verdict":"timeout","exitCode":143,)"},
      {Verdict::signaled, 137, R"("verdict":"signaled","exitCode":137,)"},
      {Verdict::spawn_error, 126, R"("verdict":"spawn_error","exitCode":126,)"},
  };
  for (Row const& row : rows) {
    Report report = sample_report();
    report.outcome.verdict = row.verdict;
    report.outcome.exit_code = row.exit_code;
    std::string const event = documented(report);
    CHECK(has(event, row.expected));
    CHECK(has(event, R"("succeeded":true)") == (row.verdict == Verdict::pass));
    CHECK(has(event, R"("succeeded":false)") == (row.verdict != Verdict::pass));
    CHECK_FALSE(has(event, "counted"));
  }
}

TEST_CASE("durations are whole seconds rounded down, or numbers without idle zeros") {
  struct Row {
    Duration duration;
    std::string_view documented, number, milliseconds;
  };
  Row const rows[] = {
      {0s, R"("0")", "0", "0"},
      {999'999ns, R"("0")", "0", "0"},
      {1ms, R"("0")", "0.001", "1"},
      {999ms, R"("0")", "0.999", "999"},
      {1s, R"("1")", "1", "1000"},
      {1500ms, R"("1")", "1.5", "1500"},
      {10s, R"("10")", "10", "10000"},
      {100'050ms, R"("100")", "100.05", "100050"},
      {1000h, R"("3600000")", "3600000", "3600000000"},
  };
  for (Row const& row : rows) {
    Report report = sample_report();
    report.duration = row.duration;
    std::string const in_milliseconds = R"("durationMs":)" + std::string(row.milliseconds) + '}';
    std::string const key = R"("testExecutionSecs":)";
    CHECK(has(documented(report), key + std::string(row.documented) + ','));
    CHECK(has(numbers(report), key + std::string(row.number) + ','));
    CHECK(has(documented(report), in_milliseconds));
    CHECK(has(numbers(report), in_milliseconds));
  }
}

TEST_CASE("the timestamp is the end in whole seconds, rounded down") {
  Report report = sample_report();
  report.ended_at += 999ms;
  report.started_at += 1ms;
  CHECK(has(documented(report), R"("timestamp":"1574515200",)"));
  CHECK(has(numbers(report), R"("timestamp":1574515200,)"));
  CHECK(has(documented(report), R"("startedAtMs":1574514286001,)"));
}

TEST_CASE("no name breaks the event: quotes, control characters and bytes that are not UTF-8") {
  Report report = sample_report();
  report.job.service = "a\"b\\c\nd\te\x01\x7f";
  report.job.groups = {"", "gr\xC3\xBC\xC3\x9F", "\xFF\xC3", std::string("n\0l", 3)};
  report.job.tag_id = "\xED\xA0\x80";
  std::string const event = documented(report);
  CHECK(has(event, R"({"service":"a\"b\\c\nd\te\u0001\u007f",)"));
  std::string const list =
      "[\"\",\"gr\xC3\xBC\xC3\x9F\",\"\xEF\xBF\xBD\xEF\xBF\xBD\",\"n\\u0000l\"]";
  CHECK(has(event, R"("group":)" + list + R"(,"groups":)" + list + ','));
  CHECK(has(event, "\"tagID\":\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""));
  CHECK(is_utf8(event));
  CHECK_FALSE(has_control(event));
}
