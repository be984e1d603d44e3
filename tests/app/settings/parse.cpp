// SPDX-License-Identifier: MIT
#include "sla/app/settings/parse.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include "sla/app/arguments.hpp"

using namespace std::chrono_literals;

namespace {

using Lines = std::vector<std::string>;
using Variables = std::map<std::string, std::string, std::less<>>;

sla::app::Parsed parse(std::initializer_list<char const*> words, Variables variables = {},
                       sla::app::ParseOptions options = {}) {
  auto const arguments =
      sla::app::read_arguments({.flags = sla::app::setting_flags}, {words.begin(), words.size()});
  CHECK(arguments.usage_errors.empty());
  return sla::app::parse_settings(arguments, sla::Environment(std::move(variables)), options);
}

/// Enough to run, from the environment alone.
Variables with(Variables more) {
  more.emplace("SLARUNNER_COMMAND", "true");
  more.emplace("SLARUNNER_SERVICE", "web");
  more.emplace("SLARUNNER_DELAY", "60");
  more.emplace("SLARUNNER_STORE", "/tmp/results");
  return more;
}

std::string const no_command = "Command ($SLARUNNER_COMMAND) is a required argument";
std::string const no_service = "Service ($SLARUNNER_SERVICE) is a required argument";
std::string const no_delay = "Delay ($SLARUNNER_DELAY) is a required argument";
std::string const no_sink =
    "SNS Topic ARN ($SLARUNNER_SNSTOPICARN) or SNS Topic Name ($SLARUNNER_SNSTOPICNAME) is a "
    "required argument";

}  // namespace

TEST_CASE("what is missing reads exactly as users know it, all at once") {
  auto const parsed = parse({});
  CHECK(parsed.problems == Lines{no_command, no_service, no_delay, no_sink});
  CHECK(parsed.warnings.empty());
  CHECK(parsed.exit_code() == 78);
}

TEST_CASE("an empty value is no value") {
  auto const parsed =
      parse({"--service="}, {{"SLARUNNER_COMMAND", ""}, {"SLARUNNER_SERVICE", "x"}});
  CHECK(parsed.problems == Lines{no_command, no_service, no_delay, no_sink});
}

TEST_CASE("each missing setting is one line") {
  struct {
    char const* without;
    std::string line;
  } const cases[] = {{"SLARUNNER_COMMAND", no_command},
                     {"SLARUNNER_SERVICE", no_service},
                     {"SLARUNNER_DELAY", no_delay},
                     {"SLARUNNER_STORE", no_sink}};
  for (auto const& missing : cases) {
    CAPTURE(std::string(missing.without));
    Variables variables = with({});
    variables.erase(missing.without);
    CHECK(parse({}, variables).problems == Lines{missing.line});
  }
  CHECK(parse({}, with({})).problems.empty());
  CHECK(parse({}, with({})).exit_code() == 0);
}

TEST_CASE("any one sink is enough, a bucket alone is none") {
  Variables bare = with({});
  bare.erase("SLARUNNER_STORE");
  auto const with_sink = [&](char const* flag) { return parse({flag}, bare).problems; };
  CHECK(with_sink("--sns-topic-arn=arn:aws:sns:eu-west-1:123456789012:sla").empty());
  CHECK(with_sink("--sns-topic-name=sla").empty());
  CHECK(with_sink("--store=/tmp/x").empty());
  CHECK(with_sink("--s3-bucket-name=my-logs") == Lines{no_sink});
  CHECK(with_sink("--dry-run").empty());
  CHECK(with_sink("--disabled") == Lines{no_sink});
}

TEST_CASE("once, dry-run and every need no delay") {
  Variables bare = with({});
  bare.erase("SLARUNNER_DELAY");
  for (auto const* flag : {"--once", "--dry-run", "--every=5", "--once=maybe", "--every=x"}) {
    CAPTURE(std::string(flag));
    for (auto const& line : parse({flag}, bare).problems) CHECK(line != no_delay);
  }
  for (auto const* flag : {"--once=off", "--dry-run=", "--every=", "--disabled"}) {
    CAPTURE(std::string(flag));
    CHECK(parse({flag}, bare).problems == Lines{no_delay});
  }
  CHECK(parse({"--once"}, with({})).problems.empty());
  CHECK(parse({"--once", "--expect-every=60"}, with({})).settings.expect_every == 60s);
  CHECK(parse({"--expect-every=60"}, with({})).problems ==
        Lines{"Expect Every (--expect-every) is for --once: a runner that stays knows when its "
              "next run begins"});
  CHECK(parse({"--dry-run"}, with({})).problems.empty());
}

