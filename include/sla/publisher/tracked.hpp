// SPDX-License-Identifier: MIT
#pragma once
// Keeps track of how a service stands: up or down by its results in a row, and, if there is a
// target, what is left of its error budget and how fast that burns. Each report is told before it
// is published, so the event says it, and so do the attributes that subscribers filter by.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sla/core/json.hpp"
#include "sla/core/record.hpp"
#include "sla/core/shared.hpp"
#include "sla/core/time.hpp"
#include "sla/ledger/error_budget.hpp"
#include "sla/ledger/health.hpp"
#include "sla/publisher.hpp"

namespace sla::inline v1 {

/// How a Tracked goes about it.
struct Tracking {
  ledger::Thresholds thresholds{};
  std::optional<ledger::Target> target{};
  std::string memory{};  ///< what an earlier process left (Spooled::recall); empty: begins anew
};

/// Tells each report how its service stands, and publishes it to P. For the runs of one check.
/// Not thread-safe.
template <class P>
class Tracked {
 public:
  static constexpr bool wants_uncounted = sla::wants_uncounted<P>;

  Tracked(P publisher, Tracking const& options)
      : publisher_(std::move(publisher)), health_(options.thresholds), target_(options.target) {
    if (target_) budget_.emplace(*target_);
    internal::RecordReader memory(options.memory);
    while (auto const field = memory.next()) {
      health_.read(*field);
      if (budget_) budget_->read(*field);
    }
  }

  Result<void> publish(Report const& report) {
    Report known = report;
    if (report.counts()) track(known);
    return publish_wanted(publisher_, known);
  }

 private:
  void track(Report& report) {
    std::optional<ledger::Health::Transition> transition;
    if (report.conclusive()) {
      transition = health_.add(report.event_end(), report.succeeded());
      if (budget_) budget_->add(report.event_end(), report.succeeded());
    }
    Standing& standing = report.standing;
    standing.state = to_string(health_.state());
    if (transition) standing.transition = standing.state;
    if (budget_) standing.alert = to_string(budget_->alert());
    standing.json = json(standing, transition);
    internal::RecordWriter memory;
    health_.write(memory);
    if (budget_) budget_->write(memory);
    report.memory = internal::Shared<std::string const>::make(std::move(memory).bytes());
  }

  /// Returns the members of an object, without its braces.
  [[nodiscard]] std::string json(
      Standing const& standing, std::optional<ledger::Health::Transition> const& transition) const {
    using std::chrono::milliseconds;
    JsonWriter json;
    json.begin_object().key("state").string(standing.state);
    if (transition) {
      json.key("transition").string(standing.transition);
      json.key("sinceMs").integer(epoch_milliseconds(transition->since));
    }
    if (transition && transition->down) {
      json.key("downMs").integer(std::chrono::floor<milliseconds>(*transition->down).count());
    }
    if (budget_) write_target(json, standing.alert);
    std::string const text = json.end_object().text();
    return text.substr(1, text.size() - 2);
  }

  void write_target(JsonWriter& json, std::string_view alert) const {
    auto const results = budget_->results();
    auto const bad = static_cast<std::int64_t>(results.bad);
    auto const hours = target_->window / std::chrono::hours{1};
    json.key("slo").begin_object().key("target").literal(target_->good.text());
    json.key("window").string(hours % 24 == 0 ? std::to_string(hours / 24) + 'd'
                                              : std::to_string(hours) + 'h');
    json.key("good").integer(static_cast<std::int64_t>(results.good)).key("bad").integer(bad);
    json.key("budget").integer(budget_->budget());
    json.key("budgetLeft").integer(budget_->budget() - bad);
    json.key("alert").string(alert).key("complete").boolean(budget_->complete()).end_object();
  }

  internal::HeldPublisher<P> publisher_;
  ledger::Health health_;
  std::optional<ledger::Target> target_;
  std::optional<ledger::ErrorBudget> budget_{};

  static_assert(Publisher<P>,
                "Tracked's first parameter must be a sla::Publisher: movable, with "
                "sla::Result<void> publish(sla::Report const&)");
};

}  // namespace sla::inline v1
