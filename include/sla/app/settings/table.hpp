// SPDX-License-Identifier: MIT
#pragma once
// The one table of settings: the command line and the environment are read by it, help and
// --print-settings are printed from it. To add a setting, add a member to Settings and a row here,
// or to one of the headers of rows.
#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "sla/app/settings/bucket.hpp"
#include "sla/app/settings/checks.hpp"
#include "sla/app/settings/field.hpp"
#include "sla/app/settings/many.hpp"
#include "sla/app/settings/objective.hpp"
#include "sla/app/settings/outcome.hpp"
#include "sla/app/settings/probe.hpp"
#include "sla/app/settings/setting.hpp"
#include "sla/app/settings/settings.hpp"
#include "sla/app/settings/spool.hpp"

namespace sla::inline v1::app {

namespace detail {

/// What is run, when, and where its result goes.
inline constexpr auto first_settings = std::to_array<Setting>({
    {.flag = "command",
     .variable = "SLARUNNER_COMMAND",
     .title = "Command",
     .value = "TEXT",
     .fallback = "required",
     .meaning = "what to run, or everything after --. Text goes through /bin/sh -c where a shell "
                "exists, otherwise it is split by shell quoting rules and executed directly (an "
                "error at start if it needs a shell and there is none). Words after -- are "
                "executed directly, unchanged",
     .field = &Settings::command,
     .check = check_command},
    {.flag = "service",
     .variable = "SLARUNNER_SERVICE",
     .title = "Service",
     .value = "NAME",
     .fallback = "required",
     .meaning = "component under test; prefix of the log's key",
     .field = &Settings::service,
     .check = check_service},
    {.flag = "groups",
     .variable = "SLARUNNER_GROUPS",
     .title = "Groups",
     .value = "A,B",
     .fallback = "none",
     .meaning = "comma-separated; blanks around a name are trimmed, empty names dropped",
     .field = &Settings::groups,
     .check = check_names},
    {.flag = "delay",
     .variable = "SLARUNNER_DELAY",
     .title = "Delay",
     .value = "SECONDS",
     .fallback = "required",
     .meaning = "wait between the end of a run and the start of the next; decimals allowed, 0 "
                "allowed. Required, except with every, once or dry-run",
     .field = &Settings::delay},
    {.flag = "every",
     .variable = "SLARUNNER_EVERY",
     .title = "Every",
     .value = "SECONDS",
     .fallback = "none",
     .meaning = "instead of delay: a fixed grid of starts; runs never overlap, missed slots are "
                "skipped and counted",
     .field = &Settings::every,
     .check = check_period},
    {.flag = "once",
     .variable = "SLARUNNER_ONCE",
     .title = "Once",
     .fallback = "off",
     .meaning = "one run, then exit",
     .field = &Settings::once},
    {.flag = "expect-every",
     .variable = "SLARUNNER_EXPECTEVERY",
     .title = "Expect Every",
     .value = "SECONDS",
     .fallback = "none",
     .meaning =
         "with once: something starts the program again and again, so far apart. Then events "
         "say by when the next must have come (nextExpectedByMs)",
     .field = &Settings::expect_every,
     .check = check_period},
    {.flag = "splay",
     .variable = "SLARUNNER_SPLAY",
     .title = "Splay",
     .value = "SECONDS",
     .fallback = "0",
     .meaning = "the first run waits up to so long, the same for the same service and host: many "
                "runners that are started at once do not all run at once. With once too",
     .field = &Settings::splay},
    {.flag = "disabled",
     .variable = "SLARUNNER_DISABLED",
     .title = "Disabled",
     .fallback = "off",
     .meaning = "true/1/yes/on (any case): say so once, run nothing, stay alive, stop on a signal. "
                "false/0/no/off/empty: not disabled. Anything else: an error",
     .field = &Settings::disabled},
    {.flag = "dry-run",
     .variable = "SLARUNNER_DRYRUN",
     .title = "Dry Run",
     .fallback = "off",
     .meaning = "any non-empty value: run once, print the topic, the message, the object's name "
                "and the log to stdout; send nothing",
     .field = AnyText{&Settings::dry_run}},
    {.flag = "sns-topic-arn",
     .variable = "SLARUNNER_SNSTOPICARN",
     .title = "SNS Topic ARN",
     .value = "ARN",
     .fallback = "a sink",
     .meaning = "where to publish; .fifo topics work. One sink is required: this, a topic's name "
                "or a store",
     .field = &Settings::sns_topic_arn,
     .check = check_topic_arn},
    {.flag = "sns-topic-name",
     .variable = "SLARUNNER_SNSTOPICNAME",
     .title = "SNS Topic Name",
     .value = "NAME",
     .fallback = "a sink",
     .meaning = "as above, by name in the own account and region; the partition comes from the "
                "region. Where both are set the ARN is used",
     .field = &Settings::sns_topic_name,
     .check = check_topic},
    {.flag = "s3-bucket-name",
     .variable = "SLARUNNER_S3BUCKETNAME",
     .title = "S3 Bucket Name",
     .value = "NAME",
     .fallback = "none",
     .meaning = "where logs go",
     .field = &Settings::s3_bucket_name,
     .check = check_bucket},
});

/// Deliveries, limits and formats.
inline constexpr auto later_settings = std::to_array<Setting>({
    {.flag = "store",
     .variable = "SLARUNNER_STORE",
     .title = "Store",
     .value = "DIR",
     .fallback = "none",
     .meaning = "a local sink that needs no account: DIR/events.ndjson and the logs under the "
                "same keys",
     .field = &Settings::store},
    {.flag = "store-days",
     .variable = "SLARUNNER_STOREDAYS",
     .title = "Store Days",
     .value = "N",
     .fallback = "for ever",
     .meaning =
         "events and logs in the store that ended earlier than N days before today (UTC) are "
         "deleted, at the start and once a day; nothing else in there is",
     .field = &Settings::store_days,
     .check = check_days_of_store},
    {.flag = "upload-logs",
     .variable = "SLARUNNER_UPLOADLOGS",
     .title = "Upload Logs",
     .value = "WHICH",
     .fallback = "always",
     .meaning = "always/failures/never: which runs have their log stored",
     .field = &Settings::upload_logs},
    {.flag = "timeout",
     .variable = "SLARUNNER_TIMEOUT",
     .title = "Timeout",
     .value = "SECONDS",
     .fallback = "3600",
     .meaning = "a run longer than this is stopped and fails with verdict timeout; 0 = no limit. "
                "With url or tcp the default is 30",
     .field = &Settings::timeout},
    {.flag = "grace",
     .variable = "SLARUNNER_GRACE",
     .title = "Grace",
     .value = "SECONDS",
     .fallback = "5",
     .meaning = "between TERM and KILL for the whole process group",
     .field = &Settings::grace},
    {.flag = "stop-timeout",
     .variable = "SLARUNNER_STOPTIMEOUT",
     .title = "Stop Timeout",
     .value = "SECONDS",
     .fallback = "25",
     .meaning = "from the first stop signal to exit, delivery included",
     .field = &Settings::stop_timeout},
    {.flag = "log-limit",
     .variable = "SLARUNNER_LOGLIMIT",
     .title = "Log Limit",
     .value = "BYTES",
     .fallback = "16M",
     .meaning = "kept of one run's output: first and last half, a line between them says exactly "
                "how much was left out; suffixes K, M, G; 0 = all",
     .field = &Settings::log_limit},
    {.flag = "ssm-name",
     .variable = "SLARUNNER_SSMNAME",
     .title = "SSM Name",
     .value = "NAME",
     .fallback = "none",
     .meaning =
         "load the parameters under /$AWS_ENV/NAME/ (or an absolute path) into the "
         "environment before anything else: /prod/shop/SLARUNNER_DELAY becomes "
         "SLARUNNER_DELAY. A variable that is there already wins, and so does the first of "
         "several names. Values of SecureStrings are masked in output: *** stands there. May be "
         "given more than once, and comma-separated",
     .field = &Settings::ssm_names,
     .check = check_parameter_names,
     .times = Times::any},
    {.flag = "role",
     .variable = "SLARUNNER_ROLE",
     .title = "Role",
     .value = "ARN",
     .fallback = "none",
     .meaning = "assume this role on top of the credentials found",
     .field = &Settings::role,
     .check = check_role_arn},
    {.flag = "event-format",
     .variable = "SLARUNNER_EVENTFORMAT",
     .title = "Event Format",
     .value = "FORMAT",
     .fallback = "documented",
     .meaning = "documented/numbers: the time and the seconds of an event as strings, or as JSON "
                "numbers with milliseconds",
     .field = &Settings::event_format},
    {.flag = "log-format",
     .variable = "SLARUNNER_LOGFORMAT",
     .title = "Log Format",
     .value = "FORMAT",
     .fallback = "text",
     .meaning = "text/json: the runner's own lines, on stderr",
     .field = &Settings::log_format},
    {.flag = "metrics-namespace",
     .variable = "SLARUNNER_METRICSNAMESPACE",
     .title = "Metrics Namespace",
     .value = "NAME",
     .fallback = "none",
     .meaning = "also put the four SLA metrics of each run to CloudWatch, in this namespace",
     .field = &Settings::metrics_namespace,
     .check = check_namespace},
    {.flag = "location",
     .variable = "SLARUNNER_LOCATION",
     .title = "Location",
     .value = "NAME",
     .fallback = "the region",
     .meaning = "where this runner looks from, as events tell it",
     .field = &Settings::location,
     .check = check_name},
});

/// What is passed through, and what is no setting.
inline constexpr auto last_settings = std::to_array<Setting>({
    {.variable = "SLARUNNER_SVC_TAG",
     .title = "Service Tag",
     .value = "TEXT",
     .fallback = "none",
     .meaning = "passed through to the event as tagID when set",
     .field = &Settings::tag_id,
     .check = check_name},
    {.variable = "SLA_TARGET",
     .title = "SLA Target",
     .value = "TEXT",
     .fallback = "none",
     .meaning = "passed through to the event as slaTarget when set",
     .field = &Settings::sla_target,
     .check = check_name},
});

template <std::size_t... Sizes>
consteval auto joined(std::array<Setting, Sizes> const&... parts) {
  std::array<Setting, (Sizes + ...)> all{};
  auto at = all.begin();
  ((at = std::copy(parts.begin(), parts.end(), at)), ...);
  return all;
}

}  // namespace detail

inline constexpr auto setting_table = detail::joined(
    detail::first_settings, probe_settings, outcome_settings, bucket_settings, spool_settings,
    detail::later_settings, objective_settings, many_settings, detail::last_settings);

/// Returns the row of a flag; one that is not in the table does not compile.
[[nodiscard]] consteval std::size_t setting_index(std::string_view flag) {
  std::size_t index = 0;
  while (setting_table[index].flag != flag) ++index;
  return index;
}

}  // namespace sla::inline v1::app
