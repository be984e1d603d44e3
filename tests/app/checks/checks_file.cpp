// SPDX-License-Identifier: MIT
// Covers: app/checks/check_reader.hpp, app/checks/keys.hpp
// Covers: app/settings/parsed.hpp, app/settings/rules.hpp
#include "sla/app/checks/checks_file.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sla/app/settings/parsed.hpp"
#include "sla/app/settings/settings.hpp"
#include "sla/core/environment.hpp"

using namespace sla;
using app::Origin;
using Lines = std::vector<std::string>;

namespace {

app::ChecksFile read(std::string_view text, app::Parsed const& process = {}) {
  return app::read_checks(text, process);
}

/// The problems of one check that is good but for what is added to it.
Lines problems_of(std::string const& members) {
  return read(R"({"checks":[{"service":"shop","command":"true","every":60,)" + members + "}]}")
      .problems;
}

}  // namespace

TEST_CASE("a file has checks of every kind, each by the names of the flags in camelCase") {
  auto const file = read(R"({
    "checks": [
      {"service": "shop", "url": "https://shop.example/", "every": 60, "groups": ["web", "eu"],
       "header": ["Accept: text/html", "X-Two: 2"], "expectStatus": 204, "keepAlive": true},
      {"service": "job", "words": ["make", "a b", ""], "delay": "5m", "logLimit": "64K",
       "retries": 2, "slo": 99.95, "sloWindow": "30d", "tagID": "t", "slaTarget": 99.9},
      {"service": "db", "tcp": "db:5432", "every": 0.5, "disabled": true},
      {"service": "sh", "command": "a | b", "every": 1e1, "groups": "x,y", "timeout": 5}]})");
  CHECK(file.problems == Lines{});
  REQUIRE(file.checks.size() == 4);
  app::Settings const& web = file.checks[0].settings;
  CHECK(web.url == "https://shop.example/");
  CHECK(web.every == std::chrono::seconds{60});
  CHECK(web.groups == Lines{"web", "eu"});
  CHECK(web.headers.lines == Lines{"Accept: text/html", "X-Two: 2"});
  CHECK(web.expect_status == "204");
  CHECK(web.keep_alive);
  CHECK(web.timeout == std::chrono::seconds{30});
  app::Settings const& job = file.checks[1].settings;
  CHECK(job.words == Lines{"make", "a b", ""});
  CHECK(job.delay == std::chrono::minutes{5});
  CHECK(job.log_limit == 65536);
  CHECK(job.retries == "2");
  CHECK(job.slo == "99.95");
  CHECK(job.slo_window == std::chrono::hours{30 * 24});
  CHECK(job.tag_id == "t");
  CHECK(job.sla_target == "99.9");
  CHECK(file.checks[2].settings.disabled);
  CHECK(file.checks[2].settings.every == std::chrono::milliseconds{500});
  CHECK(file.checks[3].settings.groups == Lines{"x", "y"});
  CHECK(file.checks[3].settings.every == std::chrono::seconds{10});
  CHECK(file.checks[3].settings.timeout == std::chrono::seconds{5});
  CHECK(file.checks[3].place == "checks[3]");
}

TEST_CASE("a check beats the file's defaults, which beat the settings of the process") {
  app::Parsed process;
  process.settings.every = std::chrono::seconds{10};
  process.origins[app::setting_index("every")] = Origin::flag;
  process.settings.groups = {"all"};
  process.origins[app::setting_index("groups")] = Origin::environment;
  auto const file = read(R"({"defaults": {"delay": 5, "method": "HEAD", "command": "true"},
    "checks": [{"service": "a", "every": 1}, {"service": "b", "groups": ["b"]},
               {"service": "c", "url": "http://c/"}, {"service": "d", "groups": [],
                "words": ["d"]}]})",
                         process);
  CHECK(file.problems == Lines{});
  REQUIRE(file.checks.size() == 4);
  app::Settings const& a = file.checks[0].settings;
  CHECK(a.every == std::chrono::seconds{1});
  CHECK_FALSE(a.delay);
  CHECK(a.groups == Lines{"all"});
  CHECK(a.command == "true");
  CHECK(a.method == "");  // which is for those with a URL
  CHECK(file.checks[1].settings.delay == std::chrono::seconds{5});
  CHECK_FALSE(file.checks[1].settings.every);
  CHECK(file.checks[1].settings.groups == Lines{"b"});
  CHECK(file.checks[2].settings.method == "HEAD");
  CHECK(file.checks[2].settings.command == "");
  CHECK(file.checks[3].settings.groups == Lines{});
  CHECK(file.checks[3].settings.command == "");
}

