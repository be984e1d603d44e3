// SPDX-License-Identifier: MIT
#pragma once
// What `sla-runner report` is asked: its command line, taken apart and checked. Every problem is an
// Error of one sentence.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/command.hpp"
#include "sla/app/settings/checks.hpp"
#include "sla/app/settings/values.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"
#include "sla/ledger/exclusion.hpp"
#include "sla/ledger/percentage.hpp"
#include "sla/ledger/quorum.hpp"

namespace sla::inline v1::app {

enum class ReportFormat : std::uint8_t { text, json, csv, html };

template <>
inline constexpr std::array choices<ReportFormat>{Choice<ReportFormat>{"text", ReportFormat::text},
                                                  Choice<ReportFormat>{"json", ReportFormat::json},
                                                  Choice<ReportFormat>{"csv", ReportFormat::csv},
                                                  Choice<ReportFormat>{"html", ReportFormat::html}};

/// What was asked, in words that make sense.
struct ReportRequest {
  std::string store{};
  std::vector<std::string> files{};        ///< `-` and s3://BUCKET/PREFIX too
  std::vector<std::string> key_sources{};  ///< s3://BUCKET/PREFIX
  std::optional<std::string> from{};
  std::optional<std::string> to{};
  std::vector<std::string> services{};
  std::vector<std::string> groups{};
  std::optional<ledger::Percentage> slo{};
  std::optional<std::string> exclude{};
  std::optional<ledger::Milliseconds> hold{};
  ledger::Quorum quorum{};
  std::optional<ReportFormat> format{};
  bool ascii = false;
  std::optional<std::string> slamon{};
  std::optional<std::string> out{};  ///< s3://BUCKET/PREFIX too

  /// Says whether an event or an answer about this service is asked for.
  template <class Groups>
  [[nodiscard]] bool asks_for(std::string_view service, Groups const& its_groups) const {
    auto const named = [](auto const& all, std::string_view name) {
      return std::find(all.begin(), all.end(), name) != all.end();
    };
    if (!services.empty() && !named(services, service)) return false;
    return groups.empty() || std::any_of(groups.begin(), groups.end(), [&](auto const& group) {
             return named(its_groups, group);
           });
  }
};

namespace detail {

inline Error report_error(std::string why) {
  return Error{Errc::invalid, "report: " + std::move(why)};
}

/// Reads a time: RFC 3339, a day, or milliseconds.
inline std::optional<ledger::Milliseconds> report_time(std::string const& text) {
  if (auto const number = parse_integer(text)) {
    return *number >= 0 && *number <= ledger::latest_time ? number : std::nullopt;
  }
  return ledger::parse_time(text.size() == 10 ? text + "T00:00:00Z" : text);
}

/// Reads a span of time with its units, such as `7d`.
inline std::optional<ledger::Milliseconds> report_span(std::string_view text) {
  Duration span{};
  bool const unit = !text.empty() && !is_digit(text.back());
  if (!unit || !read_value(text, span)) return std::nullopt;
  return std::chrono::floor<std::chrono::milliseconds>(span).count();
}

inline Result<void> check_end(std::string_view text) {
  if (report_time(std::string(text))) return {};
  return Error{Errc::invalid, "is no time such as 2026-01-31T22:00:00Z or 2026-01-31"};
}
inline Result<void> check_begin(std::string_view text) {
  return report_span(text) ? Result<void>{} : check_end(text);
}
inline Result<void> check_quorum(std::string_view text) {
  if (ledger::parse_quorum(text)) return {};
  return Error{Errc::invalid, "is neither majority, any, all nor a number of locations"};
}

/// Errc::invalid if flags do not go together.
inline Result<void> check_together(ReportRequest const& request) {
  if (!request.slamon) {
    bool const object = request.out && request.out->starts_with("s3://");
    bool const nameless =
        object && (request.out->find('/', 5) == std::string::npos || request.out->ends_with('/'));
    return nameless ? report_error("--out names no object: say s3://BUCKET/KEY") : Result<void>{};
  }
  if (!request.out) return report_error("--slamon needs --out DIR or --out s3://BUCKET/PREFIX");
  bool const own = !request.from && !request.format;
  return own ? Result<void>{} : report_error("--slamon goes without --from and --format");
}

}  // namespace detail

/// Reads what is asked. Without a source it is the store of the environment.
[[nodiscard]] inline Result<ReportRequest> parse_report(Arguments const& arguments,
                                                        Environment const& environment) {
  auto const texts = [&](std::string_view flag) {
    auto const all = arguments.all(flag);
    return std::vector<std::string>(all.begin(), all.end());
  };
  auto const hold = value_of<Duration>(arguments, "--hold");
  ReportRequest request{
      .store = std::string(arguments.value("--store")),
      .files = {arguments.operands.begin(), arguments.operands.end()},
      .key_sources = texts("--from-keys"),
      .from = value_of<std::string>(arguments, "--from"),
      .to = value_of<std::string>(arguments, "--to"),
      .services = texts("--service"),
      .groups = texts("--group"),
      .slo = ledger::parse_percentage(arguments.value("--slo")),
      .exclude = value_of<std::string>(arguments, "--exclude"),
      .quorum = ledger::parse_quorum(arguments.value("--quorum")).value_or(ledger::Quorum{}),
      .format = value_of<ReportFormat>(arguments, "--format"),
      .ascii = arguments.has("--ascii"),
      .slamon = value_of<std::string>(arguments, "--slamon"),
      .out = value_of<std::string>(arguments, "--out")};
  if (hold) request.hold = std::chrono::floor<std::chrono::milliseconds>(*hold).count();
  if (auto good = detail::check_together(request); !good) return good.error();
  if (!request.store.empty() || !request.files.empty()) return request;
  if (!request.key_sources.empty()) return request;
  request.store = environment.get("SLARUNNER_STORE").value_or("");
  if (!request.store.empty()) return request;
  return detail::report_error(
      "nothing to read: say --store DIR, a file, s3://BUCKET/PREFIX, or - for the input");
}

/// Finds the window that was asked for. `first` is the end of the first event.
[[nodiscard]] inline Result<ledger::Window> report_window(
    ReportRequest const& request, ledger::Milliseconds now,
    std::optional<ledger::Milliseconds> first) {
  auto const to = request.to ? detail::report_time(*request.to) : now;
  std::optional<ledger::Milliseconds> from = first;
  if (request.from) {
    auto const span = detail::report_span(*request.from);
    from =
        span ? std::max<ledger::Milliseconds>(0, *to - *span) : detail::report_time(*request.from);
  }
  if (!from) {
    return Error{Errc::not_found, "report: there are no events; say since when with --from"};
  }
  if (*from > *to) {
    auto const text = [](ledger::Milliseconds time) {
      return iso_time(WallTime{std::chrono::milliseconds{time}});
    };
    return detail::report_error("the window ends at " + text(*to) + ", before it begins at " +
                                text(*from));
  }
  return ledger::Window{*from, *to};
}

}  // namespace sla::inline v1::app