TEST_CASE("delay and every exclude each other") {
  CHECK(parse({"--every=5"}, with({})).problems ==
        Lines{"Delay ($SLARUNNER_DELAY) and Every (--every) exclude each other: give one of them"});
  auto const taken_back = parse({"--delay=", "--every=5"}, with({}));
  CHECK(taken_back.problems.empty());
  CHECK(taken_back.settings.every == 5s);
  CHECK_FALSE(taken_back.settings.delay);
}

TEST_CASE("a probe is in place of a command, and has 30 seconds unless it is told otherwise") {
  auto const url = parse({"--command=", "--url", "http://a/"}, with({}));
  CHECK(url.problems.empty());
  CHECK(url.settings.timeout == 30s);
  auto const told = parse({"--command=", "--tcp", "a:1", "--timeout", "5m"}, with({}));
  CHECK(told.problems.empty());
  CHECK(told.settings.timeout == 5min);
  CHECK(parse({}, with({})).settings.timeout == 1h);
  CHECK(parse({"--url", "http://a/"}, with({})).problems ==
        Lines{"Command ($SLARUNNER_COMMAND) and URL (--url) exclude each other: give one of them"});
  CHECK(parse({"--method", "GET"}, with({{"SLARUNNER_KEEPALIVE", "on"}})).problems ==
        Lines{"Method (--method) is for a URL (--url): give one",
              "Keep Alive ($SLARUNNER_KEEPALIVE) is for a URL (--url): give one"});
}

