// SPDX-License-Identifier: MIT
#include "sla/executor/perf_data.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace sla::internal;

TEST_CASE("the message is the first line up to the bar, 256 bytes at most") {
  CHECK(plugin_message("HTTP OK: 200 | time=0.1s") == "HTTP OK: 200");
  CHECK(plugin_message("all is well \r") == "all is well");
  CHECK(plugin_message("|a=1").empty());
  CHECK(plugin_message(std::string(255, 'x') + "ö") == std::string(255, 'x'));
  CHECK(plugin_message(std::string(254, 'x') + "ö") == std::string(254, 'x') + "ö");
}

TEST_CASE("measurements are what the plugins of Debian write") {
  CHECK(plugin_perf("HTTP OK: HTTP/1.1 200 OK - 0.004 second response time "
                    "|time=0.004221s;;;0.000000;10.000000 size=323B;;;0") ==
        R"([{"label":"time","value":0.004221,"unit":"s","min":0.000000,"max":10.000000},)"
        R"({"label":"size","value":323,"unit":"B","min":0}])");
  CHECK(plugin_perf("DISK OK - free space: / 1 MiB (9%);| /=1234MiB;@5:10;~:20;0;13000") ==
        R"([{"label":"/","value":1234,"unit":"MiB","warn":"@5:10","crit":"~:20",)"
        R"("min":0,"max":13000}])");
  CHECK(plugin_perf("x | 'it''s a label'=-.5% 'a=b'=+007.") ==
        R"([{"label":"it's a label","value":-0.5,"unit":"%"},{"label":"a=b","value":7}])");
}

TEST_CASE("what is no measurement is left out") {
  for (char const* const line : {"no bar", "|", "| ", "|a", "|a=", "|a=U", "|=1", "|'a=1", "|'a'1",
                                 "|a=1.2.3", "|a=-", "|a=.", "|''=1"}) {
    CHECK_MESSAGE(plugin_perf(line).empty(), line);
  }
  CHECK(plugin_perf("| a b=1 =2 c=x d=2;") ==
        R"([{"label":"b","value":1},{"label":"d","value":2}])");
  std::string many = "|";
  for (int i = 0; i < 30; ++i) many += " x=1";
  std::string const found = plugin_perf(many);
  std::size_t count = 0;
  for (std::size_t at = 0; (at = found.find("label", at)) != found.npos; ++at) ++count;
  CHECK(count == most_perf);
}

TEST_CASE("a number is one of JSON") {
  for (auto const& [text, number] : {
           std::pair{"1", "1"},
           {"0", "0"},
           {"000", "0"},
           {"007", "7"},
           {".5", "0.5"},
           {"5.", "5"},
           {"-1.50", "-1.50"},
           {"+1", "1"},
           {"-0", "-0"},
           {"999999999999999999", "999999999999999999"},
           {"18446744073709551616", "18446744073709551616.0"},
       }) {
    CHECK(json_decimal(text) == number);
  }
  for (char const* const text : {"", "-", ".", "+-1", "1e5", "0x1", "1,5", "1.2.3", " 1",
                                 "11111111111111111111111111111111111111111"}) {
    CHECK_MESSAGE(json_decimal(text).empty(), text);
  }
}
