// SPDX-License-Identifier: MIT
#include "sla/app/help.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <string_view>

namespace {

/// The line of a text that begins with a word.
std::string line_of(std::string_view text, std::string_view word) {
  for (std::string_view const line : sla::split(text, '\n')) {
    if (line.starts_with(std::string(word) + ' ')) return std::string(line);
  }
  return {};
}

}  // namespace

TEST_CASE("help shows every flag, variable and default of the table and every exit code") {
  std::string const help = sla::help_text();
  for (sla::Setting const& setting : sla::setting_table) {
    CAPTURE(std::string(setting.flag));
    std::string const flag = std::string("  --").append(setting.flag);
    if (!setting.flag.empty()) CHECK(help.find(flag) != std::string::npos);
    CHECK(help.find(setting.variable) != std::string::npos);
    CHECK(help.find(setting.fallback) != std::string::npos);
    std::string_view const first_word = setting.meaning.substr(0, setting.meaning.find(' '));
    CHECK(help.find(first_word) != std::string::npos);
  }
  for (sla::ExitCode const& exit : sla::exit_codes) {
    CHECK(help.find(std::string("  ").append(exit.meaning)) != std::string::npos);
  }
}

TEST_CASE("help fits 100 columns, without blanks at the ends of lines") {
  std::string const help = sla::help_text();
  CHECK(help.ends_with('\n'));
  for (std::string_view const line : sla::split(help, '\n')) {
    CAPTURE(std::string(line));
    CHECK(line.size() <= 100);
    CHECK_FALSE(line.ends_with(' '));
  }
}

TEST_CASE("the version is one line") {
  CHECK(sla::version_text().starts_with("sla-runner " + std::to_string(SLA_VERSION_MAJOR) + '.'));
  CHECK(sla::version_text().find('\n') == sla::version_text().size() - 1);
}

TEST_CASE("the settings are printed with their sources, one line each") {
  char const* const arguments[] = {"--print-settings", "--delay=0.5", "--groups=a, b", "--dry-run",
                                   "--command=a\nb"};
  sla::Environment const environment({{"SLARUNNER_SERVICE", "web"}, {"SLA_TARGET", "99"}});
  std::string const text = sla::settings_text(sla::parse_settings(arguments, environment));
  CHECK(line_of(text, "command") == "command            a\\nb        --command");
  CHECK(line_of(text, "service") == "service            web         $SLARUNNER_SERVICE");
  CHECK(line_of(text, "groups") == "groups             a,b         --groups");
  CHECK(line_of(text, "delay") == "delay              0.5         --delay");
  CHECK(line_of(text, "every") == "every              -           default");
  CHECK(line_of(text, "dry-run") == "dry-run            on          --dry-run");
  CHECK(line_of(text, "log-limit") == "log-limit          16M         default");
  CHECK(line_of(text, "event-format") == "event-format       documented  default");
  CHECK(line_of(text, "SLA_TARGET") == "SLA_TARGET         99          $SLA_TARGET");
  CHECK(line_of(text, "help").empty());
  CHECK(text.ends_with('\n'));
}

TEST_CASE("words and long values are printed whole") {
  std::string const service(100, 's');
  char const* const arguments[] = {"--service", service.c_str(), "--", "curl", "a b"};
  std::string const text = sla::settings_text(sla::parse_settings(arguments, sla::Environment()));
  CHECK(line_of(text, "command").ends_with("  'curl' 'a b'  after --"));
  CHECK(line_of(text, "service").ends_with("  " + service + "  --service"));
}

TEST_CASE("a value from a parameter is printed with its path, a secret one as stars") {
  sla::LoadedVariables const loaded{
      {"SLARUNNER_GRACE", {"/a/SLARUNNER_GRACE", sla::Shown::plainly}},
      {"SLARUNNER_SERVICE", {"/a/SLARUNNER_SERVICE", sla::Shown::as_stars}}};
  sla::Environment const environment({{"SLARUNNER_GRACE", "1"}, {"SLARUNNER_SERVICE", "s3cret"}});
  std::string const text =
      sla::settings_text(sla::parse_settings({}, environment, {.loaded = &loaded}));
  CHECK(line_of(text, "grace").ends_with("1           SSM /a/SLARUNNER_GRACE"));
  CHECK(line_of(text, "service").find("***") != std::string::npos);
  CHECK(line_of(text, "service").ends_with("  SSM /a/SLARUNNER_SERVICE"));
  CHECK(text.find("s3cret") == std::string::npos);
}