TEST_CASE("each malformed setting is named, and so is where it was set") {
  std::string const control = " holds a control character";
  struct {
    char const* variable;
    std::string text;
    std::string line;
  } const cases[] = {
      {"SLARUNNER_COMMAND", "  ", "Command ($SLARUNNER_COMMAND): '  ' is blank"},
      {"SLARUNNER_SERVICE", "a\r\nb", "Service ($SLARUNNER_SERVICE): 'a\\r\\nb'" + control},
      {"SLARUNNER_SERVICE", "a\xff", "Service ($SLARUNNER_SERVICE): 'a\\xff' is not valid UTF-8"},
      {"SLARUNNER_GROUPS", "a,b\n", "Groups ($SLARUNNER_GROUPS): 'a,b\\n'" + control},
      {"SLARUNNER_DELAY", "soon",
       "Delay ($SLARUNNER_DELAY): 'soon' is no number of seconds, such as 60, 0.5 or 2h30m"},
      {"SLARUNNER_DELAY", "-1", "Delay ($SLARUNNER_DELAY): '-1' is less than 0 seconds"},
      {"SLARUNNER_TIMEOUT", "1\r", "Timeout ($SLARUNNER_TIMEOUT): '1\\r'" + control},
      {"SLARUNNER_TIMEOUT", "2000000000",
       "Timeout ($SLARUNNER_TIMEOUT): '2000000000' is more than 1000000000 seconds"},
      {"SLARUNNER_GRACE", "5 s",
       "Grace ($SLARUNNER_GRACE): '5 s' is no number of seconds, such as 60, 0.5 or 2h30m"},
      {"SLARUNNER_STOPTIMEOUT", "nan",
       "Stop Timeout ($SLARUNNER_STOPTIMEOUT): 'nan' is no number of seconds, such as 60, 0.5 or "
       "2h30m"},
      {"SLARUNNER_ONCE", "maybe",
       "Once ($SLARUNNER_ONCE): 'maybe' is neither true, 1, yes, on nor false, 0, no, off"},
      {"SLARUNNER_DISABLED", "ja",
       "Disabled ($SLARUNNER_DISABLED): 'ja' is neither true, 1, yes, on nor false, 0, no, off"},
      {"SLARUNNER_SNSTOPICARN", "my-topic",
       "SNS Topic ARN ($SLARUNNER_SNSTOPICARN): 'my-topic' is no ARN: it must read "
       "arn:partition:service:region:account:resource"},
      {"SLARUNNER_SNSTOPICNAME", "a b",
       "SNS Topic Name ($SLARUNNER_SNSTOPICNAME): 'a b' is no topic: the name of a topic is 1 to "
       "256 letters, digits, hyphens and underscores, and may end in .fifo"},
      {"SLARUNNER_S3BUCKETNAME", "a/b",
       "S3 Bucket Name ($SLARUNNER_S3BUCKETNAME): 'a/b' is not the name of a bucket: it holds a "
       "slash"},
      {"SLARUNNER_STORE", "a\nb", "Store ($SLARUNNER_STORE): 'a\\nb'" + control},
      {"SLARUNNER_UPLOADLOGS", "sometimes",
       "Upload Logs ($SLARUNNER_UPLOADLOGS): 'sometimes' is none of always, failures, never"},
      {"SLARUNNER_LOGLIMIT", "lots",
       "Log Limit ($SLARUNNER_LOGLIMIT): 'lots' is no number of bytes, such as 65536, 64K, 16M or "
       "1G"},
      {"SLARUNNER_EVENTFORMAT", "xml",
       "Event Format ($SLARUNNER_EVENTFORMAT): 'xml' is none of documented, numbers"},
      {"SLARUNNER_LOGFORMAT", "none",
       "Log Format ($SLARUNNER_LOGFORMAT): 'none' is none of text, json"},
      {"SLARUNNER_SLO", "100.1",
       "SLO ($SLARUNNER_SLO): '100.1' is no percentage from 0 to 100 with up to 4 decimals, such "
       "as "
       "99.9"},
      {"SLARUNNER_SLOWINDOW", "90m",
       "SLO Window ($SLARUNNER_SLOWINDOW): '90m' is no whole number of hours up to 80 days, such "
       "as "
       "30d"},
      {"SLARUNNER_FAILURETHRESHOLD", "0",
       "Failure Threshold ($SLARUNNER_FAILURETHRESHOLD): '0' is no whole number from 1 to 1000000"},
      {"SLARUNNER_SVC_TAG", "a\nb", "Service Tag ($SLARUNNER_SVC_TAG): 'a\\nb'" + control},
      {"SLA_TARGET", "\xc0", "SLA Target ($SLA_TARGET): '\\xc0' is not valid UTF-8"},
  };
  for (auto const& malformed : cases) {
    CAPTURE(std::string(malformed.variable));
    CHECK(parse({}, with({{malformed.variable, malformed.text}})).problems ==
          Lines{malformed.line});
  }
  CHECK(parse({"--delay="}, with({{"SLARUNNER_EVERY", "0"}})).problems ==
        Lines{"Every ($SLARUNNER_EVERY): '0' is not more than 0 seconds"});
  CHECK(parse({"--delay=soon"}, with({})).problems ==
        Lines{"Delay (--delay): 'soon' is no number of seconds, such as 60, 0.5 or 2h30m"});
}

TEST_CASE("every problem is found at once, and no control byte of a value is shown") {
  auto const parsed = parse({"--delay", "x", "--s3-bucket-name=a\x1b[31m"},
                            {{"SLARUNNER_SERVICE", "a\nb"}, {"SLARUNNER_SNSTOPICARN", "x"}});
  CHECK(parsed.problems.size() == 5);
  CHECK(parsed.problems.back() == no_command);
  for (auto const& line : parsed.problems) CHECK_FALSE(sla::has_control(line));
}

TEST_CASE("a malformed value is shown cut") {
  auto const parsed = parse({}, with({{"SLARUNNER_GRACE", std::string(100000, '9')}}));
  REQUIRE(parsed.problems.size() == 1);
  CHECK(parsed.problems[0].size() < 200);
}

