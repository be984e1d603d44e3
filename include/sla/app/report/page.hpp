// SPDX-License-Identifier: MIT
#pragma once
// `sla-runner report --format html`: the answer as one page that needs nothing else, no script, no
// font, no image from elsewhere. It follows the reader's light or dark, fits a telephone, and has a
// table behind each picture. What comes from outside is text, whatever it holds.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/report/bar.hpp"
#include "sla/app/report/format.hpp"
#include "sla/app/report/page_style.hpp"
#include "sla/app/report/plan.hpp"
#include "sla/app/report/text.hpp"
#include "sla/core/text.hpp"
#include "sla/ledger/durations.hpp"
#include "sla/ledger/exclusion.hpp"
#include "sla/ledger/reducer.hpp"

namespace sla::inline v1::app {

/// What a page shows besides the answer. The parts of the answer are those of the plan.
struct PageParts {
  ReportPlan plan{};
  std::map<std::string, std::vector<ledger::Durations>, std::less<>> durations{};  ///< by weeks
  std::vector<ledger::Exclusion> exclusions{};
};

namespace detail {

/// Writes a page, in days or, where that would be too large, in weeks.
class PageWriter {
 public:
  enum class Detail { days, weeks };

  PageWriter(ReportAnswer const& report, PageParts const& parts, Detail detail)
      : report_(report), parts_(parts), detail_(detail) {}

  std::string page() && {
    out_ = page_head;
    begin();
    for (std::size_t i = 0; i < services().size(); ++i) service(services()[i], i);
    groups();
    exclusions();
    out_ += page_rules;
    return std::move(out_);
  }

 private:
  std::vector<ledger::ServiceAnswer> const& services() const { return report_.answer.services; }

  static std::string minute_text(ledger::Milliseconds time) {
    std::string text = time_text(time).substr(0, 16);
    text[10] = ' ';
    return text;
  }
  void state(ledger::State state) {
    std::string_view const name = name_of(state);
    out_.append("<b class=").append(name).append(">").append(name).append("</b>");
  }

  void begin() {
    out_ += "<h1>Availability</h1><p>" + minute_text(report_.window.from) + " to " +
            minute_text(report_.window.to) +
            " UTC.</p><table class=\"s f\"><caption>Now</caption><thead><tr>"
            "<th>service<th>state";
    auto const& spans = parts_.plan.spans;
    std::size_t const shown = std::min<std::size_t>(spans.size(), 4);
    for (std::size_t i = 0; i < shown; ++i) out_ += "<th>" + spans[i].name;
    out_ += "<tbody>";
    for (std::size_t i = 0; i < services().size(); ++i) {
      ledger::ServiceAnswer const& service = services()[i];
      out_ += "<tr><th><a href=\"#s" + std::to_string(i) + "\">";
      append_html(out_, service.service);
      out_ += "</a><td>";
      state(service.state);
      for (std::size_t span = 0; span < shown; ++span) {
        append_cell(out_, ledger::availability(service.parts[span].times));
      }
    }
    out_ += "</table>";
    out_ += page_legend;
  }

  void service(ledger::ServiceAnswer const& answer, std::size_t number) {
    out_ += "<section id=s" + std::to_string(number) + "><h2>";
    append_html(out_, answer.service);
    out_ += ' ';
    state(answer.state);
    out_ += "</h2>";
    if (!answer.groups.empty()) {
      out_ += "<p>";
      append_html(out_, joined(answer.groups));
      out_ += "</p>";
    }
    auto const& plan = parts_.plan;
    bool const days = detail_ == Detail::days;
    std::span<ledger::Part const> parts = answer.parts;
    parts = parts.subspan(plan.spans.size());
    parts = days ? parts.first(plan.days.size()) : parts.subspan(plan.days.size());
    append_bar(out_, days ? "days" : "weeks", days ? plan.days : plan.weeks, parts);
    figures(answer);
    remarks(answer);
    outages(answer);
    auto const found = parts_.durations.find(answer.service);
    if (found != parts_.durations.end()) append_durations(out_, plan.weeks, found->second);
    out_ += "</section>";
  }