TEST_CASE("every problem is found at once, with its place and what is expected") {
  auto const file = read(R"({"defaults": {"timeout": -1, "service": "x", "grace": null},
    "check": [],
    "checks": [
      {"servise": "a", "url": "https://a/", "every": 60},
      {"service": "b", "command": "true", "tcp": "b:1", "every": 0, "delay": 1},
      7,
      {"service": "d", "command": "true", "every": "soon", "groups": [1, "a,b", ""],
       "retries": 11, "store": "/tmp", "once": true, "disabled": 1, "interval": 5},
      {"service": "d", "words": [], "delay": true, "header": "no", "url": 5},
      {"service": "e", "command": "true"},
      {"service": 6, "words": ["x"], "command": "x", "every": "1m", "every": 2}]})");
  Lines const expected =
      Lines{"check: no such member: a file has defaults and checks",
            "defaults.timeout: '-1' is less than 0 seconds",
            "defaults.service: each check has its own",
            "defaults.grace: expected seconds: a number, or a text such as \"5m\"",
            "checks[0].servise: no such setting; did you mean service?",
            "checks[0].service: is required",
            "checks[1].every: '0' is not more than 0 seconds",
            "checks[1].command and checks[1].tcp exclude each other: give one of them",
            "checks[1].delay and checks[1].every exclude each other: give one of them",
            "checks[2]: expected an object, such as {\"service\":\"shop\",\"tcp\":\"shop:80\"}",
            "checks[3].every: 'soon' is no number of seconds, such as 60, 0.5 or 2h30m",
            "checks[3].groups[0]: expected a text that is not empty",
            "checks[3].groups[1]: holds a comma: give each by itself",
            "checks[3].groups[2]: expected a text that is not empty",
            "checks[3].retries: '11' is no whole number from 0 to 10",
            "checks[3].store: belongs to the whole process: give --store or $SLARUNNER_STORE",
            "checks[3].once: belongs to the whole process: give --once or $SLARUNNER_ONCE",
            "checks[3].disabled: expected true or false",
            "checks[3].interval: no such setting; did you mean every?",
            "checks[4].words: expected a list of texts, the first of them a program",
            "checks[4].delay: expected seconds: a number, or a text such as \"5m\"",
            "checks[4].header: *** is no header such as 'Accept: text/html'",
            "checks[4].url: expected a text",
            "checks[4].header is for a URL (--url): give one",
            "checks[4].service: 'd' is that of checks[3] too: each check needs its own",
            "checks[5]: no time to run: give every or delay",
            "checks[6].words: excludes command: give one of them",
            "checks[6].service: expected a text",
            "checks[6].every: is given more than once"};
  REQUIRE(file.problems.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(file.problems[i] == expected[i]);
}

