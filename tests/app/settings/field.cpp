// SPDX-License-Identifier: MIT
#include "sla/app/settings/field.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace std::chrono_literals;

TEST_CASE("a text is read into the member by its type, and written back") {
  sla::app::Settings settings;
  CHECK(sla::app::read_field(&sla::app::Settings::service, "web", settings));
  CHECK(sla::app::read_field(&sla::app::Settings::delay, "0.5", settings));
  CHECK(sla::app::read_field(&sla::app::Settings::timeout, "10", settings));
  CHECK(sla::app::read_field(&sla::app::Settings::log_limit, "1K", settings));
  CHECK(sla::app::read_field(&sla::app::Settings::once, "yes", settings));
  CHECK(sla::app::read_field(&sla::app::Settings::groups, "a,b", settings));
  CHECK(sla::app::read_field(&sla::app::Settings::log_format, "json", settings));
  CHECK(settings.service == "web");
  CHECK(settings.delay == 500ms);
  CHECK(settings.timeout == 10s);
  CHECK(settings.log_limit == 1024);
  CHECK(settings.once);
  CHECK(settings.groups == std::vector<std::string>{"a", "b"});
  CHECK(settings.log_format == sla::LogFormat::json);
  CHECK(sla::app::field_text(&sla::app::Settings::delay, settings) == "0.5");
  CHECK(sla::app::field_text(&sla::app::Settings::every, settings).empty());
  CHECK(sla::app::field_text(&sla::app::Settings::groups, settings) == "a,b");
}

TEST_CASE("any text turns on what asks for any text") {
  sla::app::Settings settings;
  CHECK(sla::app::read_field(sla::app::AnyText{&sla::app::Settings::dry_run}, "false", settings));
  CHECK(settings.dry_run);
  CHECK(sla::app::field_text(sla::app::AnyText{&sla::app::Settings::dry_run}, settings) == "on");
}

TEST_CASE("a wrong text changes no member") {
  sla::app::Settings settings;
  CHECK_FALSE(sla::app::read_field(&sla::app::Settings::timeout, "soon", settings));
  CHECK(settings.timeout == 3600s);
}
