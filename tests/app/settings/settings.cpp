// SPDX-License-Identifier: MIT
#include "sla/app/settings/settings.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace std::chrono_literals;

TEST_CASE("what is not set has its default") {
  sla::app::Settings const settings;
  CHECK(settings.command.empty());
  CHECK(settings.words.empty());
  CHECK_FALSE(settings.delay);
  CHECK_FALSE(settings.every);
  CHECK_FALSE(settings.once);
  CHECK_FALSE(settings.disabled);
  CHECK_FALSE(settings.dry_run);
  CHECK(settings.upload_logs == sla::UploadLogs::always);
  CHECK(settings.timeout == 3600s);
  CHECK(settings.grace == 5s);
  CHECK(settings.stop_timeout == 25s);
  CHECK(settings.log_limit == 16777216);
  CHECK(settings.event_format == sla::EventFormat::documented);
  CHECK(settings.log_format == sla::LogFormat::text);
}
