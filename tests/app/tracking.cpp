// SPDX-License-Identifier: MIT
#include "sla/app/tracking.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace sla;
using namespace sla::app;

TEST_CASE("the target is --slo, or SLA_TARGET where that is a number, or none") {
  Settings settings;
  CHECK_FALSE(tracking_of(settings, "").target);
  settings.sla_target = "gold";
  CHECK_FALSE(tracking_of(settings, "").target);
  settings.sla_target = "99.9";
  CHECK(tracking_of(settings, "").target->good.text() == "99.9");
  settings.slo = "99.5";
  settings.slo_window = std::chrono::hours{24};
  settings.slo_min_failures = 7;
  auto const target = tracking_of(settings, "").target;
  CHECK(target->good.text() == "99.5");
  CHECK(target->window == std::chrono::hours{24});
  CHECK(target->min_failures == 7);
}

TEST_CASE("thresholds and what an earlier process left are passed on") {
  Settings settings;
  settings.failure_threshold = 5;
  Tracking const tracking = tracking_of(settings, "before");
  CHECK(tracking.thresholds.failure == 5);
  CHECK(tracking.thresholds.success == 2);
  CHECK(tracking.memory == "before");
}
