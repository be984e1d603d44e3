// SPDX-License-Identifier: MIT
#pragma once
// The flags of `sla-runner report`, and what each of them means.
#include <string_view>

#include "sla/app/command.hpp"
#include "sla/app/report/arguments.hpp"
#include "sla/app/report/bucket.hpp"
#include "sla/app/settings/checks.hpp"
#include "sla/core/result.hpp"

namespace sla::inline v1::app::detail {

inline Result<void> check_out(std::string_view text) {
  if (!text.starts_with("s3://")) return {};
  auto const address = parse_bucket_address(text);
  return address ? Result<void>{} : Error{Errc::invalid, "is no place: " + address.error().message};
}

inline constexpr Flag report_flags[] = {
    {.name = "store",
     .value = "DIR",
     .meaning = "the store of a runner",
     .variable = "SLARUNNER_STORE"},
    {"from-keys", "s3://BUCKET/PREFIX",
     "takes the keys of the logs alone for the results of runs, of which no events were kept; "
     "needs "
     "s3:ListBucket"},
    {.name = "from",
     .value = "TIME",
     .meaning = "begin of the window, if not the end of the first event. TIME is "
                "2026-01-31T22:00:00Z, 2026-01-31, or milliseconds since 1970; 7d is 7 days before "
                "the end",
     .check = check_begin},
    {.name = "to", .value = "TIME", .meaning = "end of the window, if not now", .check = check_end},
    {"service", "NAME", "only this service; repeatable", Takes::value, Times::any},
    {"group", "NAME", "only this group and its services; repeatable", Takes::value, Times::any},
    {.name = "slo",
     .value = "PERCENT",
     .meaning = "also tells how many failures this target allows",
     .check = check_percentage},
    {"exclude", "FILE",
     "planned maintenance: a line of JSON for each, with from, to, service or group, and reason; * "
     "is every service"},
    {.name = "hold",
     .value = "SECONDS",
     .meaning = "how long a result of an earlier version holds at most, if not for twice the usual "
                "time from one to the next",
     .check = check_value<Duration>},
    {.name = "quorum",
     .value = "K|majority|any|all",
     .meaning = "how many locations make a service down, if not a majority",
     .check = check_quorum},
    {.name = "format",
     .value = "text|json|csv|html",
     .meaning = "if not text on a terminal, and else json. html is a page that needs nothing else, "
                "of 90 days unless --from says otherwise",
     .check = check_value<ReportFormat>},
    {"ascii", "", "draws the bar of days in a text with plain characters", Takes::nothing},
    {"slamon", "ENV",
     "writes the files of the former SLA monitor instead, below slamon/ENV: services.json, and of "
     "each service summary.json and history/1d.json to 14d.json"},
    {.name = "out",
     .value = "FILE",
     .meaning = "replaces this file when the report is whole, or this object of S3 "
                "(s3://BUCKET/KEY, which needs s3:PutObject); with --slamon the folder or "
                "s3://BUCKET/PREFIX that the files go to",
     .check = check_out},
};

}  // namespace sla::inline v1::app::detail
