// SPDX-License-Identifier: MIT
#pragma once
// `sla-runner report`: reads events, lets the ledger say what they prove, and writes that down.
// What was written before stays as it was where the report cannot be made.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/command.hpp"
#include "sla/app/exit_code.hpp"
#include "sla/app/printing.hpp"
#include "sla/app/quoted.hpp"
#include "sla/app/report/arguments.hpp"
#include "sla/app/report/days.hpp"
#include "sla/app/report/flags.hpp"
#include "sla/app/report/format.hpp"
#include "sla/app/report/output.hpp"
#include "sla/app/report/page.hpp"
#include "sla/app/report/plan.hpp"
#include "sla/app/report/slamon.hpp"
#include "sla/app/report/source.hpp"
#include "sla/app/report/text.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/result.hpp"
#include "sla/core/time.hpp"
#include "sla/ledger/exclusion.hpp"
#include "sla/ledger/reducer.hpp"

namespace sla::inline v1::app {

namespace detail {

inline Result<std::vector<ledger::Exclusion>> exclusions_of(ReportRequest const& request) {
  constexpr std::size_t most = std::size_t{64} * 1024 * 1024;
  if (!request.exclude) return std::vector<ledger::Exclusion>{};
  auto const text = internal::read_file(*request.exclude, most);
  if (!text) return text.error().within("report: --exclude");
  auto all = ledger::read_exclusions(*text);
  if (!all) return std::move(all).error().within("report: --exclude: " + escaped(*request.exclude));
  return all;
}

/// Errc::not_found if a name that is asked for is nobody's.
inline Result<void> check_names(ledger::Book const& book, ReportRequest const& request) {
  auto const nobody = [](std::string_view what, std::string_view name) {
    return Error{Errc::not_found,
                 "report: no event is of the " + std::string(what) + ' ' + quoted(name)};
  };
  for (std::string const& name : request.services) {
    if (book.groups.find(name) == book.groups.end()) return nobody("service", name);
  }
  for (std::string const& name : request.groups) {
    bool const known = std::any_of(book.groups.begin(), book.groups.end(), [&](auto const& one) {
      return one.second.find(name) != one.second.end();
    });
    if (!known) return nobody("group", name);
  }
  return {};
}

/// Leaves what is asked for. A group is told of as a whole, so not where only services are named.
inline void select(ledger::Answer& answer, ReportRequest const& request) {
  std::erase_if(answer.services, [&](auto const& service) {
    return !request.asks_for(service.service, service.groups);
  });
  auto const& names = request.groups;
  bool const all = request.services.empty() && names.empty();
  std::erase_if(answer.groups, [&](auto const& group) {
    return !all && std::find(names.begin(), names.end(), group.group) == names.end();
  });
}

/// Says what is odd about what was read.
inline void say_oddities(ReportEvents const& read) {
  if (read.unreadable != 0) {
    complain({"report: " + std::to_string(read.unreadable) +
              (read.unreadable == 1 ? " line is no event: " : " lines are no events; the first: ") +
              read.first_unreadable});
  }
  if (read.bundles != 0) {
    complain({"report: " + std::to_string(read.bundles) +
              (read.bundles == 1 ? " object is a bundle" : " objects are bundles") +
              " of logs of passes (--log-bundle), which keys cannot count: read the events"});
  }
  if (read.ahead != 0) {
    complain({"report: " + std::to_string(read.ahead) +
              (read.ahead == 1 ? " event ends" : " events end") +
              " in the future: a clock is wrong, this one or theirs"});
  }
}

/// Returns the format that is asked for; on a terminal that is text, and else JSON.
inline ReportFormat format_of(ReportRequest const& request) {
  bool const person = !request.out && ::isatty(STDOUT_FILENO) == 1;
  return request.format.value_or(person ? ReportFormat::text : ReportFormat::json);
}

/// Plans what has to be known before the events are read, which is all of a page or of the
/// ranges of --slamon.
inline Result<ReportPlan> plan_ahead(ReportRequest const& request, ledger::Milliseconds now) {
  if (request.format != ReportFormat::html && !request.slamon) return ReportPlan{};
  std::optional<ledger::Milliseconds> from;
  auto const window = report_window(request, now, ledger::Milliseconds{0});
  if (!window) return window.error();
  if (request.slamon) return plan_slamon(window->to);
  if (request.from) from = window->from;
  return plan_page(window->to, from);
}

/// Plans the rest, from the first event on.
inline Result<void> complete(ReportPlan& plan, ReportRequest const& request,
                             ledger::Milliseconds now, ReportEvents const& read) {
  if (!plan.spans.empty()) return {};
  auto const window = report_window(request, now, read.first);
  if (!window) return window.error();
  plan.window = *window;
  if (format_of(request) == ReportFormat::text) plan.days = page_slices(*window, 1);
  return {};
}

/// Colours are for terminals whose reader did not say otherwise (https://no-color.org).
inline TextStyle style_of(ReportRequest const& request, Environment const& environment) {
  bool const plain = !environment.get("NO_COLOR").value_or("").empty();
  return {.ascii = request.ascii, .colour = !plain && !request.out && ::isatty(STDOUT_FILENO) == 1};
}

inline std::string written(ReportAnswer const& report, ReportRequest const& request,
                           PageParts const& parts, TextStyle style) {
  switch (format_of(request)) {
    case ReportFormat::text:
      return report_text(report, parts.plan, style);
    case ReportFormat::csv:
      return report_csv(report);
    case ReportFormat::html:
      return report_page(report, parts);
    default:
      return report_json(report);
  }
}

inline std::string_view content_type(ReportFormat format) {
  switch (format) {
    case ReportFormat::text:
      return "text/plain; charset=utf-8";
    case ReportFormat::csv:
      return "text/csv; charset=utf-8";
    case ReportFormat::html:
      return "text/html; charset=utf-8";
    default:
      return "application/json";
  }
}

/// Answers the request, in the words of its format.
inline Result<std::vector<ReportFile>> make_report(ReportRequest const& request,
                                                   Environment const& environment,
                                                   ledger::Milliseconds now) {
  auto exclusions = exclusions_of(request);
  if (!exclusions) return exclusions.error();
  auto plan = plan_ahead(request, now);
  if (!plan) return plan.error();
  auto read = read_report_events(request, environment, now, *plan);
  if (!read) return read.error();
  say_oddities(*read);
  if (auto known = check_names(read->book, request); !known) return known.error();
  if (auto done = complete(*plan, request, now, *read); !done) return done.error();
  ReportAnswer report{.window = plan->window, .quorum = request.quorum, .slo = request.slo};
  report.unreadable = read->unreadable;
  report.answer = ledger::reduce(std::move(read->book), {.window = plan->window,
                                                         .quorum = request.quorum,
                                                         .hold = request.hold,
                                                         .exclusions = *exclusions,
                                                         .parts = plan->windows()});
  select(report.answer, request);
  if (request.slamon) {
    return slamon_files(*request.slamon, *plan, report.answer, std::move(read->results));
  }
  std::string text = written(report, request,
                             {.plan = *std::move(plan),
                              .durations = std::move(read->durations),
                              .exclusions = *std::move(exclusions)},
                             style_of(request, environment));
  return std::vector{ReportFile{.text = std::move(text)}};
}

/// A wrong request is one of the command line, a wrong file of exclusions is a setting; what AWS
/// refuses or does not answer may come right.
inline int report_exit_code(Error const& error) {
  switch (error.code) {
    case Errc::invalid:
      return exit_usage;
    case Errc::malformed:
      return exit_settings;
    case Errc::not_found:
    case Errc::system:
      return exit_no_input;
    default:
      return exit_undelivered;
  }
}

inline int run_report(Arguments const& arguments, Environment const& environment) {
  auto const request = parse_report(arguments, environment);
  if (!request) {
    complain({request.error().message});
    return exit_usage;
  }
  auto const now = std::chrono::floor<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  auto const report = make_report(*request, environment, now.count());
  if (!report) {
    complain({report.error().message});
    return report_exit_code(report.error());
  }
  if (!request->out) return print(report->front().text);
  auto const done =
      write_report(*request->out, content_type(format_of(*request)), *report, environment);
  if (done) return exit_success;
  complain({"report: --out: " + done.error().message});
  return done.error().code == Errc::malformed ? exit_settings : exit_undelivered;
}

}  // namespace detail

inline constexpr Command report_command{
    .name = "report",
    .purpose = "Says what events prove about the availability of services and groups.",
    .usage =
        "sla-runner report [OPTION]... --store DIR\n"
        "sla-runner report [OPTION]... FILE...\n"
        "sla-runner report [OPTION]... s3://BUCKET/PREFIX...",
    .about =
        "It tells apart what was up, what was down, what nobody could tell and when nobody "
        "looked. FILE has an event on each line, or an SNS envelope of one; - is standard "
        "input. Of S3 all objects under the prefix are read, which needs s3:ListBucket and "
        "s3:GetObject.",
    .flags = detail::report_flags,
    .most_operands = std::string_view::npos,
    .exit_codes = {{{exit_success, "the report is written"},
                    usage_exit,
                    {exit_no_input, "what it should read is not there"},
                    {exit_undelivered, "it cannot be written, or AWS did not answer or refused"},
                    {exit_settings, "the file of exclusions, or a setting of AWS, is wrong"}}},
    .run = detail::run_report,
};

}  // namespace sla::inline v1::app
