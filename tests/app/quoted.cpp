// SPDX-License-Identifier: MIT
#include "sla/app/quoted.hpp"

#include <doctest/doctest.h>

#include <string>

TEST_CASE("what can be shown is shown as it is") {
  CHECK(sla::app::quoted("") == "''");
  CHECK(sla::app::quoted("a b/c") == "'a b/c'");
  CHECK(sla::app::quoted("z\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80") ==
        "'z\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80'");
}

TEST_CASE("controls, broken UTF-8 and what changes the direction of reading are escaped") {
  struct {
    std::string text;
    std::string shown;
  } const cases[] = {
      {"a\nb", "a\\nb"},
      {"a\r\tb", "a\\r\\tb"},
      {"\x1b[31m", "\\x1b[31m"},
      {"\x7f", "\\x7f"},
      {"back\\slash", "back\\\\slash"},
      {"\xff\xc3", "\\xff\\xc3"},
      {"\xc2\x9b", "\\xc2\\x9b"},
      {"\xc2\xa0", "\xc2\xa0"},
      {"\xe2\x80\xae", "\\xe2\\x80\\xae"},
      {"\xe2\x81\xa6", "\\xe2\\x81\\xa6"},
  };
  for (auto const& [text, shown] : cases) CHECK(sla::app::escaped(text) == shown);
}

TEST_CASE("a long text is cut between characters") {
  CHECK(sla::app::escaped("abcd", 4) == "abcd");
  CHECK(sla::app::escaped("abcde", 4) == "abcd...");
  CHECK(sla::app::escaped("\xC3\xBC\xC3\xBC\xC3\xBC", 2) == "\xC3\xBC\xC3\xBC...");
  CHECK(sla::app::quoted(std::string(1000, 'x')) == "'" + std::string(60, 'x') + "...'");
}
