// SPDX-License-Identifier: MIT
#include "sla/core/json.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

using namespace sla;
using namespace std::string_view_literals;

namespace {

std::string as_json(std::string_view text) { return JsonWriter{}.string(text).text(); }

}  // namespace

TEST_CASE("commas stand between the members of objects and arrays, at any depth") {
  CHECK(JsonWriter{}.begin_object().end_object().text() == "{}");
  CHECK(JsonWriter{}.begin_array().end_array().text() == "[]");
  JsonWriter json;
  json.begin_object();
  json.key("a").begin_array().integer(1).integer(2).begin_array().end_array().end_array();
  json.key("b").begin_object().key("c").boolean(true).key("d").boolean(false).end_object();
  json.key("e").string("f").key("g").literal("1.500").key("h").begin_array().end_array();
  json.end_object();
  CHECK(json.text() == R"({"a":[1,2,[]],"b":{"c":true,"d":false},"e":"f","g":1.500,"h":[]})");
}

TEST_CASE("an array of objects and an array of strings are separated too") {
  JsonWriter json;
  json.begin_array().begin_object().end_object().begin_object().end_object();
  json.string("a").string("b").end_array();
  CHECK(json.text() == R"([{},{},"a","b"])");
}

TEST_CASE("integers keep all their digits") {
  CHECK(JsonWriter{}.integer(0).text() == "0");
  CHECK(JsonWriter{}.integer(std::numeric_limits<std::int64_t>::min()).text() ==
        "-9223372036854775808");
  CHECK(JsonWriter{}.integer(std::numeric_limits<std::int64_t>::max()).text() ==
        "9223372036854775807");
}

TEST_CASE("strings are escaped as JSON asks for") {
  struct Row {
    std::string_view text, expected;
  };
  Row const rows[] = {
      {"", R"("")"},
      {"plain", R"("plain")"},
      {R"(a"b\c/d)", R"("a\"b\\c/d")"},
      {"a\nb\tc", R"("a\nb\tc")"},
      {"\r\b\f", R"("\u000d\u0008\u000c")"},
      {"\0\x01\x1f\x7f"sv, R"("\u0000\u0001\u001f\u007f")"},
      {"gr\xC3\xBC\xC3\x9F", "\"gr\xC3\xBC\xC3\x9F\""},
      {"\xF0\x9F\x98\x80", "\"\xF0\x9F\x98\x80\""},
      {"\xE2\x80\xA8", "\"\xE2\x80\xA8\""},
      {"\xEF\xBF\xBE\xEF\xBF\xBF", R"("\ufffe\uffff")"},
  };
  for (Row const& row : rows) {
    CAPTURE(std::string(row.expected));
    CHECK(as_json(row.text) == row.expected);
  }
}

TEST_CASE("each byte that is not UTF-8 becomes one replacement character") {
  struct Row {
    std::string_view text, expected;
  };
  Row const rows[] = {
      {"a\xFF"
       "b",
       "\"a\xEF\xBF\xBD"
       "b\""},
      {"\xC3", "\"\xEF\xBF\xBD\""},
      {"\xC3\"", "\"\xEF\xBF\xBD\\\"\""},
      {"\xC0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"\xE2\x82\xC3\xA4", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xC3\xA4\""},
  };
  for (Row const& row : rows) {
    CAPTURE(hex(row.text));
    CHECK(as_json(row.text) == row.expected);
  }
}

TEST_CASE("whatever the bytes, the text is valid UTF-8 without control characters") {
  std::string every;
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; second += 7) {
      every += static_cast<char>(static_cast<unsigned char>(first));
      every += static_cast<char>(static_cast<unsigned char>(second));
    }
  }
  std::string const text = as_json(every);
  CHECK(is_utf8(text));
  CHECK_FALSE(has_control(text));
  CHECK(JsonWriter{}.begin_object().key("a\"\x01").integer(1).end_object().text() ==
        R"({"a\"\u0001":1})");
}

TEST_CASE("the text can be moved out of the writer") {
  JsonWriter json;
  json.string(std::string(100, 'x'));
  std::string const text = std::move(json).text();
  CHECK(text.size() == 102);
}
