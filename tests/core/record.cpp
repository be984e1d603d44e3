// SPDX-License-Identifier: MIT
#include "sla/core/record.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <utility>

using namespace sla;

TEST_CASE("texts and numbers come back as they were written") {
  std::string const bytes = internal::RecordWriter()
                                .text(1, "some text")
                                .number(2, -5)
                                .text(200, "")
                                .number(3, INT64_MAX)
                                .bytes();
  internal::RecordReader in(bytes);
  auto const text = in.next();
  REQUIRE(text);
  CHECK(text->name == 1);
  CHECK(text->value == "some text");
  CHECK(!text->number());
  CHECK(in.next()->number() == -5);
  auto const empty = in.next();
  REQUIRE(empty);
  CHECK(empty->name == 200);
  CHECK(empty->value.empty());
  CHECK(in.next()->number() == INT64_MAX);
  CHECK(!in.next());
  CHECK(in.at_end());
}

TEST_CASE("a field that was cut short is none") {
  std::string const bytes = internal::RecordWriter().text(1, "some text").bytes();
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    internal::RecordReader in(std::string_view(bytes).substr(0, size));
    CHECK(!in.next());
    CHECK(!in.at_end());
  }
}

TEST_CASE("numbers stand lowest byte first") {
  std::string bytes;
  internal::append_number(bytes, std::uint32_t{0x01020304});
  CHECK(bytes == "\x04\x03\x02\x01");
  CHECK(internal::leading_number<std::uint32_t>(bytes) == 0x01020304);
}
