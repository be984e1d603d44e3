// SPDX-License-Identifier: MIT
#pragma once
// The rows of the table of settings that say what is expected of a service: its target, and how
// many results in a row change its state.
#include <array>

#include "sla/app/settings/checks.hpp"
#include "sla/app/settings/field.hpp"
#include "sla/app/settings/setting.hpp"
#include "sla/app/settings/settings.hpp"

namespace sla::inline v1::app {

inline constexpr auto objective_settings = std::to_array<Setting>({
    {.flag = "slo",
     .variable = "SLARUNNER_SLO",
     .title = "SLO",
     .value = "PERCENT",
     .fallback = "$SLA_TARGET",
     .meaning =
         "how many of the results are to be good, such as 99.9. Then events say what is left "
         "of the error budget, and alert tells how fast it burns: none, ticket or page",
     .field = &Settings::slo,
     .check = check_percentage},
    {.flag = "slo-window",
     .variable = "SLARUNNER_SLOWINDOW",
     .title = "SLO Window",
     .value = "SECONDS",
     .fallback = "30d",
     .meaning = "the time over which the target holds, whole hours up to 80d",
     .field = &Settings::slo_window,
     .check = check_slo_window},
    {.flag = "slo-min-failures",
     .variable = "SLARUNNER_SLOMINFAILURES",
     .title = "SLO Min Failures",
     .value = "N",
     .fallback = "3",
     .meaning = "fewer failures than that in the long window of an alert are none",
     .field = &Settings::slo_min_failures},
    {.flag = "failure-threshold",
     .variable = "SLARUNNER_FAILURETHRESHOLD",
     .title = "Failure Threshold",
     .value = "N",
     .fallback = "3",
     .meaning = "so many failures in a row make the service DOWN, as events tell it",
     .field = &Settings::failure_threshold},
    {.flag = "success-threshold",
     .variable = "SLARUNNER_SUCCESSTHRESHOLD",
     .title = "Success Threshold",
     .value = "N",
     .fallback = "2",
     .meaning = "so many passes in a row make it UP",
     .field = &Settings::success_threshold},
});

}  // namespace sla::inline v1::app
