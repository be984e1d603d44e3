// SPDX-License-Identifier: MIT
#include "sla/app/access/test_delivery.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

using namespace sla;
using namespace sla::app;
using namespace std::chrono_literals;

TEST_CASE("what is delivered as a test says so and does not count") {
  Settings settings;
  settings.service = "shop";
  settings.groups = {"web"};
  WallTime const now{1'574'515'200s};
  Report const report = test_report(settings, now);
  CHECK_FALSE(report.conclusive());
  auto const message = test_message(report, EventFormat::documented, "arn");
  CHECK(message.topic_arn == "arn");
  CHECK(message.message.find(R"("verdict":"skipped")") != std::string::npos);
  CHECK(message.message.find(R"("counted":false)") != std::string::npos);
  CHECK(message.message.find(test_delivery_text) != std::string::npos);
  bool counted = true;
  for (auto const& attribute : message.attributes) {
    if (attribute.name == "counted") counted = attribute.value != "false";
  }
  CHECK_FALSE(counted);
  CHECK(message.deduplication_id == report.job.run_id);
  CHECK(test_log(report).key == "shop/1574515200_SKIPPED");
  CHECK(test_log(report).existing == aws::Existing::keep);
  CHECK(test_metric("SLA", now).data.front().name == "Preflight");
}
