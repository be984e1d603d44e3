// SPDX-License-Identifier: MIT
#include "sla/app/checks/json_mistake.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace sla;

namespace {

std::string mistake(std::string_view text) { return app::find_json_mistake(text).value_or("none"); }

}  // namespace

TEST_CASE("JSON has no mistake") {
  for (std::string_view const text :
       {"{}", "[]", "1", " -0.5e+3 ", "\"\\u00e9\\n\\\"\"",
        "[1, {\"a\" : null, \"b\":[true,false]}]", "\"\xC3\xA9\"", "0"}) {
    CAPTURE(text);
    CHECK(mistake(text) == "none");
  }
}

TEST_CASE("the first mistake is told by line, column and what is expected") {
  CHECK(mistake("") == "line 1, column 1: expected a value at the end");
  CHECK(mistake("{\"a\":\n 1,\n}") == "line 3, column 1: expected a name in double quotes at '}'");
  CHECK(mistake("{\"\xC3\xA9\" 1}") == "line 1, column 6: expected : at '1'");
  CHECK(mistake("[1 2]") == "line 1, column 4: expected , or ] at '2'");
  CHECK(mistake("{'a':1}") == "line 1, column 2: expected a name in double quotes at ''a''");
  CHECK(mistake("{} x") == "line 1, column 4: expected nothing more at 'x'");
  CHECK(mistake("[tru]") == "line 1, column 2: expected a value at 'tru'");
  CHECK(mistake("[01]") == "line 1, column 2: expected a number at '01'");
  CHECK(mistake("[1.]") == "line 1, column 2: expected a number at '1.'");
  CHECK(mistake("[12345678901234567890]") ==
        "line 1, column 2: expected a smaller number at '12345678901234567890'");
  CHECK(mistake("\"\\x\"") == "line 1, column 2: expected an escape such as \\n at '\\\\x'");
  CHECK(mistake("\"a") ==
        "line 1, column 3: expected the double quote at the end of a text at the end");
  CHECK(mistake("\"\xFF\"") == "line 1, column 2: expected UTF-8 at '\\xff'");
  CHECK(mistake(std::string(200, '[')) ==
        "line 1, column 102: expected no more brackets inside each other at '['");
}
