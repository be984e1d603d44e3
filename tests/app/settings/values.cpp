// SPDX-License-Identifier: MIT
#include "sla/app/settings/values.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;

namespace {

/// The value that a text reads as, or nothing where it is refused.
template <class T>
std::optional<T> read(std::string_view text) {
  T value{};
  if (!sla::app::read_value(text, value)) return std::nullopt;
  return value;
}

template <class T>
std::string refusal(std::string_view text) {
  T value{};
  auto const done = sla::app::read_value(text, value);
  CHECK(value == T{});
  return done ? "" : done.error().message;
}

}  // namespace

TEST_CASE("seconds are decimals of any precision that a clock has") {
  CHECK(read<sla::Duration>("0") == 0s);
  CHECK(read<sla::Duration>("60") == 60s);
  CHECK(read<sla::Duration>("0.5") == 500ms);
  CHECK(read<sla::Duration>("0.1") == 100ms);
  CHECK(read<sla::Duration>(" 2 ") == 2s);
  CHECK(read<sla::Duration>("0.000000001") == 1ns);
  CHECK(read<sla::Duration>("1000000000") == 1000000000s);
  CHECK(read<std::optional<sla::Duration>>("1.5") == 1500ms);
}

TEST_CASE("seconds may be written with units, the largest first") {
  CHECK(read<sla::Duration>("5s") == 5s);
  CHECK(read<sla::Duration>("5m") == 5min);
  CHECK(read<sla::Duration>("2h30m") == 150min);
  CHECK(read<sla::Duration>("1d") == 24h);
  CHECK(read<sla::Duration>("1d1h1m0.5s") == 25h + 60s + 500ms);
  CHECK(read<sla::Duration>(" 1.5h ") == 90min);
  for (std::string const text : {"5M", "m", "30m2h", "1h1h", "2h30", "1h 30m", "-5m", "1h-1m",
                                 "5ms", "1w", "1e3s", "infs"}) {
    CAPTURE(text);
    CHECK(refusal<sla::Duration>(text).starts_with("is no number of seconds"));
  }
  CHECK(refusal<sla::Duration>("11575d") == "is more than 1000000000 seconds");
}

TEST_CASE("what is no time to wait is refused with the reason") {
  for (std::string const text : {"", " ", "x", "1e3", "nan", "inf", "-inf", "0x10", "1,5", "--1",
                                 "+1", "1 2", "99999999999999999999999999"}) {
    CAPTURE(text);
    CHECK(refusal<sla::Duration>(text) == "is no number of seconds, such as 60, 0.5 or 2h30m");
  }
  CHECK(refusal<sla::Duration>("-0.1") == "is less than 0 seconds");
  CHECK(refusal<sla::Duration>("1000000001") == "is more than 1000000000 seconds");
  CHECK(refusal<std::optional<sla::Duration>>("-1") == "is less than 0 seconds");
}

TEST_CASE("bytes take the suffixes K, M and G") {
  CHECK(read<std::uint64_t>("0") == 0U);
  CHECK(read<std::uint64_t>("1") == 1U);
  CHECK(read<std::uint64_t>("64K") == 65536U);
  CHECK(read<std::uint64_t>("16M") == 16777216U);
  CHECK(read<std::uint64_t>("1g") == 1073741824U);
  CHECK(read<std::uint64_t>("9223372036854775807") == 9223372036854775807U);
  CHECK(read<std::uint64_t>("8589934591G") == 8589934591U << 30U);
}

TEST_CASE("what is no number of bytes is refused with the reason") {
  for (std::string const text :
       {"", "K", "1T", "1.5M", "-1", "+1", "16MB", "16 M", "0x10", "M16"}) {
    CAPTURE(text);
    CHECK(refusal<std::uint64_t>(text) == "is no number of bytes, such as 65536, 64K, 16M or 1G");
  }
  for (std::string const text : {"8589934592G", "9223372036854775808", "99999999999999999999K"}) {
    CAPTURE(text);
    CHECK(refusal<std::uint64_t>(text) == "is more bytes than can be counted");
  }
}

TEST_CASE("a truth has eight words and silence") {
  for (std::string const text : {"true", "1", "yes", "on", "TRUE", "Yes", "oN", " on "}) {
    CAPTURE(text);
    CHECK(read<bool>(text) == true);
  }
  for (std::string const text : {"false", "0", "no", "off", "FALSE", "No", ""}) {
    CAPTURE(text);
    CHECK(read<bool>(text) == false);
  }
  for (std::string const text : {"2", "y", "disabled", "tru", "on off"}) {
    CAPTURE(text);
    CHECK(refusal<bool>(text) == "is neither true, 1, yes, on nor false, 0, no, off");
  }
}

TEST_CASE("names stand between commas, without their blanks and without the empty ones") {
  using Names = std::vector<std::string>;
  CHECK(read<Names>("a,b") == Names{"a", "b"});
  CHECK(read<Names>(" dev team , ,critical,, ") == Names{"dev team", "critical"});
  CHECK(read<Names>(" , ") == Names{});
}

TEST_CASE("headers are lines, which may hold commas") {
  using Headers = sla::app::HeaderLines;
  CHECK(read<Headers>("A: b, c\n\nD: e")->lines == std::vector<std::string>{"A: b, c", "D: e"});
  CHECK(read<Headers>("")->lines.empty());
}

TEST_CASE("an enumeration is read in any case and written in its own") {
  CHECK(read<sla::EventFormat>("documented") == sla::EventFormat::documented);
  CHECK(read<sla::EventFormat>("NUMBERS") == sla::EventFormat::numbers);
  CHECK(read<sla::UploadLogs>("failures") == sla::UploadLogs::failures);
  CHECK(read<sla::UploadLogs>("never") == sla::UploadLogs::never);
  CHECK(read<sla::OutputShown>("Failures") == sla::OutputShown::failures);
  CHECK(read<sla::LogFormat>("json") == sla::LogFormat::json);
  CHECK(refusal<sla::UploadLogs>("sometimes") == "is none of always, failures, never");
  CHECK(refusal<sla::EventFormat>("") == "is none of documented, numbers");
  CHECK(refusal<sla::LogFormat>("none") == "is none of text, json");
  CHECK(sla::app::value_text(sla::UploadLogs::failures) == "failures");
  CHECK(sla::app::value_text(sla::EventFormat::documented) == "documented");
  CHECK(sla::app::value_text(sla::LogFormat::json) == "json");
}

TEST_CASE("a value is written as it would be given") {
  CHECK(sla::app::value_text(sla::Duration{3600s}) == "3600");
  CHECK(sla::app::value_text(sla::Duration{0s}) == "0");
  CHECK(sla::app::value_text(sla::Duration{1500ms}) == "1.5");
  CHECK(sla::app::value_text(sla::Duration{1ns}) == "0.000000001");
  CHECK(sla::app::value_text(std::optional<sla::Duration>{}).empty());
  CHECK(sla::app::value_text(std::optional<sla::Duration>{50ms}) == "0.05");
  CHECK(sla::app::value_text(std::uint64_t{0}) == "0");
  CHECK(sla::app::value_text(std::uint64_t{1000}) == "1000");
  CHECK(sla::app::value_text(std::uint64_t{16777216}) == "16M");
  CHECK(sla::app::value_text(std::uint64_t{1} << 40U) == "1024G");
  CHECK(sla::app::value_text(true) == "on");
  CHECK(sla::app::value_text(std::vector<std::string>{"a", "b"}) == "a,b");
  CHECK(sla::app::value_text(std::string("as it is")) == "as it is");
}
