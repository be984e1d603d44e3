// SPDX-License-Identifier: MIT
#include "sla/core/output.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../support/memory_file.hpp"

using namespace sla;

namespace {

/// What one read from the offset gives, with a buffer of that size.
std::string read(Output const& output, std::uint64_t offset, std::size_t size) {
  std::string buffer(size, '\0');
  auto const n = output.read(offset, buffer.data(), size);
  REQUIRE(n.has_value());
  buffer.resize(*n);
  return buffer;
}

/// "abcdef", a line of its own, and "uvwxyz", out of a file that holds more.
Output in_three_pieces() {
  std::vector<Output::Piece> pieces;
  pieces.push_back({.size = 6, .offset = 2});
  pieces.push_back({.size = 5, .text = "-gap-"});
  pieces.push_back({.size = 6, .offset = 10});
  return Output{MemoryFile::holding("..abcdef..uvwxyz.."), std::move(pieces), std::nullopt};
}

}  // namespace

TEST_CASE("an output without bytes is read to its end at once") {
  for (Output const& output : {Output{}, Output{""}, Output{Descriptor{}, {}, std::nullopt}}) {
    CHECK(output.size() == 0);
    CHECK(*output.text() == "");
    CHECK(read(output, 0, 10) == "");
    CHECK(read(output, 5, 10) == "");
    int blocks = 0;
    CHECK(output
              .each_block([&](std::string_view) -> Result<void> {
                ++blocks;
                return {};
              })
              .has_value());
    CHECK(blocks == 0);
    CHECK(output.sha256() == std::nullopt);
  }
}

TEST_CASE("a text in memory is read at any offset") {
  Output const output{std::string("a\0b\xFF", 4)};
  CHECK(output.size() == 4);
  CHECK((*output.text() == std::string("a\0b\xFF", 4)));
  CHECK(read(output, 0, 2) == std::string("a\0", 2));
  CHECK(read(output, 2, 10) == "b\xFF");
  CHECK(read(output, 4, 10) == "");
  CHECK(read(output, 400, 10) == "");
}

TEST_CASE("pieces of a file and of text follow each other, and a read stays within one") {
  Output const output = in_three_pieces();
  CHECK(output.size() == 17);
  CHECK(*output.text() == "abcdef-gap-uvwxyz");
  struct Row {
    std::uint64_t offset;
    std::size_t size;
    std::string_view expected;
  };
  Row const rows[] = {{0, 3, "abc"},  {3, 100, "def"}, {5, 1, "f"},    {6, 100, "-gap-"},
                      {8, 2, "ap"},   {10, 9, "-"},    {11, 2, "uv"},  {11, 100, "uvwxyz"},
                      {16, 100, "z"}, {17, 100, ""},   {1000, 100, ""}};
  for (Row const& row : rows) CHECK(read(output, row.offset, row.size) == row.expected);
}

TEST_CASE("a piece of no size is passed over") {
  std::vector<Output::Piece> pieces;
  pieces.push_back({});
  pieces.push_back({.size = 2, .offset = 1});
  pieces.push_back({});
  Output const output{MemoryFile::holding("abc"), std::move(pieces), std::nullopt};
  CHECK(output.size() == 2);
  CHECK(*output.text() == "bc");
}

TEST_CASE("a buffer without room takes no bytes") {
  Output const output = in_three_pieces();
  for (std::uint64_t const offset : {0U, 7U, 12U, 17U}) {
    CAPTURE(offset);
    auto const n = output.read(offset, nullptr, 0);
    REQUIRE(n.has_value());
    CHECK(*n == 0);
  }
}

TEST_CASE("a large output comes in blocks of at most 64 KiB, whole and in order") {
  std::string text;
  for (int i = 0; text.size() < 300'000; ++i) text += std::to_string(i);
  std::uint64_t const size = text.size();
  std::vector<Output::Piece> pieces;
  pieces.push_back({.size = size, .offset = 0});
  Output const in_file{MemoryFile::holding(text), std::move(pieces), std::nullopt};
  Output const in_memory{text};
  for (Output const* const output : {&in_file, &in_memory}) {
    std::string seen;
    std::size_t largest = 0;
    CHECK(output
              ->each_block([&](std::string_view block) -> Result<void> {
                largest = std::max(largest, block.size());
                seen += block;
                return {};
              })
              .has_value());
    CHECK((seen == text));
    CHECK(largest <= 64U * 1024U);
  }
}

TEST_CASE("the first error of a sink ends the reading") {
  Output const output = in_three_pieces();
  int blocks = 0;
  auto const done = output.each_block([&](std::string_view) -> Result<void> {
    ++blocks;
    return Error{Errc::denied, "no"};
  });
  CHECK(done.error() == Error{Errc::denied, "no"});
  CHECK(blocks == 1);
}

TEST_CASE("a file that is shorter than its pieces say, or not there, is an error") {
  std::vector<Output::Piece> pieces;
  pieces.push_back({.size = 10, .offset = 0});
  Output const cut{MemoryFile::holding("abc"), pieces, std::nullopt};
  CHECK(read(cut, 0, 10) == "abc");
  CHECK(cut.text().error().message == "the captured output was cut short");
  Output const none{Descriptor{}, pieces, std::nullopt};
  CHECK(none.text().error().code == Errc::system);
  CHECK(none.text().error().message.starts_with("reading the captured output: "));
}

TEST_CASE("copies share the bytes, and the hash is kept where it is known") {
  Sha256Bytes hash{};
  hash[0] = 1;
  std::vector<Output::Piece> pieces;
  pieces.push_back({.size = 3, .offset = 0});
  std::optional<Output> first{
      Output{MemoryFile::holding("abc"), std::move(pieces), std::optional(hash)}};
  Output const second = *first;
  first.reset();
  CHECK(*second.text() == "abc");
  CHECK((second.sha256() == hash));
}

TEST_CASE("an output may be given its digest later, an empty one too") {
  Sha256Bytes sum{};
  sum[0] = 7;
  for (std::string const& text : {std::string(), std::string("text")}) {
    Output const plain(text);
    Output const known = plain.with_sha256(sum);
    CHECK_FALSE(plain.sha256());
    CHECK(known.sha256() == sum);
    CHECK(known.text().value() == text);
  }
}
