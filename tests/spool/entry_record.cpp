// SPDX-License-Identifier: MIT
#include "sla/spool/entry_record.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "../support/sample_report.hpp"

using namespace sla;
using namespace std::chrono_literals;

namespace {

Parcel whole_parcel() {
  Parcel parcel{.number = 1'700'000'000'000'000,
                .report = sample_report(),
                .log = Part::done,
                .event = Part::refused,
                .reason = "too large"};
  parcel.report.job.command = {"/bin/sh", "-c", std::string("a\0b", 3)};
  parcel.report.job.tag_id = "tag";
  parcel.report.job.sla_target = "99.9";
  parcel.report.job.location = "eu-west-1";
  parcel.report.job.boot_id = "boot";
  parcel.report.job.seq = std::uint64_t{1} << 40U;
  parcel.report.previous_end = WallTime{1s};
  parcel.report.next_expected_by = WallTime{2s};
  parcel.report.standing = {"DOWN", "DOWN", "page", R"("state":"DOWN")"};
  parcel.report.outcome.verdict = Verdict::signaled;
  parcel.report.outcome.exit_code = 139;
  parcel.report.outcome.signal = 11;
  parcel.report.log_uri = "s3://bucket/key";
  parcel.report.log_error = "none";
  return parcel;
}

}  // namespace

TEST_CASE("a parcel comes back as it was written") {
  Parcel const parcel = whole_parcel();
  KeptLog log{"run.log", {{100, 0, {}}, {4, 0, "text"}, {7, 123, {}}}, Sha256Bytes{1, 2, 255}};
  auto const kept = read_parcel(write_parcel(parcel, log));
  REQUIRE(kept);
  Report const& report = kept->parcel.report;
  CHECK(kept->parcel.number == parcel.number);
  CHECK(kept->parcel.log == Part::done);
  CHECK(kept->parcel.event == Part::refused);
  CHECK(kept->parcel.reason == "too large");
  CHECK(report.job.service == "example-service");
  CHECK(report.job.groups == parcel.report.job.groups);
  CHECK(report.job.command == parcel.report.job.command);
  CHECK(report.job.tag_id == "tag");
  CHECK(report.job.sla_target == "99.9");
  CHECK(report.job.run_id == parcel.report.job.run_id);
  CHECK(report.job.location == "eu-west-1");
  CHECK(report.job.boot_id == "boot");
  CHECK(report.job.seq == parcel.report.job.seq);
  CHECK(report.previous_end == WallTime{1s});
  CHECK(report.next_expected_by == WallTime{2s});
  CHECK(report.standing.state == "DOWN");
  CHECK(report.standing.transition == "DOWN");
  CHECK(report.standing.alert == "page");
  CHECK(report.standing.json == R"("state":"DOWN")");
  CHECK(report.outcome.verdict == Verdict::signaled);
  CHECK(report.outcome.exit_code == 139);
  CHECK(report.outcome.signal == 11);
  CHECK(report.started_at == parcel.report.started_at);
  CHECK(report.ended_at == parcel.report.ended_at);
  CHECK(report.duration == parcel.report.duration);
  CHECK(report.log_uri == "s3://bucket/key");
  CHECK(report.log_error == "none");
  CHECK(kept->log.file == "run.log");
  CHECK(kept->log.size() == 111);
  REQUIRE(kept->log.pieces.size() == 3);
  CHECK(kept->log.pieces[1].text == "text");
  CHECK(kept->log.pieces[2].offset == 123);
  CHECK(kept->log.sha256 == Sha256Bytes{1, 2, 255});
}

TEST_CASE("a record that was cut short is no parcel, or one with less") {
  std::string const bytes = write_parcel(whole_parcel(), {"run.log", {{100, 0, {}}}, {}});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    auto const kept = read_parcel(std::string_view(bytes).substr(0, size));
    if (kept) CHECK(kept->parcel.number != 0);
  }
}

TEST_CASE("fields of a newer version are passed over") {
  std::string const bytes = write_parcel({.number = 1}, {}) +
                            RecordWriter().text(99, "from the future").number(100, 5).bytes();
  REQUIRE(read_parcel(bytes));
}

TEST_CASE("what makes no sense is no parcel") {
  std::string const good = write_parcel({.number = 1}, {});
  CHECK(read_parcel(good));
  auto const with = [&](RecordWriter const& more) { return read_parcel(good + more.bytes()); };
  CHECK(!read_parcel(""));
  CHECK(!read_parcel(good + "x"));
  CHECK(!with(RecordWriter().number(detail::field_number, 0)));
  CHECK(!with(RecordWriter().number(detail::field_verdict, 99)));
  CHECK(!with(RecordWriter().number(detail::field_log, 3)));
  CHECK(!with(RecordWriter().text(detail::field_file, "../../etc/passwd")));
  CHECK(!with(RecordWriter().number(detail::field_piece_offset, 1)));
  CHECK(!with(RecordWriter().text(detail::field_piece_text, "x")));
  CHECK(!with(RecordWriter().number(detail::field_piece_size, -1)));
  CHECK(!with(RecordWriter().text(detail::field_sha256, "short")));
}
