// SPDX-License-Identifier: MIT
#pragma once
// What the key of a log says of its run: `<service>/<seconds>_SUCCESS` or `_FAILURE`, with `_2` and
// so on behind it where the key was taken; INTERRUPTED, UNKNOWN and SKIPPED say nothing of the
// service. It is all that is left of runs whose events nobody kept.
#include <cstddef>
#include <optional>
#include <string_view>

#include "sla/core/result.hpp"
#include "sla/core/text.hpp"
#include "sla/ledger/event.hpp"

namespace sla::inline v1::ledger {

/// Returns true for the key of a bundle of logs, such as `bundles/2026/11/30/19/25-<id>.log`. Which
/// runs are in there only events say.
[[nodiscard]] inline bool is_bundle_key(std::string_view key) noexcept {
  constexpr std::string_view pattern = "bundles/0000/00/00/00/00-";
  if (key.size() <= pattern.size() || !key.ends_with(".log")) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    bool const same = pattern[i] == '0' ? is_digit(key[i]) : key[i] == pattern[i];
    if (!same) return false;
  }
  return true;
}

/// Reads a key; nothing if the run says nothing about the service. Errc::malformed if it is no
/// log's. The texts of the event are those of the parameters.
[[nodiscard]] inline Result<std::optional<Event>> read_log_key(std::string_view key,
                                                               std::string_view uri) {
  Error const other{Errc::malformed, "it is no key of a log"};
  std::size_t const slash = key.rfind('/');
  if (slash == std::string_view::npos || slash == 0) return other;
  std::string_view const name = key.substr(slash + 1);
  std::size_t const line = name.find('_');
  auto const seconds = parse_integer(name.substr(0, line));
  if (line == std::string_view::npos || !seconds || *seconds < 0) return other;
  std::string_view const behind = name.substr(line + 1);
  std::string_view const result = behind.substr(0, behind.find('_'));
  std::string_view const again = behind.substr(result.size());
  if (!again.empty() && !parse_integer(again.substr(1))) return other;
  if (result == "INTERRUPTED" || result == "UNKNOWN" || result == "SKIPPED") {
    return std::optional<Event>();
  }
  if ((result != "SUCCESS" && result != "FAILURE") || *seconds > latest_time / 1000) return other;
  Event event;
  event.service = key.substr(0, slash);
  event.succeeded = result == "SUCCESS";
  event.verdict = event.succeeded ? "pass" : "fail";
  event.log_uri = uri;
  event.end = *seconds * 1000;
  return std::optional<Event>(event);
}

}  // namespace sla::inline v1::ledger
