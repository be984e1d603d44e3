// SPDX-License-Identifier: MIT
#pragma once
// The rows of the table of settings that say how many checks run in one process.
#include <array>
#include <string>
#include <string_view>

#include "sla/app/settings/checks.hpp"
#include "sla/app/settings/checks_address.hpp"
#include "sla/app/settings/field.hpp"
#include "sla/app/settings/setting.hpp"
#include "sla/app/settings/settings.hpp"
#include "sla/app/shard.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::app {

/// How many runs there may be at once.
[[nodiscard]] inline Result<void> check_workers(std::string_view text) {
  if (auto good = check_line(text); !good) return good;
  auto const number = parse_integer(trim(text));
  if (number && *number >= 1 && *number <= 1000) return {};
  return Error{Errc::invalid, "is no whole number from 1 to 1000"};
}

inline constexpr auto many_settings = std::to_array<Setting>({
    {.flag = "checks",
     .variable = "SLARUNNER_CHECKS",
     .title = "Checks",
     .value = "FILE",
     .fallback = "none",
     .meaning =
         "many checks in one process, instead of one service and its command: a file, "
         "s3://BUCKET/KEY, or a parameter of SSM as ssm:/prod/checks, ssm:checks (under "
         "/$AWS_ENV/) "
         "or its ARN, read once at the start. It looks like "
         "{\"defaults\": {\"every\": 60}, \"checks\": [{\"service\": \"shop\", \"tcp\": "
         "\"shop:80\"}, ...]}. Its keys are these flags in camelCase, and words for a command by "
         "words; settings given here hold for each check that says nothing else. Starts are on a "
         "grid of wall-clock time, each service at a place of its own, the same in all replicas; "
         "with delay the first one comes within a minute. Output is passed through only if asked "
         "for",
     .field = &Settings::checks,
     .check = check_checks},
    {.flag = "workers",
     .variable = "SLARUNNER_WORKERS",
     .title = "Workers",
     .value = "N",
     .fallback = "16",
     .meaning = "with checks: how many of them run at once, 1 to 1000; what is due then waits",
     .field = &Settings::workers,
     .check = check_workers},
    {.flag = "shard",
     .variable = "SLARUNNER_SHARD",
     .title = "Shard",
     .value = "K/N",
     .fallback = "none",
     .meaning =
         "with checks: the share K of N processes that have the same file, K from 0 to N-1. Each "
         "service is in one of them; another N moves as few as it can. auto/N takes K from "
         "$JOB_COMPLETION_INDEX (an Indexed Job of Kubernetes) or $AWS_BATCH_JOB_ARRAY_INDEX, or "
         "from "
         "the end of the host's name (a StatefulSet)",
     .field = &Settings::shard,
     .check = check_shard},
});

}  // namespace sla::inline v1::app
