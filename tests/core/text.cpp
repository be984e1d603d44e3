// SPDX-License-Identifier: MIT
#include "sla/core/text.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace sla;
using namespace std::string_view_literals;

namespace {

std::vector<unsigned char> bytes(std::string_view text) { return {text.begin(), text.end()}; }
std::string encoded(std::string_view text) { return base64(bytes(text)); }

}  // namespace

TEST_CASE("characters are classed as ASCII has them, whatever char is signed or not") {
  for (int i = 0; i < 256; ++i) {
    auto const c = static_cast<char>(static_cast<unsigned char>(i));
    CAPTURE(i);
    CHECK(is_digit(c) == (i >= '0' && i <= '9'));
    CHECK(is_alpha(c) == ((i >= 'A' && i <= 'Z') || (i >= 'a' && i <= 'z')));
    CHECK(is_control(c) == (i < 32 || i == 127));
    CHECK(is_blank(c) == (i == 32 || i == 9 || i == 10 || i == 13));
    CHECK(lower(c) == (i >= 'A' && i <= 'Z' ? static_cast<char>(i + 32) : c));
  }
}

TEST_CASE("lower case and comparison know ASCII letters only") {
  CHECK(lower("AbC-1_Z"sv) == "abc-1_z");
  CHECK(lower("\xC3\x84"sv) == "\xC3\x84");
  CHECK(same_ignoring_case("Content-TYPE", "content-type"));
  CHECK(same_ignoring_case("", ""));
  CHECK_FALSE(same_ignoring_case("abc", "abcd"));
  CHECK_FALSE(same_ignoring_case("abc", "abd"));
  CHECK_FALSE(same_ignoring_case("\xC3\x84", "\xC3\xA4"));
  CHECK_FALSE(same_ignoring_case("@", "`"));
  CHECK_FALSE(same_ignoring_case("[", "{"));
}

TEST_CASE("a control character is found anywhere in a text") {
  CHECK_FALSE(has_control(""));
  CHECK_FALSE(has_control("plain \xC3\xA4"));
  CHECK(has_control("a\nb"));
  CHECK(has_control("a\x7f"));
  CHECK(has_control("\0a"sv));
}

TEST_CASE("trimming takes blanks from both ends and nothing else") {
  struct Row {
    std::string_view text, expected;
  };
  Row const rows[] = {{"", ""},          {" ", ""},           {" \t\r\n", ""},
                      {"a", "a"},        {"  a b\t ", "a b"}, {"\r\na\n", "a"},
                      {"\va\v", "\va\v"}};
  for (Row const& row : rows) CHECK(trim(row.text) == row.expected);
}

TEST_CASE("a byte order mark is left out at the begin of a text, once") {
  CHECK(without_byte_order_mark("\xEF\xBB\xBF{}") == "{}");
  CHECK(without_byte_order_mark("\xEF\xBB\xBF") == "");
  CHECK(without_byte_order_mark("\xEF\xBB\xBF\xEF\xBB\xBF") == "\xEF\xBB\xBF");
  CHECK(without_byte_order_mark("a\xEF\xBB\xBF") == "a\xEF\xBB\xBF");
  CHECK(without_byte_order_mark("\xEF\xBB") == "\xEF\xBB");
  CHECK(without_byte_order_mark("") == "");
}

TEST_CASE("splitting keeps empty parts") {
  using Parts = std::vector<std::string_view>;
  CHECK(split("", ',') == Parts{""});
  CHECK(split("a", ',') == Parts{"a"});
  CHECK(split("a,b", ',') == Parts{"a", "b"});
  CHECK(split(",a,,b,", ',') == Parts{"", "a", "", "b", ""});
  CHECK(split("a/b,c", '/') == Parts{"a", "b,c"});
}

TEST_CASE("hexadecimal has two lower-case digits for each byte") {
  CHECK(hex(""sv) == "");
  CHECK(hex(bytes("\x00\x01\x0F\x10\xAB\xFF"sv)) == "00010f10abff");
  CHECK(hex("\x00\x7F\x80\xFF"sv) == "007f80ff");
}

TEST_CASE("base64 gives the vectors of RFC 4648 section 10") {
  struct Row {
    std::string_view text, expected;
  };
  Row const rows[] = {{"", ""},
                      {"f", "Zg=="},
                      {"fo", "Zm8="},
                      {"foo", "Zm9v"},
                      {"foob", "Zm9vYg=="},
                      {"fooba", "Zm9vYmE="},
                      {"foobar", "Zm9vYmFy"},
                      {"\xFB\xFF\xBF", "+/+/"},
                      {"\0\0"sv, "AAA="}};
  for (Row const& row : rows) {
    CHECK(encoded(row.text) == row.expected);
    CHECK(base64(row.text) == row.expected);
  }
}

TEST_CASE("percent-encoding leaves the unreserved characters and, where asked, the slash") {
  std::string_view const unreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  CHECK(percent_encode(unreserved, Slash::encode) == unreserved);
  CHECK(percent_encode("a/b c", Slash::encode) == "a%2Fb%20c");
  CHECK(percent_encode("a/b c", Slash::keep) == "a/b%20c");
  CHECK(percent_encode("+*%\0\xC3\xA4\x7f"sv, Slash::encode) == "%2B%2A%25%00%C3%A4%7F");
  for (int i = 0; i < 256; ++i) {
    char const c = static_cast<char>(static_cast<unsigned char>(i));
    CAPTURE(i);
    bool const stays = unreserved.find(c) != std::string_view::npos;
    CHECK(percent_encode({&c, 1}, Slash::encode).size() == (stays ? 1 : 3));
  }
  std::string out = "key=";
  percent_encode_to(out, "a b", Slash::encode);
  CHECK(out == "key=a%20b");
}

