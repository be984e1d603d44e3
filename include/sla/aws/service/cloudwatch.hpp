// SPDX-License-Identifier: MIT
#pragma once
// CloudWatch PutMetricData: numbers under names and dimensions, at the times that they are of. What
// CloudWatch would refuse is found here, before a request. It adds up what it gets, so an answer
// that was lost may let a number count twice.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/aws/call/client.hpp"
#include "sla/aws/config/endpoint.hpp"
#include "sla/aws/http/transport.hpp"
#include "sla/aws/wire/query.hpp"
#include "sla/aws/wire/xml.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

/// What a metric counts.
enum class MetricUnit { none, count, seconds };

[[nodiscard]] constexpr std::string_view to_string(MetricUnit unit) noexcept {
  switch (unit) {
    case MetricUnit::none:
      return "None";
    case MetricUnit::count:
      return "Count";
    case MetricUnit::seconds:
      return "Seconds";
  }
  return "None";
}

/// What a metric is about; with its name and namespace they are what tells it from others.
struct MetricDimension {
  std::string name{};   ///< 1 to 255 printable ASCII characters, a colon not first
  std::string value{};  ///< 1 to 1,024 printable ASCII characters; see dimension_value()

  bool operator==(MetricDimension const&) const = default;
};

/// One number of one metric.
struct MetricDatum {
  std::string name{};  ///< 1 to 255 printable ASCII characters
  std::vector<MetricDimension> dimensions{};
  WallTime time{};
  double value = 0;
  MetricUnit unit = MetricUnit::none;
};

/// What is put by one request.
struct PutMetricDataInput {
  std::string metric_namespace{};
  std::vector<MetricDatum> data{};  ///< 1 to 1,000
};

/// The longest value of a dimension.
inline constexpr std::size_t most_dimension_value = 1024;

/// Checks that CloudWatch allows a namespace, and leaves it to others than AWS.
[[nodiscard]] inline Result<void> check_metric_namespace(std::string_view name) {
  constexpr std::string_view others = " ._/#:-";
  bool good =
      !trim(name).empty() && name.size() <= 255 && name.front() != ':' && !name.starts_with("AWS/");
  for (char const c : name) {
    good = good && (is_alpha(c) || is_digit(c) || others.find(c) != others.npos);
  }
  if (good) return {};
  return Error{Errc::invalid,
               "a namespace of metrics is 1 to 255 letters, digits, blanks and any of ._/#:-, and "
               "begins with neither a colon nor AWS/"};
}

