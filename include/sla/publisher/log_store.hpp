// SPDX-License-Identifier: MIT
#pragma once
// What keeps the logs of runs, and how a log is called there. A log store is a Publisher that can
// also say where it put the log.
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "sla/core/output.hpp"
#include "sla/core/result.hpp"
#include "sla/core/run.hpp"
#include "sla/core/time.hpp"
#include "sla/publisher.hpp"

namespace sla::inline v1 {

/// `store(report)` keeps the report's log and gives its URI. No log ever replaces another.
template <class L>
concept LogStore = bool{std::movable<L>} && requires(L& l, Report const& report) {
  { l.publish(report) } -> std::same_as<Result<void>>;
}
&&requires(L& l, Report const& report) {
  { l.store(report) } -> std::same_as<Result<std::string>>;
};

/// A LogStore that keeps several logs at once: `store_all(reports)` gives the URI of each, and
/// tries each once.
template <class L>
concept BatchLogStore = LogStore<L> && requires(L& l, std::vector<Report> const& reports) {
  { l.store_all(reports) } -> std::same_as<std::vector<Result<std::string>>>;
};

/// A LogStore that can keep many logs as one object: `store_bundle(bytes, at)` gives its URI, to
/// which `#bytes=A-B` is added for each log. The same bytes of the same time have the same URI.
template <class L>
concept BundleLogStore = LogStore<L> && requires(L& l, Output const& bytes, WallTime at) {
  { l.store_bundle(bytes, at) } -> std::same_as<Result<std::string>>;
};

namespace internal {

template <class L>
using HeldLogStore = std::conditional_t<LogStore<L>, L, RefusedPublisher<L>>;

}  // namespace internal

namespace internal {

/// Returns the result in a log's key: what says nothing about the service is neither SUCCESS nor
/// FAILURE.
[[nodiscard]] inline std::string_view log_result(Report const& report) noexcept {
  switch (report.outcome.verdict) {
    case Verdict::interrupted:
      return "INTERRUPTED";
    case Verdict::unknown:
      return "UNKNOWN";
    case Verdict::skipped:
      return "SKIPPED";
    default:
      return report.succeeded() ? "SUCCESS" : "FAILURE";
  }
}

}  // namespace internal

/// Returns the key of a report's log: `<service>/<seconds since the epoch>_<result>`. If it is
/// taken the attempts from 2 on add `_2`, `_3`, ...
[[nodiscard]] inline std::string log_key(Report const& report, std::size_t attempt = 1) {
  std::string_view const result = internal::log_result(report);
  std::string key = report.job.service + '/' + std::to_string(epoch_seconds(report.ended_at));
  key.append("_").append(result);
  if (attempt > 1) key += '_' + std::to_string(attempt);
  return key;
}

/// Where bundles of logs are; a service of that name has other keys in there.
inline constexpr std::string_view bundle_folder = "bundles";

/// Returns the key of a bundle of logs: `bundles/2026/11/30/19/25-<id>.log`, with the minute in UTC
/// of the time.
[[nodiscard]] inline std::string bundle_key(WallTime at, std::string_view id) {
  std::string minute = iso_time(at).substr(0, 16);
  for (char& c : minute) {
    if (c == '-' || c == 'T' || c == ':') c = '/';
  }
  std::string key(bundle_folder);
  return key.append("/").append(minute).append("-").append(id).append(".log");
}

/// How many keys are tried before a store gives up.
inline constexpr std::size_t log_key_attempts = 1000;

}  // namespace sla::inline v1