TEST_CASE("an integer fills its text or is none") {
  struct Row {
    std::string_view text;
    std::optional<std::int64_t> expected;
  };
  Row const rows[] = {
      {"0", 0},
      {"42", 42},
      {"-7", -7},
      {"007", 7},
      {"9223372036854775807", std::numeric_limits<std::int64_t>::max()},
      {"9223372036854775808", std::nullopt},
      {"", std::nullopt},
      {"-", std::nullopt},
      {"+1", std::nullopt},
      {" 1", std::nullopt},
      {"1 ", std::nullopt},
      {"1.0", std::nullopt},
      {"0x10", std::nullopt},
      {"1\0"sv, std::nullopt},
      {"one", std::nullopt},
  };
  for (Row const& row : rows) {
    CAPTURE(std::string(row.text));
    CHECK(parse_integer(row.text) == row.expected);
  }
  CHECK(parse_integer(std::string_view{}) == std::nullopt);
  CHECK(parse_integer<unsigned>("-1") == std::nullopt);
  CHECK(parse_integer<std::uint8_t>("255") == std::uint8_t{255});
  CHECK(parse_integer<std::uint8_t>("256") == std::nullopt);
}

TEST_CASE("a decimal number fills its text, is finite and has no exponent") {
  struct Row {
    std::string_view text;
    std::optional<double> expected;
  };
  Row const rows[] = {
      {"2", 2.0},
      {"0.5", 0.5},
      {"-1.25", -1.25},
      {".5", 0.5},
      {"5.", 5.0},
      {"-0", 0.0},
      {"0.1", 0.1},
      {"123456.789", 123456.789},
      {"999999999999999", 999999999999999.0},
      {"-999999999999999.99", -999999999999999.0},
      {"0.3000000000000000000000000000000000000000000001", 0.3},
      {"", std::nullopt},
      {".", std::nullopt},
      {"-", std::nullopt},
      {"--1", std::nullopt},
      {"-.", std::nullopt},
      {"1..2", std::nullopt},
      {"+1", std::nullopt},
      {"1e3", std::nullopt},
      {"0x1p3", std::nullopt},
      {"inf", std::nullopt},
      {"-infinity", std::nullopt},
      {"nan", std::nullopt},
      {"1,5", std::nullopt},
      {"1 ", std::nullopt},
      {" 1", std::nullopt},
      {"1.2.3", std::nullopt},
      {"1000000000000000", std::nullopt},
      {"99999999999999999999999999999999999999999999999999", std::nullopt},
  };
  for (Row const& row : rows) {
    CAPTURE(std::string(row.text));
    CHECK(parse_decimal(row.text) == row.expected);
  }
  CHECK(parse_decimal(std::string(400, '9')) == std::nullopt);
}

TEST_CASE("UTF-8 is well-formed as RFC 3629 has it") {
  struct Row {
    std::string_view text;
    std::size_t expected;
  };
  Row const rows[] = {
      {"", 0},
      {"a", 1},
      {"\0"sv, 1},
      {"\x7F", 1},
      {"\x80", 0},              // a tail alone
      {"\xBF", 0},              //
      {"\xC0\x80", 0},          // overlong
      {"\xC1\xBF", 0},          // overlong
      {"\xC2\x80", 2},          // U+0080
      {"\xDF\xBF", 2},          // U+07FF
      {"\xC3", 0},              // cut short
      {"\xC3\x28", 0},          // no tail
      {"\xE0\x9F\xBF", 0},      // overlong
      {"\xE0\xA0\x80", 3},      // U+0800
      {"\xED\x9F\xBF", 3},      // U+D7FF
      {"\xED\xA0\x80", 0},      // a surrogate
      {"\xED\xBF\xBF", 0},      // a surrogate
      {"\xEE\x80\x80", 3},      // U+E000
      {"\xEF\xBF\xBF", 3},      // U+FFFF
      {"\xE2\x82", 0},          // cut short
      {"\xE2\x28\xA1", 0},      //
      {"\xE2\x82\x28", 0},      //
      {"\xF0\x8F\xBF\xBF", 0},  // overlong
      {"\xF0\x90\x80\x80", 4},  // U+10000
      {"\xF4\x8F\xBF\xBF", 4},  // U+10FFFF
      {"\xF4\x90\x80\x80", 0},  // above the last
      {"\xF5\x80\x80\x80", 0},  //
      {"\xFF", 0},              //
      {"\xF0\x90\x80", 0},      // cut short
      {"\xF0\x90\x28\x80", 0},  //
      {"ab", 1},                // only the first counts
  };
  for (Row const& row : rows) {
    CAPTURE(hex(bytes(row.text)));
    CHECK(utf8_length(row.text) == row.expected);
  }
  CHECK(is_utf8(""));
  CHECK(is_utf8("gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80"));
  CHECK_FALSE(is_utf8("gr\xFC\xDF"));
  CHECK_FALSE(is_utf8("cut\xC3"));
}
