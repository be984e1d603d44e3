// SPDX-License-Identifier: MIT
// Covers: core/parse_time.hpp
#include "sla/core/time.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sla/core/parse_time.hpp"

using namespace sla;
using namespace std::chrono_literals;

namespace {

WallTime at(std::int64_t seconds, Duration more = {}) {
  return WallTime{std::chrono::seconds{seconds} + more};
}

}  // namespace

TEST_CASE("seconds and milliseconds since the epoch are rounded down") {
  CHECK(epoch_seconds(at(1'574'515'200)) == 1'574'515'200);
  CHECK(epoch_seconds(at(1'574'515'200, 999'999'999ns)) == 1'574'515'200);
  CHECK(epoch_milliseconds(at(1'574'515'200, 1'999'999ns)) == 1'574'515'200'001);
  CHECK(epoch_seconds(at(0, -1ns)) == -1);
  CHECK(epoch_milliseconds(at(0, -1ns)) == -1);
}

TEST_CASE("decimal seconds have three decimals, rounded down") {
  struct Row {
    Duration duration;
    std::string_view expected;
  };
  Row const rows[] = {
      {0s, "0.000"},
      {1500ms, "1.500"},
      {1ms, "0.001"},
      {999'999ns, "0.000"},
      {914s, "914.000"},
      {1s - 1ns, "0.999"},
      {12'345'678ms, "12345.678"},
  };
  for (Row const& row : rows) CHECK(decimal_seconds(row.duration) == row.expected);
}

TEST_CASE("decimal seconds of a negative duration are a number too") {
  CHECK(decimal_seconds(-500ms) == "-0.500");
  CHECK(decimal_seconds(-1500ms) == "-1.500");
  CHECK(decimal_seconds(-2s) == "-2.000");
}

TEST_CASE("dates are written in UTC") {
  struct Row {
    WallTime time;
    std::string_view amz, iso;
  };
  Row const rows[] = {
      {at(0), "19700101T000000Z", "1970-01-01T00:00:00.000Z"},
      {at(1'440'938'160), "20150830T123600Z", "2015-08-30T12:36:00.000Z"},
      {at(1'574'515'200, 7ms), "20191123T132000Z", "2019-11-23T13:20:00.007Z"},
      {at(951'782'399, 999'999'999ns), "20000228T235959Z", "2000-02-28T23:59:59.999Z"},
      {at(951'782'400), "20000229T000000Z", "2000-02-29T00:00:00.000Z"},
      {at(-1, 1ms), "19691231T235959Z", "1969-12-31T23:59:59.001Z"},
      {at(4'102'444'799), "20991231T235959Z", "2099-12-31T23:59:59.000Z"},
  };
  for (Row const& row : rows) {
    CHECK(amz_date(row.time) == row.amz);
    CHECK(iso_time(row.time) == row.iso);
  }
}

TEST_CASE("an ISO time is read with a fraction and an offset, or refused") {
  struct Row {
    std::string_view text;
    std::optional<std::int64_t> expected;
  };
  Row const rows[] = {
      {"2026-01-01T00:00:00Z", 1'767'225'600},
      {"2026-01-01t00:00:00z", 1'767'225'600},
      {"2026-01-01 00:00:00Z", 1'767'225'600},
      {"2026-01-01T00:00:00.123456789Z", 1'767'225'600},
      {"2026-01-01T00:00:00+00:00", 1'767'225'600},
      {"2026-01-01T00:00:00-00:00", 1'767'225'600},
      {"2026-01-01T02:30:00+02:30", 1'767'225'600},
      {"2025-12-31T18:30:00-05:30", 1'767'225'600},
      {"2026-01-01T02:30:00.5+02:30", 1'767'225'600},
      {"2024-02-29T23:59:59Z", 1'709'251'199},
      {"2016-12-31T23:59:60Z", 1'483'228'800},  // a leap second is the next second
      {"1970-01-01T00:00:00Z", 0},
      {"2261-12-31T23:59:59Z", 9'214'646'399},
      {"2026-01-01T00:00:00+0000", 1'767'225'600},
      {"2026-01-01T02:30:00.25+0230", 1'767'225'600},
      {"2025-12-31T19:00:00-05", 1'767'225'600},
      {"2026-01-01 00:00:00 +0000", 1'767'225'600},
      {"2026-01-01 00:00:00 UTC", 1'767'225'600},
      {"2262-01-01T00:00:00Z", 9'214'560'000},  // what does not fit is the last day that does
      {"2999-12-31T23:59:59Z", 9'214'560'000},
      {"9999-12-31T23:59:59.999999+00:00", 9'214'560'000},
      {"0001-01-01T00:00:00Z", 0},  // or the first one
      {"1969-12-31T23:59:59Z", 0},
      {"", std::nullopt},
      {"2026-01-01", std::nullopt},
      {"2026-01-01T00:00:00", std::nullopt},
      {"2026-01-01T00:00Z", std::nullopt},
      {"2026-01-01T00:00:00.Z", std::nullopt},
      {"2026-01-01T00:00:00Zx", std::nullopt},
      {"2026-01-01T00:00:00+00:00x", std::nullopt},
      {"2026-01-01T00:00:00+0", std::nullopt},
      {"2026-01-01T00:00:00+00:", std::nullopt},
      {"2026-01-01T00:00:00 ", std::nullopt},
      {"2026-01-01T00:00:00  +0000", std::nullopt},
      {"2026-01-01T00:00:00+24:00", std::nullopt},
      {"2026-01-01T00:00:00+00:60", std::nullopt},
      {"2025-02-29T00:00:00Z", std::nullopt},
      {"2026-13-01T00:00:00Z", std::nullopt},
      {"2026-00-01T00:00:00Z", std::nullopt},
      {"2026-01-32T00:00:00Z", std::nullopt},
      {"2026-01-00T00:00:00Z", std::nullopt},
      {"2026-01-01T24:00:00Z", std::nullopt},
      {"2026-01-01T00:60:00Z", std::nullopt},
      {"2026-01-01T00:00:61Z", std::nullopt},
      {"9999-12-31T24:00:00Z", std::nullopt},
      {"26-01-01T00:00:00Z", std::nullopt},
      {"+026-01-01T00:00:00Z", std::nullopt},
      {" 2026-01-01T00:00:00Z", std::nullopt},
      {"20260101T000000Z", std::nullopt},
  };
  for (Row const& row : rows) {
    CAPTURE(std::string(row.text));
    auto const time = parse_iso_time(row.text);
    REQUIRE(time.has_value() == row.expected.has_value());
    if (time) CHECK(epoch_seconds(*time) == *row.expected);
  }
}

TEST_CASE("no beginning of an ISO time is one, but for that with a shorter offset") {
  std::string_view const text = "2026-01-01T00:00:00.5+00:00";
  for (std::size_t length = 0; length < text.size(); ++length) {
    CAPTURE(length);
    if (length == text.size() - 3) continue;  // `+00` is an offset
    CHECK_FALSE(parse_iso_time(text.substr(0, length)).has_value());
  }
}

TEST_CASE("what iso_time writes, parse_iso_time reads") {
  for (std::int64_t const seconds : {0L, 951'782'400L, 1'574'515'200L, 4'102'444'799L}) {
    CHECK(parse_iso_time(iso_time(at(seconds, 1ms))) == at(seconds));
  }
}

TEST_CASE("an HTTP date is read in its one form, or refused") {
  struct Row {
    std::string_view text;
    std::optional<std::int64_t> expected;
  };
  Row const rows[] = {
      {"Thu, 01 Jan 2026 00:00:01 GMT", 1'767'225'601},
      {"Sun, 06 Nov 1994 08:49:37 GMT", 784'111'777},
      {"xxx, 06 Nov 1994 08:49:37 GMT", 784'111'777},
      {"Thu, 29 Feb 2024 23:59:59 GMT", 1'709'251'199},
      {"Sat, 31 Dec 2016 23:59:60 GMT", 1'483'228'800},
      {"", std::nullopt},
      {"Sunday, 06-Nov-94 08:49:37 GMT", std::nullopt},
      {"Sun Nov  6 08:49:37 1994", std::nullopt},
      {"Sun, 06 Nov 1994 08:49:37 UTC", std::nullopt},
      {"Sun, 06 Nov 1994 08:49:37 GMT ", std::nullopt},
      {"Sun, 6 Nov 1994 08:49:37 GMT", std::nullopt},
      {"Sun, 06 Anf 1994 08:49:37 GMT", std::nullopt},
      {"Sun, 06 Ovd 1994 08:49:37 GMT", std::nullopt},
      {"Sun, 06 xxx 1994 08:49:37 GMT", std::nullopt},
      {"Sun, 31 Nov 1994 08:49:37 GMT", std::nullopt},
      {"Sun, 06 Nov 1994 24:49:37 GMT", std::nullopt},
      {"Sun, 06 Nov 1994 08:60:37 GMT", std::nullopt},
      {"Sun, 06 Nov 1994 08-49-37 GMT", std::nullopt},
  };
  for (Row const& row : rows) {
    CAPTURE(std::string(row.text));
    auto const time = parse_http_date(row.text);
    REQUIRE(time.has_value() == row.expected.has_value());
    if (time) CHECK(epoch_seconds(*time) == *row.expected);
  }
}

TEST_CASE("every month of an HTTP date is known, in any case of its letters") {
  std::string_view const months[] = {"Jan", "fEB", "Mar", "APR", "May", "Jun",
                                     "Jul", "Aug", "sep", "Oct", "Nov", "DEC"};
  int number = 0;
  for (std::string_view const month : months) {
    auto const time = parse_http_date("Mon, 15 " + std::string(month) + " 2001 00:00:00 GMT");
    REQUIRE(time.has_value());
    ++number;
    CHECK(amz_date(*time) ==
          "2001" + std::string(number < 10 ? "0" : "") + std::to_string(number) + "15T000000Z");
  }
}
