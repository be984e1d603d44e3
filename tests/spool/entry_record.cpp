// SPDX-License-Identifier: MIT
// Covers: spool/entry_field.hpp
#include "sla/spool/entry_record.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "../support/sample_report.hpp"

using namespace sla;
using namespace sla::internal;
using namespace std::chrono_literals;

namespace {

Entry whole_entry() {
  Entry entry{.number = 1'700'000'000'000'000,
              .report = sample_report(),
              .log = Part::done,
              .event = Part::refused,
              .reason = "too large"};
  entry.report.job.command = {"/bin/sh", "-c", std::string("a\0b", 3)};
  entry.report.job.tag_id = "tag";
  entry.report.job.sla_target = "99.9";
  entry.report.job.location = "eu-west-1";
  entry.report.job.boot_id = "boot";
  entry.report.job.seq = std::uint64_t{1} << 40U;
  entry.report.previous_end = WallTime{1s};
  entry.report.next_expected_by = WallTime{2s};
  entry.report.standing = {"DOWN", "DOWN", "page", R"("state":"DOWN")"};
  entry.report.outcome.verdict = Verdict::signaled;
  entry.report.outcome.exit_code = 139;
  entry.report.outcome.signal = 11;
  entry.report.outcome.reason = "why";
  entry.report.outcome.cause = "dns";
  entry.report.outcome.degraded = true;
  entry.report.outcome.attempts = {Verdict::fail, Verdict::warn};
  entry.report.outcome.probe = R"({"status":200})";
  entry.report.log_uri = "s3://bucket/key";
  entry.report.log_error = "none";
  return entry;
}

}  // namespace

TEST_CASE("an entry comes back as it was written") {
  Entry const entry = whole_entry();
  KeptLog log{"run.log", {{100, 0, {}}, {4, 0, "text"}, {7, 123, {}}}, Sha256Bytes{1, 2, 255}};
  auto const kept = read_entry(write_entry(entry, log));
  REQUIRE(kept);
  Report const& report = kept->entry.report;
  CHECK(kept->entry.number == entry.number);
  CHECK(kept->entry.log == Part::done);
  CHECK(kept->entry.event == Part::refused);
  CHECK(kept->entry.reason == "too large");
  CHECK(report.job.service == "example-service");
  CHECK(report.job.groups == entry.report.job.groups);
  CHECK(report.job.command == entry.report.job.command);
  CHECK(report.job.tag_id == "tag");
  CHECK(report.job.sla_target == "99.9");
  CHECK(report.job.run_id == entry.report.job.run_id);
  CHECK(report.job.location == "eu-west-1");
  CHECK(report.job.boot_id == "boot");
  CHECK(report.job.seq == entry.report.job.seq);
  CHECK(report.previous_end == WallTime{1s});
  CHECK(report.next_expected_by == WallTime{2s});
  CHECK(report.standing.state == "DOWN");
  CHECK(report.standing.transition == "DOWN");
  CHECK(report.standing.alert == "page");
  CHECK(report.standing.json == R"("state":"DOWN")");
  CHECK(report.outcome.verdict == Verdict::signaled);
  CHECK(report.outcome.exit_code == 139);
  CHECK(report.outcome.signal == 11);
  CHECK(report.outcome.reason == "why");
  CHECK(report.outcome.cause == "dns");
  CHECK(report.outcome.degraded);
  CHECK(report.outcome.attempts == entry.report.outcome.attempts);
  CHECK(report.outcome.probe == R"({"status":200})");
  CHECK(report.started_at == entry.report.started_at);
  CHECK(report.ended_at == entry.report.ended_at);
  CHECK(report.duration == entry.report.duration);
  CHECK(report.log_uri == "s3://bucket/key");
  CHECK(report.log_error == "none");
  CHECK(kept->log.file == "run.log");
  CHECK(kept->log.size() == 111);
  REQUIRE(kept->log.pieces.size() == 3);
  CHECK(kept->log.pieces[1].text == "text");
  CHECK(kept->log.pieces[2].offset == 123);
  CHECK(kept->log.sha256 == Sha256Bytes{1, 2, 255});
}

TEST_CASE("a record that was cut short is no entry, or one with less") {
  std::string const bytes = write_entry(whole_entry(), {"run.log", {{100, 0, {}}}, {}});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    auto const kept = read_entry(std::string_view(bytes).substr(0, size));
    if (kept) CHECK(kept->entry.number != 0);
  }
}

TEST_CASE("fields of a newer version are passed over") {
  std::string const bytes = write_entry({.number = 1}, {}) +
                            RecordWriter().text(99, "from the future").number(100, 5).bytes();
  REQUIRE(read_entry(bytes));
}

TEST_CASE("what makes no sense is no entry") {
  std::string const good = write_entry({.number = 1}, {});
  CHECK(read_entry(good));
  auto const with = [&](RecordWriter const& more) { return read_entry(good + more.bytes()); };
  CHECK(!read_entry(""));
  CHECK(!read_entry(good + "x"));
  CHECK(!with(RecordWriter().number(internal::detail::field_number, 0)));
  CHECK(!with(RecordWriter().number(internal::detail::field_verdict, 99)));
  CHECK(!with(RecordWriter().number(internal::detail::field_log, 3)));
  CHECK(!with(RecordWriter().text(internal::detail::field_file, "../../etc/passwd")));
  CHECK(!with(RecordWriter().number(internal::detail::field_piece_offset, 1)));
  CHECK(!with(RecordWriter().text(internal::detail::field_piece_text, "x")));
  CHECK(!with(RecordWriter().number(internal::detail::field_piece_size, -1)));
  CHECK(!with(RecordWriter().text(internal::detail::field_sha256, "short")));
}
