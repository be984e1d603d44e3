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
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/nearest.hpp"
#include "sla/app/quoted.hpp"
#include "sla/app/setting_values.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"
#include "sla/ledger/exclusion.hpp"
#include "sla/ledger/percentage.hpp"
#include "sla/ledger/quorum.hpp"

namespace sla::inline v1 {

inline constexpr std::string_view report_usage =
    "usage: sla-runner report [OPTION]... --store DIR\n"
    "       sla-runner report [OPTION]... FILE...\n"
    "\n"
    "Says what events prove about the availability of services and groups: what was up, what was\n"
    "down, what nobody could tell and when nobody looked. FILE has an event on each line, or an\n"
    "SNS envelope of one; - is standard input. DIR is also taken from SLARUNNER_STORE.\n"
    "\n"
    "  --from TIME       begin of the window; default: the end of the first event\n"
    "  --to TIME         end of the window; default: now. TIME is 2026-01-31T22:00:00Z,\n"
    "                    2026-01-31, or milliseconds since 1970; --from 7d is 7 days before the "
    "end\n"
    "  --service NAME    only this service; repeatable\n"
    "  --group NAME      only this group and its services; repeatable\n"
    "  --slo PERCENT     also tells how many failures this target allows\n"
    "  --exclude FILE    planned maintenance: a line of JSON for each, with from, to, service or\n"
    "                    group, and reason; * is every service\n"
    "  --hold SECONDS    how long a result of an earlier version holds at most; default: twice "
    "the\n"
    "                    usual time from one to the next\n"
    "  --quorum K|majority|any|all\n"
    "                    how many locations make a service down; default: majority\n"
    "  --format text|json|csv\n"
    "                    default: text on a terminal, else json\n"
    "  --out FILE        replaces this file when the report is whole\n";

enum class ReportFormat : std::uint8_t { text, json, csv };

/// What was asked, in words that make sense.
struct ReportRequest {
  std::string store{};
  std::vector<std::string> files{};
  std::optional<std::string> from{};
  std::optional<std::string> to{};
  std::vector<std::string> services{};
  std::vector<std::string> groups{};
  std::optional<ledger::Percentage> slo{};
  std::optional<std::string> exclude{};
  std::optional<ledger::Milliseconds> hold{};
  ledger::Quorum quorum{};
  std::optional<ReportFormat> format{};
  std::optional<std::string> out{};

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

inline std::optional<ReportFormat> parse_report_format(std::string_view text) {
  if (text == "text") return ReportFormat::text;
  if (text == "json") return ReportFormat::json;
  if (text == "csv") return ReportFormat::csv;
  return std::nullopt;
}

/// Takes one flag and its value.
inline Result<void> take_report_flag(ReportRequest& request, std::string_view flag,
                                     std::string const& value) {
  auto const wrong = [&](std::string_view why) {
    return report_error(std::string(flag) + ' ' + quoted(std::string_view(value)) + ' ' +
                        std::string(why));
  };
  if (flag == "--store") request.store = value;
  if (flag == "--from") request.from = value;
  if (flag == "--to") request.to = value;
  if (flag == "--service") request.services.push_back(value);
  if (flag == "--group") request.groups.push_back(value);
  if (flag == "--exclude") request.exclude = value;
  if (flag == "--out") request.out = value;
  if (flag == "--slo" && !(request.slo = ledger::parse_percentage(value))) {
    return wrong("is no percentage from 0 to 100 with up to 4 decimals, such as 99.9");
  }
  if (flag == "--hold") {
    Duration hold{};
    auto const read = read_value(value, hold);
    if (!read) return wrong(read.error().message);
    request.hold = std::chrono::floor<std::chrono::milliseconds>(hold).count();
  }
  if (flag == "--quorum") {
    auto const quorum = ledger::parse_quorum(value);
    if (!quorum) return wrong("is neither majority, any, all nor a number of locations");
    request.quorum = *quorum;
  }
  if (flag != "--format") return {};
  if (value == "html") return report_error("the HTML page is not made yet");
  request.format = parse_report_format(value);
  return request.format ? Result<void>{} : wrong("is neither text, json nor csv");
}

inline constexpr std::array<std::string_view, 11> report_flags{
    "--store",   "--from", "--to",     "--service", "--group", "--slo",
    "--exclude", "--hold", "--quorum", "--format",  "--out"};

inline Error unknown_report_flag(std::string_view flag) {
  if (flag == "--from-keys") return report_error("S3 is not read yet: --from-keys");
  return report_error("unknown flag " + quoted(flag) +
                      nearest_hint(flag, {report_flags.begin(), report_flags.end()}));
}

}  // namespace detail

namespace detail {

/// Takes the words behind `report` apart, one after another.
class ReportWords {
 public:
  explicit ReportWords(std::span<char const* const> words) : left_(words) {}

