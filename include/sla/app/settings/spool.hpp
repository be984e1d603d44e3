// SPDX-License-Identifier: MIT
#pragma once
// The rows of the table of settings that say where results wait until they are delivered.
#include <array>
#include <cstdint>
#include <string_view>

#include "sla/app/settings/checks.hpp"
#include "sla/app/settings/field.hpp"
#include "sla/app/settings/setting.hpp"
#include "sla/app/settings/settings.hpp"
#include "sla/app/settings/values.hpp"
#include "sla/core/result.hpp"

namespace sla::inline v1::app {

/// Checks how much may wait: a number of bytes, 1M at least.
[[nodiscard]] inline Result<void> check_spool_limit(std::string_view text) {
  if (auto good = check_line(text); !good) return good;
  std::uint64_t bytes = 0;
  if (auto read = read_value(text, bytes); !read) return read;
  if (bytes >= 1U << 20U) return {};
  return Error{Errc::invalid, "is less than 1M"};
}

/// Returns what the settings say of that, or else the usual limit.
[[nodiscard]] inline std::uint64_t spool_limit(Settings const& settings, std::uint64_t usual) {
  if (!settings.spool_limit.empty()) (void)read_value(settings.spool_limit, usual);
  return usual;
}

inline constexpr auto spool_settings = std::to_array<Setting>({
    {.flag = "spool",
     .variable = "SLARUNNER_SPOOL",
     .title = "Spool",
     .value = "DIR",
     .fallback = "in memory",
     .meaning = "undelivered results survive a restart here, with their logs. One runner at a time",
     .field = &Settings::spool},
    {.flag = "spool-limit",
     .variable = "SLARUNNER_SPOOLLIMIT",
     .title = "Spool Limit",
     .value = "BYTES",
     .fallback = "256M or 32M",
     .meaning = "how much may wait, with logs: 256M in a folder, where each result counts 8k at "
                "least, 32M in memory. Beyond that logs of passes are dropped first, then the "
                "oldest passes, which the next event counts; suffixes K, M, G",
     .field = &Settings::spool_limit,
     .check = check_spool_limit},
});

}  // namespace sla::inline v1::app