  void figures(ledger::ServiceAnswer const& answer) {
    out_ +=
        "<table "
        "class=f><thead><tr><th>last<th>availability<th>worst<th>coverage<th>occurrences<tbody>";
    for (std::size_t i = 0; i < parts_.plan.spans.size(); ++i) {
      ledger::Part const& part = answer.parts[i];
      out_ += "<tr><th>" + parts_.plan.spans[i].name;
      append_cell(out_, ledger::availability(part.times));
      append_cell(out_, ledger::worst(part.times));
      append_cell(out_, ledger::coverage(part.times));
      append_cell(out_, ledger::occurrences(part.counts));
    }
    out_ += "</table>";
  }

  /// What else there is to say, in a sentence each.
  void remarks(ledger::ServiceAnswer const& answer) {
    ledger::Counts const& counts = answer.counts;
    out_ += "<p>" + std::to_string(counts.good) + " good, " + std::to_string(counts.bad) + " bad, ";
    out_ += std::to_string(counts.lost) + " lost.";
    if (report_.slo) {
      std::int64_t const budget = budget_of(counts, *report_.slo);
      out_ += " Error budget: of " + std::to_string(budget) + " failures that " +
              report_.slo->text() + " % allows, " + std::to_string(budget - counts.bad) +
              " are left.";
    }
    if (answer.inferred) out_ += " How long results hold is inferred.";
    out_ += "</p>";
  }

  void outages(ledger::ServiceAnswer const& answer) {
    std::size_t const all = answer.outages.size();
    std::size_t const shown = std::min<std::size_t>(all, detail_ == Detail::days ? 5 : 2);
    if (all == 0) return;
    out_ += "<details><summary>Outages: the last " + std::to_string(shown) + " of " +
            std::to_string(all) +
            "</summary><table><thead><tr><th>from<th>for<th>verdict<th>log<tbody>";
    for (std::size_t i = 0; i < shown; ++i) {
      ledger::Outage const& outage = answer.outages[all - 1 - i];
      out_ += "<tr><th>" + minute_text(outage.from) + "<td>" + span_text(outage.to - outage.from);
      out_ += "<td>";
      append_html(out_, outage.verdict);
      out_ += "<td>";
      log(outage.log_uri);
    }
    out_ += "</table></details>";
  }

  /// A link to a log; only where a browser may follow it.
  void log(std::string_view uri) {
    bool const link = uri.starts_with("https://") || uri.starts_with("s3://") ||
                      uri.starts_with("file://") || uri.starts_with("http://");
    std::string_view const name = uri.substr(uri.rfind('/') + 1);
    if (!link) return append_html(out_, uri.empty() ? "\xE2\x80\x93" : uri);
    out_ += "<a href=\"";
    append_html(out_, uri);
    out_ += "\">";
    append_html(out_, name.empty() ? uri : name);
    out_ += "</a>";
  }

  void groups() {
    if (report_.answer.groups.empty()) return;
    out_ +=
        "<section><h2>Groups</h2><table><thead><tr><th>group<th>availability<th>worst"
        "<th>coverage<th>outages<tbody>";
    for (ledger::GroupAnswer const& group : report_.answer.groups) {
      out_ += "<tr><th>";
      append_html(out_, group.group);
      append_cell(out_, ledger::availability(group.times));
      append_cell(out_, ledger::worst(group.times));
      append_cell(out_, ledger::coverage(group.times));
      out_ += "<td>" + std::to_string(group.outages.size());
    }
    out_ += "</table></section>";
  }

  void exclusions() {
    if (parts_.exclusions.empty()) return;
    out_ +=
        "<section><h2>Planned maintenance</h2><table><thead><tr><th>from<th>to<th>of<th>why"
        "<tbody>";
    for (ledger::Exclusion const& one : parts_.exclusions) {
      out_ += "<tr><th>" + minute_text(one.window.from) + "<td>" + minute_text(one.window.to);
      out_ += "<td>";
      append_html(out_, one.service.empty() ? one.group : one.service);
      out_ += "<td>";
      append_html(out_, one.reason);
    }
    out_ += "</table></section>";
  }

  ReportAnswer const& report_;
  PageParts const& parts_;
  Detail detail_;
  std::string out_{};
};

}  // namespace detail

/// The answer as a page. What would be larger than 190 KB by days is told by weeks.
[[nodiscard]] inline std::string report_page(ReportAnswer const& report, PageParts const& parts) {
  constexpr std::size_t most = 190'000;
  using Page = detail::PageWriter;
  std::string page = Page(report, parts, Page::Detail::days).page();
  if (page.size() <= most) return page;
  return Page(report, parts, Page::Detail::weeks).page();
}

}  // namespace sla::inline v1::app
