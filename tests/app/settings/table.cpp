// SPDX-License-Identifier: MIT
// Covers: app/settings/setting.hpp, app/settings/bucket.hpp, app/settings/objective.hpp
// Covers: app/settings/spool.hpp
#include "sla/app/settings/table.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <string_view>
#include <utility>

TEST_CASE("the flags and variables are those that users rely on") {
  std::set<std::string_view> flags;
  std::set<std::string_view> variables;
  for (sla::app::Setting const& setting : sla::app::setting_table) {
    if (!setting.flag.empty()) CHECK(flags.insert(setting.flag).second);
    if (!setting.variable.empty()) CHECK(variables.insert(setting.variable).second);
  }
  for (std::string const variable :
       {"SLARUNNER_COMMAND", "SLARUNNER_SERVICE", "SLARUNNER_GROUPS", "SLARUNNER_DELAY",
        "SLARUNNER_DISABLED", "SLARUNNER_DRYRUN", "SLARUNNER_SNSTOPICARN", "SLARUNNER_SNSTOPICNAME",
        "SLARUNNER_S3BUCKETNAME", "SLARUNNER_SVC_TAG", "SLA_TARGET"}) {
    CAPTURE(variable);
    CHECK(variables.count(variable) == 1);
  }
}

TEST_CASE("a variable is spelled as its flag, in capitals and without hyphens") {
  for (sla::app::Setting const& setting : sla::app::setting_table) {
    if (setting.flag.empty() || setting.variable.empty()) continue;
    std::string spelled = "slarunner_";
    for (char const c : setting.flag) {
      if (c != '-') spelled += c;
    }
    CHECK(sla::lower(setting.variable) == spelled);
  }
}

TEST_CASE("every row can be found, named and explained") {
  for (sla::app::Setting const& setting : sla::app::setting_table) {
    CAPTURE(std::string(setting.flag));
    CHECK_FALSE((setting.flag.empty() && setting.variable.empty()));
    CHECK_FALSE(setting.meaning.empty());
    CHECK_FALSE(setting.title.empty());
    CHECK_FALSE(setting.fallback.empty());
    CHECK((setting.check != nullptr));
  }
}

TEST_CASE("the default that help shows is the one that Settings has") {
  std::set<std::string_view> const none{"required",   "a sink",      "none",
                                        "off",        "in memory",   "256M or 32M",
                                        "the region", "$SLA_TARGET", "for ever"};
  sla::app::Settings const untouched;
  for (sla::app::Setting const& setting : sla::app::setting_table) {
    CAPTURE(std::string(setting.title));
    std::string const text = sla::app::field_text(setting.field, untouched);
    if (none.count(setting.fallback) == 1) {
      CHECK((text.empty() || text == "off"));
    } else {
      sla::app::Settings fallback;
      CHECK(sla::app::read_field(setting.field, setting.fallback, fallback));
      CHECK(text == sla::app::field_text(setting.field, fallback));
    }
  }
}

TEST_CASE("a message calls a setting by the place where it was set") {
  sla::app::Setting const& delay = sla::app::setting_table[sla::app::setting_index("delay")];
  CHECK(sla::app::setting_label(delay, sla::app::Origin::fallback) == "Delay ($SLARUNNER_DELAY)");
  CHECK(sla::app::setting_label(delay, sla::app::Origin::environment) ==
        "Delay ($SLARUNNER_DELAY)");
  CHECK(sla::app::setting_label(delay, sla::app::Origin::flag) == "Delay (--delay)");
}

TEST_CASE("a secret is shown as stars, anything else quoted") {
  sla::app::Setting const secret{
      .flag = "token", .value = "TEXT", .shown = sla::app::Shown::as_stars};
  sla::app::Setting const plain{.flag = "name", .value = "TEXT"};
  CHECK(sla::app::shown_value(secret, "hunter2") == "***");
  CHECK(sla::app::shown_value(plain, "a\nb") == "'a\\nb'");
}

TEST_CASE("a URL is shown without a name, a password and a query") {
  sla::app::Setting const url{.flag = "url", .shown = sla::app::Shown::without_secrets};
  for (auto const& [given, shown] : {
           std::pair{"https://shop.example/a", "https://shop.example/a"},
           std::pair{"https://me:word@shop.example/a", "https://***@shop.example/a"},
           std::pair{"https://me:w@rd@shop.example", "https://***@shop.example"},
           std::pair{"https://shop.example/a?b=c", "https://shop.example/a?***"},
           std::pair{"https://me:wo/rd@shop.example", "https://***"},
           std::pair{"https://me@shop.example?b", "https://***@shop.example?***"},
           std::pair{"me:word@shop.example", "***@shop.example"},
           std::pair{"https://me:wo?rd@shop.example", "https://***"},
       }) {
    CHECK(sla::app::value_shown(url, given) == shown);
  }
}

TEST_CASE("a limit of the spool holds where it is said") {
  sla::app::Settings settings;
  CHECK(sla::app::spool_limit(settings, 7) == 7);
  settings.spool_limit = "2M";
  CHECK(sla::app::spool_limit(settings, 7) == 2'097'152);
  CHECK(sla::app::check_spool_limit("1M"));
  CHECK(sla::app::check_spool_limit("1023K").error().message == "is less than 1M");
  CHECK(!sla::app::check_spool_limit("much"));
}
