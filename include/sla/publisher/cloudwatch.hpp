// SPDX-License-Identifier: MIT
#pragma once
// Puts each run that says something about its service to CloudWatch as four metrics, once for the
// service and once for each of its groups: what alarms and availabilities are made of. Every run is
// a datum of its own, at the time of its end, so the sums are right whether there are many runs a
// minute or one a day.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/aws/config/endpoint.hpp"
#include "sla/aws/config/endpoint_settings.hpp"
#include "sla/aws/service/cloudwatch.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"
#include "sla/publisher.hpp"

namespace sla::inline v1 {

namespace detail {

/// The four metrics of a report under the same dimensions.
inline std::array<aws::MetricDatum, 4> run_metrics(
    Report const& report, std::vector<aws::MetricDimension> const& dimensions) {
  auto const datum = [&](std::string_view name, double value, aws::MetricUnit unit) {
    return aws::MetricDatum{std::string(name), dimensions, report.ended_at, value, unit};
  };
  double const seconds = std::chrono::duration<double>(report.duration).count();
  return {datum("integration-sla-attempts", 1, aws::MetricUnit::count),
          datum("integration-sla-success", report.succeeded() ? 1 : 0, aws::MetricUnit::count),
          datum("integration-sla-failure", report.succeeded() ? 0 : 1, aws::MetricUnit::count),
          datum("sla-test-duration-secs", seconds, aws::MetricUnit::seconds)};
}

/// The groups as dimensions name them, each once.
inline std::vector<std::string> group_values(Report const& report) {
  std::vector<std::string> values;
  for (std::string const& group : report.job.groups) {
    std::string value = aws::dimension_value(group);
    bool const known = std::find(values.begin(), values.end(), value) != values.end();
    if (!known && !trim(value).empty()) values.push_back(std::move(value));
  }
  return values;
}

}  // namespace detail

/// Returns the data of a report: first those of its service, then those of each group.
[[nodiscard]] inline std::vector<aws::MetricDatum> report_metrics(Report const& report,
                                                                  std::string_view region) {
  std::vector<aws::MetricDatum> data;
  auto const add = [&](std::vector<aws::MetricDimension> const& dimensions) {
    for (aws::MetricDatum& datum : detail::run_metrics(report, dimensions)) {
      data.push_back(std::move(datum));
    }
  };
  std::string const here = aws::dimension_value(region);
  add({{"Region", here}, {"Service", aws::dimension_value(report.job.service)}});
  for (std::string const& group : detail::group_values(report)) {
    add({{"Group", group}, {"Region", here}});
  }
  return data;
}

/// Puts metrics. C is a Client for CloudWatch. Not thread-safe.
template <class C>
class CloudWatch {
 public:
  struct Options {
    std::string metric_namespace{};
    std::string region{};  ///< where the metrics go, and their dimension Region
    aws::EndpointSettings endpoints{};
    Duration limit = std::chrono::seconds{3};  ///< for one report, its retries included; it grows
    Duration longest_limit = std::chrono::seconds{15};  ///< while that is too short, to this
  };

  CloudWatch(C client, Options options)
      : client_(std::move(client)), options_(std::move(options)), limit_(options_.limit) {}

  Result<void> publish(Report const& report) {
    if (!report.conclusive()) return {};
    Instant const begun = std::chrono::steady_clock::now();
    auto done = put(report, begun + limit_);
    Duration const took = std::chrono::steady_clock::now() - begun;
    if (done) limit_ = std::clamp<Duration>(2 * took, options_.limit, limit_);
    bool const late = !done && done.error().code == Errc::timed_out;
    if (late) limit_ = std::max(limit_, std::min(2 * limit_, options_.longest_limit));
    return done;
  }

 private:
  Result<void> put(Report const& report, Instant deadline) {
    aws::EndpointOptions const endpoint =
        options_.endpoints.in(options_.region, aws::Service::cloudwatch);
    std::vector<aws::MetricDatum> data = report_metrics(report, options_.region);
    for (auto next = data.begin(); next != data.end();) {
      auto const left = static_cast<std::size_t>(data.end() - next);
      auto const end = next + static_cast<std::ptrdiff_t>(std::min(left, most_data));
      aws::PutMetricDataInput const input{
          .metric_namespace = options_.metric_namespace,
          .data = {std::make_move_iterator(next), std::make_move_iterator(end)}};
      auto done = aws::put_metric_data(client_, endpoint, input, deadline);
      if (!done) return done;
      next = end;
    }
    return {};
  }

  /// However long the names are, that many data stay below the limit of a request.
  static constexpr std::size_t most_data = 200;

  C client_;
  Options options_;
  Duration limit_;
};

}  // namespace sla::inline v1
