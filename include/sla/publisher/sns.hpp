// SPDX-License-Identifier: MIT
#pragma once
// Publishes each counted run as an event to an SNS topic, with the attributes that subscriptions
// filter by. On a FIFO topic the service's events keep their order and a redelivery is dropped.
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/aws/config/endpoint_settings.hpp"
#include "sla/aws/service/arn.hpp"
#include "sla/aws/service/sns.hpp"
#include "sla/aws/service/sns_batch.hpp"
#include "sla/core/json.hpp"
#include "sla/core/time.hpp"
#include "sla/publisher.hpp"
#include "sla/publisher/event.hpp"
#include "sla/publisher/topic.hpp"

namespace sla::inline v1 {

/// Returns the attributes of a report's message: service, succeeded and verdict; counted if it
/// is false; state, transition and alert if somebody keeps track of them; groups if there are
/// any.
[[nodiscard]] inline std::vector<aws::MessageAttribute> event_attributes(Report const& report) {
  std::vector<aws::MessageAttribute> attributes{
      {"service", aws::AttributeType::string, report.job.service},
      {"succeeded", aws::AttributeType::string, report.succeeded() ? "true" : "false"},
      {"verdict", aws::AttributeType::string, std::string(to_string(report.outcome.verdict))}};
  if (!report.conclusive()) attributes.push_back({"counted", aws::AttributeType::string, "false"});
  auto const add = [&](std::string_view name, std::string const& value) {
    if (!value.empty())
      attributes.push_back({std::string(name), aws::AttributeType::string, value});
  };
  add("state", report.standing.state);
  add("transition", report.standing.transition);
  add("alert", report.standing.alert);
  if (report.job.groups.empty()) return attributes;
  JsonWriter groups;
  groups.begin_array();
  for (std::string const& group : report.job.groups) groups.string(group);
  attributes.push_back({"groups", aws::AttributeType::string_array, groups.end_array().text()});
  return attributes;
}

/// Publishes events. C is a Client for SNS, T a TopicSource. Not thread-safe.
template <class C, class T = FixedTopic>
class Sns {
 public:
  struct Options {
    aws::EndpointSettings endpoints{};
    EventFormat format = EventFormat::documented;
    Duration limit = std::chrono::seconds{20};  ///< for one report, its retries included
  };

  Sns(C client, T topic) : Sns(std::move(client), std::move(topic), Options{}) {}
  Sns(C client, T topic, Options options)
      : client_(std::move(client)), topic_(std::move(topic)), options_(std::move(options)) {}

  Result<void> publish(Report const& report) {
    auto const topic = topic_.arn();
    if (!topic) return topic.error();
    auto const id =
        sla::aws::publish(client_, options_.endpoints, input_of(report, *topic), deadline());
    if (!id) return id.error();
    return {};
  }

  /// Publishes ten with one request, and all such requests at once. A service of another make that
  /// refuses every batch gets the messages one by one, from the fourth time on.
  std::vector<Result<void>> publish_all(std::vector<Report> const& reports) {
    std::vector<Result<void>> results;
    results.reserve(reports.size());
    auto const topic = topic_.arn();
    if (!topic) return std::vector<Result<void>>(reports.size(), topic.error());
    if (!has_batches()) {
      for (Report const& report : reports) results.push_back(publish(report));
      return results;
    }
    std::vector<aws::PublishInput> inputs;
    inputs.reserve(reports.size());
    for (Report const& report : reports) inputs.push_back(input_of(report, *topic));
    bool refused = true;
    for (auto const& id : aws::publish_batches(client_, options_.endpoints, inputs, deadline())) {
      refused = refused && !id && id.error().code == Errc::rejected;
      results.push_back(id ? Result<void>{} : id.error());
    }
    refused_in_a_row_ = refused ? refused_in_a_row_ + 1 : 0;
    return results;
  }

 private:
  [[nodiscard]] bool has_batches() const noexcept { return refused_in_a_row_ < 3; }
  [[nodiscard]] Instant deadline() const {
    return std::chrono::steady_clock::now() + options_.limit;
  }
  [[nodiscard]] aws::PublishInput input_of(Report const& report, std::string const& topic) const {
    return {.topic_arn = topic,
            .message = event_json(report, options_.format),
            .attributes = event_attributes(report),
            .group_id = report.job.service,
            .deduplication_id = report.job.run_id};
  }

  C client_;
  internal::HeldTopicSource<T> topic_;
  Options options_;
  int refused_in_a_row_ = 0;  ///< how many batches were, as a whole

  static_assert(TopicSource<T>,
                "Sns's second parameter must be a sla::TopicSource: movable, with "
                "sla::Result<std::string> arn()");
};

}  // namespace sla::inline v1