  Result<ReportRequest> read() {
    while (!left_.empty()) {
      std::string_view const word = take();
      bool const file = word == "-" || !word.starts_with('-');
      if (file && word.starts_with("s3://")) {
        return report_error("S3 is not read yet: " + quoted(word));
      }
      if (file) request_.files.emplace_back(word);
      if (file) continue;
      if (auto took = take_flag(word); !took) return took.error();
    }
    return std::move(request_);
  }

 private:
  std::string_view take() {
    std::string_view const word = left_.front();
    left_ = left_.subspan(1);
    return word;
  }

  Result<void> take_flag(std::string_view word) {
    std::string_view const flag = word.substr(0, word.find('='));
    auto const has = [&](auto const& all) {
      return std::find(all.begin(), all.end(), flag) != all.end();
    };
    if (!has(report_flags)) return unknown_report_flag(flag);
    if (has(seen_) && flag != "--service" && flag != "--group") {
      return report_error(std::string(flag) + " is given more than once");
    }
    seen_.push_back(flag);
    bool const joined = flag.size() != word.size();
    std::string value;
    if (joined) value = word.substr(flag.size() + 1);
    if (!joined && !left_.empty()) value = take();
    if (value.empty()) return report_error(std::string(flag) + " needs a value");
    return take_report_flag(request_, flag, value);
  }

  std::span<char const* const> left_;
  std::vector<std::string_view> seen_;
  ReportRequest request_;
};

}  // namespace detail

/// Takes the words behind `report` apart. Without a source it is the store of the environment.
[[nodiscard]] inline Result<ReportRequest> parse_report(std::span<char const* const> words,
                                                        Environment const& environment) {
  auto request = detail::ReportWords(words).read();
  if (!request || !request->store.empty() || !request->files.empty()) return request;
  request->store = environment.get("SLARUNNER_STORE").value_or("");
  if (!request->store.empty()) return request;
  return detail::report_error("nothing to read: say --store DIR, a file, or - for the input");
}

namespace detail {

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

}  // namespace detail

/// Finds the window that was asked for. `first` is the end of the first event.
[[nodiscard]] inline Result<ledger::Window> report_window(
    ReportRequest const& request, ledger::Milliseconds now,
    std::optional<ledger::Milliseconds> first) {
  auto const wrong = [](std::string_view flag, std::string const& value) {
    return detail::report_error(std::string(flag) + ' ' + quoted(std::string_view(value)) +
                                " is no time such as 2026-01-31T22:00:00Z or 2026-01-31");
  };
  auto const to = request.to ? detail::report_time(*request.to) : now;
  if (!to) return wrong("--to", *request.to);
  std::optional<ledger::Milliseconds> from = first;
  if (request.from) {
    auto const span = detail::report_span(*request.from);
    from =
        span ? std::max<ledger::Milliseconds>(0, *to - *span) : detail::report_time(*request.from);
    if (!from) return wrong("--from", *request.from);
  }
  if (!from)
    return Error{Errc::not_found, "report: there are no events; say since when with --from"};
  if (*from > *to) {
    auto const text = [](ledger::Milliseconds time) {
      return iso_time(WallTime{std::chrono::milliseconds{time}});
    };
    return detail::report_error("the window ends at " + text(*to) + ", before it begins at " +
                                text(*from));
  }
  return ledger::Window{*from, *to};
}

}  // namespace sla::inline v1
