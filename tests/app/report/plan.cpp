// SPDX-License-Identifier: MIT
#include "sla/app/report/plan.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

using namespace sla;
using namespace sla::app;

namespace {

constexpr ledger::Milliseconds to = 1'700'000'000'000;  // 2023-11-14T22:13:20Z
constexpr ledger::Milliseconds day = 86'400'000;

std::vector<std::string> names(std::vector<NamedWindow> const& parts) {
  std::vector<std::string> all;
  for (NamedWindow const& part : parts) all.push_back(part.name);
  return all;
}

}  // namespace

TEST_CASE("a page shows the last hours and days, whole months, 90 days and twelve weeks") {
  ReportPlan const plan = plan_page(to, std::nullopt);
  CHECK(names(plan.spans) == std::vector<std::string>{"24 h", "7 d", "30 d", "90 d", "2023-08",
                                                      "2023-09", "2023-10", "2023-11"});
  CHECK(app::detail::date_text(plan.window.from) == "2023-08-01");
  CHECK(plan.spans[4].window.from == plan.window.from);
  CHECK(plan.spans.back().window.to == to);
  REQUIRE(plan.days.size() == 90);
  CHECK(plan.days.front().name == "2023-08-17");
  CHECK(plan.days.back().name == "2023-11-14");
  CHECK(plan.days.back().window.to == to);
  CHECK(plan.days[3].window.from == plan.days[2].window.to);
  CHECK(plan.weeks.size() == 12);
  CHECK(plan.windows().size() == 8 + 90 + 12);
  for (ledger::Window const& window : plan.windows()) {
    CHECK(window.from >= plan.window.from);
    CHECK(window.to <= plan.window.to);
    CHECK(window.from < window.to);
  }
}

TEST_CASE("a page from a time on shows what lies behind it") {
  ReportPlan const plan = plan_page(to, to - 10 * day);
  CHECK(names(plan.spans) == std::vector<std::string>{"24 h", "7 d", "2023-11"});
  CHECK(plan.days.size() == 11);
  CHECK(plan.days.front().window.from == to - 10 * day);
  ReportPlan const hour = plan_page(to, to - 3'600'000);
  CHECK(hour.spans.front().name == "all");
  CHECK(hour.days.size() == 1);
}