TEST_CASE("a flag beats its variable, which beats the default") {
  std::size_t const timeout = sla::app::setting_index("timeout");
  auto const neither = parse({}, with({}));
  CHECK(neither.settings.timeout == 3600s);
  CHECK(neither.origins[timeout] == sla::app::Origin::fallback);
  auto const variable = parse({}, with({{"SLARUNNER_TIMEOUT", "10"}}));
  CHECK(variable.settings.timeout == 10s);
  CHECK(variable.origins[timeout] == sla::app::Origin::environment);
  auto const flag = parse({"--timeout=0.5"}, with({{"SLARUNNER_TIMEOUT", "not even read"}}));
  CHECK(flag.settings.timeout == 500ms);
  CHECK(flag.origins[timeout] == sla::app::Origin::flag);
  CHECK(flag.problems.empty());
  CHECK_FALSE(parse({"--disabled=off"}, with({{"SLARUNNER_DISABLED", "on"}})).settings.disabled);
}

TEST_CASE("every setting arrives where it is used") {
  auto const parsed = parse(
      {"--command=curl x\ncurl y", "--service", "a/../b \xC3\xBC", "--groups= a ,,\tb\t",
       "--delay=0.5", "--once", "--sns-topic-arn=arn:aws:sns:eu-west-1:123456789012:t.fifo",
       "--sns-topic-name=other", "--s3-bucket-name=my-logs", "--store=out", "--upload-logs=never",
       "--timeout=0", "--grace=1", "--stop-timeout=2", "--log-limit=1G", "--event-format=numbers",
       "--log-format=json", "--role=arn:aws:iam::123456789012:role/x"},
      {{"SLARUNNER_SVC_TAG", "tag"}, {"SLA_TARGET", "99.9"}, {"SLARUNNER_DRYRUN", "false"}});
  CHECK(parsed.problems.empty());
  CHECK(parsed.warnings ==
        Lines{"Dry Run ($SLARUNNER_DRYRUN): 'false' is not empty, so this is a dry run; leave it "
              "empty to send results"});
  sla::app::Settings const& settings = parsed.settings;
  CHECK(settings.command == "curl x\ncurl y");
  CHECK(settings.words.empty());
  CHECK(settings.service == "a/../b \xC3\xBC");
  CHECK(settings.groups == Lines{"a", "b"});
  CHECK(settings.delay == 500ms);
  CHECK(settings.once);
  CHECK(settings.dry_run);
  CHECK_FALSE(settings.disabled);
  CHECK(settings.sns_topic_arn == "arn:aws:sns:eu-west-1:123456789012:t.fifo");
  CHECK(settings.sns_topic_name == "other");
  CHECK(settings.s3_bucket_name == "my-logs");
  CHECK(settings.store == "out");
  CHECK(settings.upload_logs == sla::UploadLogs::never);
  CHECK(settings.timeout == 0s);
  CHECK(settings.grace == 1s);
  CHECK(settings.stop_timeout == 2s);
  CHECK(settings.log_limit == 1073741824);
  CHECK(settings.event_format == sla::EventFormat::numbers);
  CHECK(settings.log_format == sla::LogFormat::json);
  CHECK(settings.role == "arn:aws:iam::123456789012:role/x");
  CHECK(settings.tag_id == "tag");
  CHECK(settings.sla_target == "99.9");
}

TEST_CASE("words after -- beat the variable and exclude the flag") {
  auto const words = parse({"--", "curl", "", "--x"}, with({}));
  CHECK(words.problems.empty());
  CHECK(words.settings.words == Lines{"curl", "", "--x"});
  CHECK(words.settings.command.empty());
  CHECK(parse({"--command=true", "--", "true"}, with({})).problems ==
        Lines{"Command (--command) and the words after -- exclude each other: give one of them"});
}

TEST_CASE("an unknown variable is a warning that names the nearest known one") {
  auto const parsed = parse({}, with({{"SLARUNNER_DELY", "5"},
                                      {"SLARUNNER_S3_BUCKET_NAME", ""},
                                      {"SLARUNNER_X\n", "1"},
                                      {"SLA_TARGETS", "not ours"}}));
  CHECK(parsed.exit_code() == 0);
  REQUIRE(parsed.warnings.size() == 3);
  CHECK(parsed.warnings[0] ==
        "unknown variable SLARUNNER_DELY; the nearest known one is SLARUNNER_DELAY");
  CHECK(parsed.warnings[1] ==
        "unknown variable SLARUNNER_S3_BUCKET_NAME; the nearest known one is "
        "SLARUNNER_S3BUCKETNAME");
  CHECK(parsed.warnings[2] == "unknown variable SLARUNNER_X\\n");
}