TEST_CASE("what is no JSON is said with its line and column") {
  auto const only = [](std::string_view text) {
    auto const file = read(text);
    return file.problems.empty() ? file.mistake : file.problems[0];
  };
  CHECK(only("") == "line 1, column 1: expected a value at the end");
  CHECK(only("{\n  \"checks\": [\n    {\"service\" = \"a\"}]}") ==
        "line 3, column 16: expected : at '='");
  CHECK(only("{\"checks\":[{\"service\":\"a\"},]}") ==
        "line 1, column 28: expected a value at ']'");
  CHECK(only("{\"checks\":[{\"every\":1e400}]}") ==
        "line 1, column 21: expected a smaller number at '1e400'");
  CHECK(only("[]") == "it is JSON but no object");
  CHECK(only("{}") == "checks: expected a list of checks");
  CHECK(only("{\"checks\":{}}") == "checks: expected a list of checks");
  CHECK(only("{\"checks\":[]}") == "checks: expected one check at least");
  CHECK(
      read("\xEF\xBB\xBF{\"checks\":[{\"service\":\"a\",\"tcp\":\"a:1\",\"delay\":0}]}").problems ==
      Lines{});
}

TEST_CASE("a setting goes with what it needs") {
  CHECK(problems_of(R"("method":"GET")") ==
        Lines{"checks[0].method is for a URL (--url): give one"});
  CHECK(problems_of(R"("retries":3,"timeout":20)") ==
        Lines{"checks[0].retries: 4 attempts of 20 s (timeout), 1 s apart (retry-delay), do not "
              "fit checks[0].every of 60 s"});
  CHECK(problems_of(R"("expectEvery":60)") == Lines{"checks[0].expectEvery: is for --once"});
  CHECK(problems_of(R"("words":["x"])") ==
        Lines{"checks[0].words: excludes command: give one of them"});
  CHECK(problems_of(R"("every":1e18)") == Lines{"checks[0].every: is given more than once"});
}

TEST_CASE(
    "what a check needs is not empty; what is empty elsewhere takes back what holds for all") {
  auto const file = read(R"({"defaults":{"groups":["a"],"method":"HEAD"},"checks":[
    {"service":"","command":"","every":""}, {"service":"b","url":"http://b/","delay":1,
     "groups":"","method":""}]})");
  CHECK(file.problems == Lines{"checks[0].service: is empty", "checks[0].command: is empty",
                               "checks[0].every: is empty"});
  CHECK(file.checks[1].settings.groups == Lines{});
  CHECK(file.checks[1].settings.method == "");
}

TEST_CASE("a service is that of one check") {
  auto const file = read(R"({"checks":[{"service":"a","tcp":"a:1","delay":0},
    {"service":"b","tcp":"a:1","delay":0},{"service":"a","tcp":"a:2","delay":0}]})");
  CHECK(file.problems ==
        Lines{"checks[2].service: 'a' is that of checks[0] too: each check needs its own"});
}

TEST_CASE("a thousand checks are read") {
  std::string text = R"({"defaults":{"every":10,"timeout":"2s"},"checks":[)";
  for (int i = 0; i < 1000; ++i) {
    std::string const name = std::to_string(i);
    text.append(i == 0 ? "" : ",").append(R"({"service":"s)").append(name);
    text.append(R"(","tcp":"host:1)").append(name).append("\",\"groups\":[\"a\",\"b\"]}");
  }
  auto const file = read(text + "]}");
  CHECK(file.problems == Lines{});
  REQUIRE(file.checks.size() == 1000);
  CHECK(file.checks[999].settings.tcp == "host:1999");
  CHECK(file.checks[999].settings.timeout == std::chrono::seconds{2});
}

TEST_CASE("of a shard's file only its own checks are kept, and all are looked at") {
  std::string text = R"({"defaults":{"every":60},"checks":[)";
  for (int number = 0; number < 40; ++number) {
    text.append(R"({"service":"s)").append(std::to_string(number));
    text.append(R"(","command":"true"},)");
  }
  text += R"({"service":"s7","command":"true"}]})";
  std::size_t kept = 0;
  for (std::uint64_t index = 0; index < 4; ++index) {
    auto const file = app::read_checks(text, {}, {.index = index, .count = 4});
    CHECK(file.problems.size() == 1);
    for (app::Check const& check : file.checks) {
      CHECK(app::shard_of(check.settings.service, 4) == index);
    }
    kept += file.checks.size();
  }
  CHECK(kept == 41);
}