/// Returns a text as the value of a dimension, with an underscore for each character that it cannot
/// hold.
[[nodiscard]] inline std::string dimension_value(std::string_view text) {
  std::string value;
  while (!text.empty() && value.size() < most_dimension_value) {
    value += text[0] < ' ' || text[0] > '~' ? '_' : text[0];
    std::size_t const length = utf8_length(text);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return value;
}

namespace detail {

inline bool is_metric_text(std::string_view text, std::size_t most) {
  for (char const c : text) {
    if (c < ' ' || c > '~') return false;
  }
  return !trim(text).empty() && text.size() <= most;
}

inline Result<void> check_datum(MetricDatum const& datum) {
  auto const wrong = [](std::string_view what) {
    return Error{Errc::unacceptable, std::string(what)};
  };
  if (!is_metric_text(datum.name, 255)) {
    return wrong("the name of a metric is not 1 to 255 printable ASCII characters");
  }
  if (datum.dimensions.size() > 30) return wrong(datum.name + " has more than 30 dimensions");
  if (!(std::abs(datum.value) <= std::ldexp(1.0, 360))) {
    return wrong("the value of " + datum.name + " is no number within 2^360");
  }
  for (MetricDimension const& dimension : datum.dimensions) {
    if (!is_metric_text(dimension.name, 255) || dimension.name.front() == ':') {
      return wrong("a dimension of " + datum.name + " has a name that CloudWatch refuses");
    }
    if (!is_metric_text(dimension.value, most_dimension_value)) {
      return wrong("the dimension " + dimension.name + " of " + datum.name +
                   " is not 1 to 1,024 printable ASCII characters");
    }
    std::size_t same = 0;
    for (MetricDimension const& other : datum.dimensions) same += other.name == dimension.name;
    if (same > 1) return wrong(datum.name + " has the dimension " + dimension.name + " twice");
  }
  return {};
}

/// Returns a short text that is read as the same number, with a point in every locale.
inline std::string metric_value(double value) {
  std::array<char, 32> text{};
  for (int digits = 15; digits <= 17; ++digits) {
    std::snprintf(text.data(), text.size(), "%.*g", digits, value);
    if (std::strtod(text.data(), nullptr) == value) break;
  }
  std::string out;
  for (char const c : std::string_view(text.data())) {
    if (is_digit(c) || c == '-' || c == '+' || c == 'e') {
      out += c;
    } else if (out.empty() || out.back() != '.') {  // the locale's point may be two bytes
      out += '.';
    }
  }
  return out;
}

inline void add_datum(QueryForm& form, MetricDatum const& datum, std::size_t number) {
  std::string const entry = "MetricData.member." + std::to_string(number) + '.';
  form.add({entry + "MetricName", datum.name});
  std::size_t at = 0;
  for (MetricDimension const& dimension : datum.dimensions) {
    std::string const member = entry + "Dimensions.member." + std::to_string(++at) + '.';
    form.add({member + "Name", dimension.name}).add({member + "Value", dimension.value});
  }
  form.add({entry + "Timestamp", iso_time(datum.time)});
  form.add({entry + "Value", metric_value(datum.value)});
  form.add({entry + "Unit", to_string(datum.unit)});
}

}  // namespace detail

/// Returns the request that puts data at an endpoint; Errc::unacceptable if CloudWatch
/// would refuse it.
[[nodiscard]] inline Result<Request> put_metric_data_request(PutMetricDataInput const& input,
                                                             Url endpoint) {
  constexpr std::size_t most_bytes = std::size_t{1} << 20U;
  if (auto good = check_metric_namespace(input.metric_namespace); !good) return good.error();
  if (input.data.empty() || input.data.size() > 1000) {
    return Error{Errc::unacceptable, "one request puts 1 to 1,000 data, and these are " +
                                         std::to_string(input.data.size())};
  }
  QueryForm form({"PutMetricData", "2010-08-01"});
  form.add({"Namespace", input.metric_namespace});
  std::size_t number = 0;
  for (MetricDatum const& datum : input.data) {
    if (auto good = detail::check_datum(datum); !good) return good.error();
    detail::add_datum(form, datum, ++number);
  }
  if (form.text().size() > most_bytes) {
    return Error{Errc::unacceptable, "the data have " + std::to_string(form.text().size()) +
                                         " bytes, and the limit is " + std::to_string(most_bytes)};
  }
  return std::move(form).request(std::move(endpoint));
}

/// Checks that an answer is CloudWatch's. One that is not is a proxy's: Errc::unavailable.
[[nodiscard]] inline Result<void> parse_put_metric_data_answer(Response const& response) {
  if (is_xml_root(response.body, "PutMetricDataResponse")) return {};
  return Error{Errc::unavailable, "the answer is not one of CloudWatch",
               http_status(response.status)};
}

/// Puts data with a Client, in the region of the endpoint, until the deadline. Errc::invalid if the
/// namespace is wrong, Errc::unacceptable if CloudWatch would not take the data; otherwise the
/// errors of Client::call().
template <class ServiceClient>
[[nodiscard]] Result<void> put_metric_data(ServiceClient& client, EndpointOptions const& endpoint,
                                           PutMetricDataInput const& input, Instant deadline) {
  constexpr std::string_view context = "cloudwatch put metric data";
  auto url = endpoint_url(Service::cloudwatch, endpoint);
  if (!url) return std::move(url).error().within(context);
  auto request = put_metric_data_request(input, *std::move(url));
  if (!request) return std::move(request).error().within(context);
  SigningScope const scope{.region = endpoint.region,
                           .service = std::string(signing_name(Service::cloudwatch))};
  Call const how{.scope = scope, .deadline = deadline, .cut = deadline};
  auto response = client.call(*std::move(request), how, read_xml_error);
  if (!response) return std::move(response).error().within(context);
  auto done = parse_put_metric_data_answer(*response);
  if (!done) return std::move(done).error().within(context);
  return {};
}

}  // namespace sla::inline v1::aws