TEST_CASE("what a runner itself gives to its command is no unknown variable of a runner in it") {
  CHECK(parse({}, with({{"SLARUNNER_RUN_ID", "an outer run"}})).warnings.empty());
  CHECK(parse({}, with({{"SLARUNNER_RUNID", "a"}})).warnings.size() == 1);
}

TEST_CASE("what parameters may still bring is not missing, what is wrong already is") {
  auto const parsed = parse({"--ssm-name=shop", "--ssm-name", "a,/b", "--grace=x"});
  CHECK(parsed.settings.ssm_names == Lines{"shop", "a", "/b"});
  REQUIRE(parsed.problems.size() == 1);
  CHECK(parsed.problems[0].starts_with("Grace (--grace): "));
  sla::app::LoadedVariables const none;
  CHECK(parse({"--ssm-name=shop"}, {}, {.loaded = &none}).problems.size() == 4);
  CHECK(sla::app::parse_settings({}, {}, {.missing = sla::app::ParseOptions::Missing::is_fine})
            .problems.empty());
}

TEST_CASE("a value from a parameter beats the default alone, and a secret one is not shown") {
  sla::app::LoadedVariables const loaded{
      {"SLARUNNER_GRACE", {"/a/SLARUNNER_GRACE", sla::app::Shown::plainly}},
      {"SLARUNNER_TIMEOUT", {"/a/SLARUNNER_TIMEOUT"}},
      {"SLARUNNER_DELAY", {"/a/SLARUNNER_DELAY"}}};
  auto const parsed = parse({"--delay=2"},
                            with({{"SLARUNNER_GRACE", "soon"},
                                  {"SLARUNNER_TIMEOUT", "s3cret"},
                                  {"SLARUNNER_DELAY", "s3cret"}}),
                            {.loaded = &loaded});
  CHECK(parsed.origins[sla::app::setting_index("grace")] == sla::app::Origin::ssm);
  CHECK(parsed.origins[sla::app::setting_index("delay")] == sla::app::Origin::flag);
  CHECK(
      parsed.problems ==
      Lines{"Timeout ($SLARUNNER_TIMEOUT): *** is no number of seconds, such as 60, 0.5 or 2h30m",
            "Grace ($SLARUNNER_GRACE): 'soon' is no number of seconds, such as 60, 0.5 or 2h30m"});
  CHECK(sla::app::is_secret(parsed, sla::app::setting_index("timeout")));
  CHECK_FALSE(sla::app::is_secret(parsed, sla::app::setting_index("grace")));
  CHECK_FALSE(sla::app::is_secret(parsed, sla::app::setting_index("delay")));
}

TEST_CASE("a role is an ARN of one") {
  CHECK(parse({"--role=arn:aws:iam::123456789012:role/a/b"}, with({})).problems.empty());
  for (char const* const role :
       {"me", "arn:aws:iam::123456789012:user/x", "arn:aws:sns:::role/x"}) {
    auto const parsed = parse({"--role", role}, with({}));
    REQUIRE(parsed.problems.size() == 1);
    CHECK(parsed.problems[0].starts_with("Role (--role): '" + std::string(role) + "' is no "));
  }
}

TEST_CASE("bundles of logs need a bucket, and logs of passes that are stored there") {
  CHECK(parse({"--log-bundle=60", "--s3-bucket-name=logs"}, with({})).problems.empty());
  CHECK(parse({"--log-bundle=60"}, with({})).problems ==
        Lines{"Log Bundle (--log-bundle) bundles the logs of passes in S3: give a bucket "
              "(--s3-bucket-name)"});
  CHECK(parse({"--s3-bucket-name=logs", "--upload-logs=failures"},
              with({{"SLARUNNER_LOGBUNDLE", "60"}}))
            .problems ==
        Lines{"Log Bundle ($SLARUNNER_LOGBUNDLE) bundles the logs of passes in S3, and Upload Logs "
              "(--upload-logs) stores none"});
  CHECK(parse({"--log-bundle=0", "--s3-bucket-name=logs"}, with({})).problems ==
        Lines{"Log Bundle (--log-bundle): '0' is not more than 0 seconds"});
}
