// SPDX-License-Identifier: MIT
// Covers: app/report/flags.hpp, app/report/output.hpp
#include "sla/app/report/slamon.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace sla;
using namespace sla::app;

namespace {

constexpr ledger::Milliseconds day = 86'400'000;
constexpr ledger::Milliseconds now = 20 * day;

ledger::ServiceAnswer answer_of(ReportPlan const& plan) {
  ledger::ServiceAnswer answer{.service = "shop"};
  answer.parts.resize(plan.spans.size());
  answer.parts[1] = {.times = {.down = 810'000}, .counts = {.good = 9'995, .bad = 5}};
  answer.outages = {{.from = now - 2 * day, .to = now - day, .service = "shop"},
                    {.from = now - day / 2, .to = now - 1, .service = "shop"}};
  return answer;
}

std::vector<ReportFile> files_of(std::vector<SlamonResult> const& results) {
  ReportPlan const plan = plan_slamon(now);
  return slamon_files("dev", plan, {.services = {answer_of(plan)}}, {{"shop", results}});
}

bool holds(std::string const& text, std::string const& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the former monitor's files are a list, and for each service a summary and histories") {
  std::vector<std::string> paths;
  for (ReportFile const& file : files_of({})) paths.push_back(file.path);
  CHECK(paths == std::vector<std::string>{
                     "slamon/dev/shop/history/1d.json", "slamon/dev/shop/history/3d.json",
                     "slamon/dev/shop/history/7d.json", "slamon/dev/shop/history/14d.json",
                     "slamon/dev/shop/summary.json", "slamon/dev/services.json"});
  CHECK(files_of({}).back().text == "[{\"service\":\"shop\"}]\n");
}

TEST_CASE("a summary tells the ranges, floored as ever and exactly too") {
  std::string const text = files_of({})[4].text;
  CHECK(holds(text, R"({"timeRange":"3d","summary":{"numAttempts":10000,"numSuccesses":9995,)"
                    R"("successPercent":99,"successPercentExact":"99.950","failureMins":13.50,)"
                    R"("numFailures":5,"numOutages":2}})"));
  CHECK(holds(text, R"({"timeRange":"1d","summary":{"numAttempts":0,"numSuccesses":0,)"
                    R"("successPercent":0,"successPercentExact":null,"failureMins":0.00,)"
                    R"("numFailures":0,"numOutages":1}})"));
  CHECK(holds(text, R"("currentStatus":"UNKNOWN")"));
  CHECK(holds(text, R"("statusChanges":[],"currentStatusDurationMins":-1)"));
}

TEST_CASE("a change of the status has the log of the result that made it, the last one first") {
  std::vector<SlamonResult> results{
      {.run = "1", .succeeded = true, .end = now - 600'000, .log = "s3://logs/1"},
      {.run = "2", .succeeded = false, .end = now - 540'000, .log = "s3://logs/2"},
      {.run = "3", .succeeded = false, .end = now - 480'000, .log = "s3://logs/3"},
      {.run = "4", .succeeded = true, .end = now - 420'000, .duration = 900}};
  results.push_back(results[1]);                                             // delivered twice
  results.push_back({.run = "3", .succeeded = true, .end = now - 480'000});  // the worse one stands
  std::reverse(results.begin(), results.end());
  auto const files = files_of(results);
  std::string const& text = files[4].text;
  CHECK(holds(text, R"("currentStatus":"SUCCESS")"));
  CHECK(holds(text, R"("statusChanges":[{"status":"SUCCESS","fromTimestamp":1727580,)"
                    R"("toTimestamp":1728000,"durationMins":7,"detailLocation":null},)"
                    R"({"status":"FAILURE","fromTimestamp":1727460,"toTimestamp":1727580,)"
                    R"("durationMins":2,"detailLocation":"s3://logs/2"}],)"
                    R"("currentStatusDurationMins":7)"));
  CHECK(files[0].text ==
        R"({"history":[{"timestamp":1727580,"succeeded":true,"testExecutionSecs":0.900,)"
        R"("resultS3Location":null},{"timestamp":1727520,"succeeded":false,)"
        R"("testExecutionSecs":null,"resultS3Location":"s3://logs/3"},{"timestamp":1727460,)"
        R"("succeeded":false,"testExecutionSecs":null,"resultS3Location":"s3://logs/2"},)"
        R"({"timestamp":1727400,"succeeded":true,"testExecutionSecs":null,)"
        R"("resultS3Location":"s3://logs/1"}]})"
        "\n");
}

TEST_CASE("no name leads to another place") {
  CHECK(app::detail::check_path("slamon/dev/a/b/summary.json"));
  for (std::string const& path :
       {std::string("slamon/../x"), std::string("slamon//x"), std::string("/x"), std::string("./x"),
        std::string("x/."), std::string("x\0y", 3), std::string("x/")}) {
    CAPTURE(path);
    CHECK_FALSE(app::detail::check_path(path));
  }
}
