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
    return put(report_metrics(report, options_.region));
  }
  /// Puts the data of as many reports as fit in one request, again and again. After a failure the
  /// rest is not tried.
  std::vector<Result<void>> publish_all(std::vector<Report> const& reports) {
    std::vector<Result<void>> results(reports.size());
    std::vector<aws::MetricDatum> data;
    std::size_t first = 0;
    Result<void> done;
    auto const put_until = [&](std::size_t end) {
      if (done && !data.empty()) done = put(std::exchange(data, {}));
      for (; first < end; ++first) results[first] = done;
    };
    for (std::size_t i = 0; i < reports.size(); ++i) {
      if (!reports[i].conclusive()) continue;
      std::size_t const before = data.size();
      for (auto& datum : report_metrics(reports[i], options_.region)) {
        data.push_back(std::move(datum));
      }
      if (fitting(data, 0) == data.size()) continue;
      std::vector<aws::MetricDatum> own(
          std::make_move_iterator(data.begin() + static_cast<std::ptrdiff_t>(before)),
          std::make_move_iterator(data.end()));
      data.resize(before);
      put_until(i);
      data = std::move(own);
    }
    put_until(reports.size());
    return results;
  }

 private:
  /// Puts data, in as much time as that has lately taken.
  Result<void> put(std::vector<aws::MetricDatum> data) {
    Instant const begun = std::chrono::steady_clock::now();
    auto done = put_by(std::move(data), begun + limit_);
    Duration const took = std::chrono::steady_clock::now() - begun;
    if (done) limit_ = std::clamp<Duration>(2 * took, options_.limit, limit_);
    bool const late = !done && done.error().code == Errc::timed_out;
    if (late) limit_ = std::max(limit_, std::min(2 * limit_, options_.longest_limit));
    return done;
  }

  Result<void> put_by(std::vector<aws::MetricDatum> data, Instant deadline) {
    aws::EndpointOptions const endpoint =
        options_.endpoints.in(options_.region, aws::Service::cloudwatch);
    for (std::size_t next = 0; next < data.size();) {
      std::size_t const end = next + fitting(data, next);
      aws::PutMetricDataInput input{.metric_namespace = options_.metric_namespace};
      for (; next < end; ++next) input.data.push_back(std::move(data[next]));
      auto done = aws::put_metric_data(client_, endpoint, input, deadline);
      if (!done) return done;
    }
    return {};
  }

  /// Returns how many of the data from that one on fit in one request, which has at most 1,000 of
  /// them and a megabyte. Their texts take up to three times as much as they are long.
  static std::size_t fitting(std::vector<aws::MetricDatum> const& data, std::size_t first) {
    constexpr std::size_t most_data = 1000, most_bytes = 1'000'000, fixed = 200;
    std::size_t end = first;
    for (std::size_t bytes = 0; end < data.size() && end - first < most_data; ++end) {
      bytes += fixed + 3 * data[end].name.size();
      for (auto const& [name, value] : data[end].dimensions) {
        bytes += fixed + 3 * (name.size() + value.size());
      }
      if (bytes > most_bytes) break;
    }
    return end - first;
  }

  C client_;
  Options options_;
  Duration limit_;
};

}  // namespace sla::inline v1
