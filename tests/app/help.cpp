// SPDX-License-Identifier: MIT
#include "sla/app/help.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "sla/app/arguments.hpp"

namespace {

/// The line of a text that begins with a word.
std::string line_of(std::string_view text, std::string_view word) {
  for (std::string_view const line : sla::split(text, '\n')) {
    if (line.starts_with(std::string(word) + ' ')) return std::string(line);
  }
  return {};
}

std::string shown(std::vector<char const*> const& words, sla::Environment const& environment) {
  auto const arguments = sla::app::read_arguments({.flags = sla::app::setting_flags}, words);
  return sla::app::settings_text(sla::app::parse_settings(arguments, environment));
}

}  // namespace

TEST_CASE("help is laid out in columns that are as wide as they must be") {
  constexpr auto flags = std::to_array<sla::app::Flag>({
      {.name = "spool", .value = "DIR", .meaning = "a folder", .variable = "SPOOL"},
      {.name = "once", .meaning = "one run", .takes = sla::app::Takes::setting},
      {.value = "WORD...", .meaning = "the command", .takes = sla::app::Takes::rest},
  });
  sla::app::Command const command{.name = "spool",
                                  .purpose = "Lists.",
                                  .usage = "spool list\nspool drop",
                                  .about = "More\n  of it.",
                                  .examples = "spool list \\\n  --once",
                                  .flags = flags,
                                  .exit_codes = {{{0, "done"}, {127, "nothing there"}}}};
  CHECK(
      sla::app::help_text(command) ==
      "Lists.\n\nusage: spool list\n       spool drop\n\nMore\n  of it.\n\n"
      "  --spool DIR  a folder\n    SPOOL\n  --once       one run\n  -- WORD...   the command\n"
      "  --help, -h   print this and exit\n  --version    print the version and exit\n\n"
      "examples:\n  spool list \\\n    --once\n\nexit codes:\n    0  done\n  127  nothing there\n");
}

TEST_CASE("a default has a column of its own, and what is long is wrapped") {
  std::string const words(130, 'x');
  std::string meaning = "wait";
  for (int i = 0; i < 30; ++i) meaning += " more";
  sla::app::Flag const flags[] = {
      {.name = "delay", .value = "S", .meaning = meaning, .variable = "DELAY", .fallback = "60"},
      {.meaning = words, .variable = "X", .fallback = "none"}};
  std::string const help = sla::app::help_text({.flags = flags});
  CHECK(help.find("  flag, environment  default  meaning\n") != std::string::npos);
  CHECK(help.find("  --delay S          60       wait more") != std::string::npos);
  CHECK(help.find("\n    DELAY                     more") != std::string::npos);
  CHECK(help.find("\n    X                none     " + words + "\n") != std::string::npos);
}

TEST_CASE("the version is one line") {
  std::string const text = sla::app::version_text("");
  CHECK(text.starts_with("sla-runner " + sla::app::version_number() + " (libcurl/"));
  CHECK(text.find(" OpenSSL/") != std::string::npos);
  CHECK(text.ends_with(")\n"));
  CHECK(text.find('\n') == text.size() - 1);
  CHECK(sla::app::version_text("0123abc").ends_with(", commit 0123abc)\n"));
}

TEST_CASE("the settings are printed with their sources, one line each") {
  sla::Environment const environment({{"SLARUNNER_SERVICE", "web"}, {"SLA_TARGET", "99"}});
  std::string const text =
      shown({"--print-settings", "--delay=0.5", "--groups=a, b", "--dry-run", "--command=a\nb"},
            environment);
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
  std::string const text = shown({"--service", service.c_str(), "--", "curl", "a b"}, {});
  CHECK(line_of(text, "command").ends_with("  'curl' 'a b'  after --"));
  CHECK(line_of(text, "service").ends_with("  " + service + "  --service"));
}

TEST_CASE("a value from a parameter is printed with its path, a secret one as stars") {
  sla::app::LoadedVariables const loaded{
      {"SLARUNNER_GRACE", {"/a/SLARUNNER_GRACE", sla::app::Shown::plainly}},
      {"SLARUNNER_SERVICE", {"/a/SLARUNNER_SERVICE", sla::app::Shown::as_stars}}};
  sla::Environment const environment({{"SLARUNNER_GRACE", "1"}, {"SLARUNNER_SERVICE", "s3cret"}});
  std::string const text =
      sla::app::settings_text(sla::app::parse_settings({}, environment, {.loaded = &loaded}));
  CHECK(line_of(text, "grace").ends_with("1           SSM /a/SLARUNNER_GRACE"));
  CHECK(line_of(text, "service").find("***") != std::string::npos);
  CHECK(line_of(text, "service").ends_with("  SSM /a/SLARUNNER_SERVICE"));
  CHECK(text.find("s3cret") == std::string::npos);
}

TEST_CASE("a check is printed as a file of checks would have it, without what is secret") {
  sla::app::Settings check;
  check.service = "shop";
  check.words = {"make", "a b"};
  check.every = std::chrono::minutes{1};
  check.groups = {"a", "b"};
  check.keep_alive = true;
  check.headers.lines = {"Authorization: Bearer s3cret"};
  check.url = "https://me:s3cret@shop/?q=s3cret";
  std::string const words = R"({"words":["make","a b"],)";
  CHECK(sla::app::check_text(check, {}, false) ==
        words + R"("service":"shop","groups":"a,b","every":"60","url":"https://***@shop/?***",)" +
            R"("header":"***","keepAlive":"on"})" + "\n");
  check.words.clear();
  check.command = "login s3cret";
  std::string const secret = sla::app::check_text(check, {}, true);
  CHECK(secret.find("s3cret") == std::string::npos);
  CHECK(secret.find(R"("service":"shop")") != std::string::npos);
  CHECK(secret.find(R"("command":"***")") != std::string::npos);
}

TEST_CASE("what a check has from a secret parameter of the process is secret there, too") {
  sla::app::LoadedVariables const loaded{
      {"SLARUNNER_METHOD", {"/a/SLARUNNER_METHOD", sla::app::Shown::as_stars}}};
  sla::Environment environment;
  environment.set("SLARUNNER_METHOD", "S3CRET");
  auto const process = sla::app::parse_settings({}, environment, {.loaded = &loaded});
  CHECK(sla::app::check_text(process.settings, process, false).find("S3CRET") == std::string::npos);
}
