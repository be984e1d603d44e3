// SPDX-License-Identifier: MIT
#include "sla/aws/service/cloudwatch.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../support/scripted_client.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

std::string const answer =
    "<PutMetricDataResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\">"
    "<ResponseMetadata><RequestId>01234567</RequestId></ResponseMetadata></PutMetricDataResponse>";

MetricDatum datum() {
  return {.name = "attempts",
          .dimensions = {{"Region", "eu-west-1"}, {"Service", "shop & co"}},
          .time = WallTime{std::chrono::milliseconds{1'574'515'200'250}},
          .value = 1.5,
          .unit = MetricUnit::seconds};
}

PutMetricDataInput input(std::vector<MetricDatum> data) {
  return {.metric_namespace = "SLA-Monitor", .data = std::move(data)};
}

/// The form of the request, or why there is none.
std::string form(PutMetricDataInput const& input) {
  auto const request = put_metric_data_request(input, Url{});
  if (request) return request->body.text().value();
  bool const of_setting = !check_metric_namespace(input.metric_namespace);
  CHECK(request.error().code == (of_setting ? Errc::invalid : Errc::unacceptable));
  return request.error().message;
}
std::string valued(double value) {
  MetricDatum one = datum();
  one.value = value;
  return form(input({one}));
}
std::string about(MetricDimension dimension) {
  MetricDatum one = datum();
  one.dimensions.push_back(std::move(dimension));
  return form(input({one}));
}

}  // namespace

TEST_CASE("data are put by posting a form") {
  Url url{};
  url.host = "monitoring.eu-west-1.amazonaws.com";
  MetricDatum const bare{.name = "bare", .time = WallTime{}, .value = 0};
  auto const request = put_metric_data_request(input({datum(), bare}), url);
  REQUIRE(request);
  CHECK(request->method == Method::post);
  CHECK(request->url == url);
  CHECK(find_header(request->headers, "content-type") ==
        "application/x-www-form-urlencoded; charset=utf-8");
  CHECK(request->body.text().value() ==
        "Action=PutMetricData&Version=2010-08-01&Namespace=SLA-Monitor"
        "&MetricData.member.1.MetricName=attempts"
        "&MetricData.member.1.Dimensions.member.1.Name=Region"
        "&MetricData.member.1.Dimensions.member.1.Value=eu-west-1"
        "&MetricData.member.1.Dimensions.member.2.Name=Service"
        "&MetricData.member.1.Dimensions.member.2.Value=shop+%26+co"
        "&MetricData.member.1.Timestamp=2019-11-23T13%3A20%3A00.250Z"
        "&MetricData.member.1.Value=1.5&MetricData.member.1.Unit=Seconds"
        "&MetricData.member.2.MetricName=bare"
        "&MetricData.member.2.Timestamp=1970-01-01T00%3A00%3A00.000Z"
        "&MetricData.member.2.Value=0&MetricData.member.2.Unit=None");
}

TEST_CASE("a value is a finite number, written so that it is read as the same one") {
  CHECK(valued(914).find(".Value=914&") != std::string::npos);
  CHECK(valued(0.001).find(".Value=0.001&") != std::string::npos);
  CHECK(valued(-0.1).find(".Value=-0.1&") != std::string::npos);
  for (double const value : {1.0 / 3, 0.1 + 0.2, 1e100 / 7, 5e-324, 123456789.123, -2.0 / 3}) {
    std::string const text = aws::detail::metric_value(value);
    CAPTURE(text);
    CHECK(std::strtod(text.c_str(), nullptr) == value);
  }
  CHECK(valued(-1e300 / 3).find("within 2^360") != std::string::npos);
  CHECK(valued(std::numeric_limits<double>::infinity()).find("within") != std::string::npos);
  CHECK(valued(std::numeric_limits<double>::quiet_NaN()).find("within") != std::string::npos);
}

TEST_CASE("names and dimensions that CloudWatch refuses are found before a request") {
  MetricDatum nameless = datum();
  nameless.name = " ";
  CHECK(form(input({nameless})).starts_with("the name of a metric is not"));
  nameless.name = std::string(256, 'n');
  CHECK(form(input({nameless})).starts_with("the name of a metric is not"));
  for (std::string const name : {"", ":a", "gr\xC3\xBC", "a\tb"}) {
    CAPTURE(name);
    CHECK(about({name, "v"}) == "a dimension of attempts has a name that CloudWatch refuses");
  }
  for (std::string const& value : {std::string(), std::string(" "), std::string("\xC3\xBC"),
                                   std::string("a\nb"), std::string(1025, 'v')}) {
    CAPTURE(value);
    CHECK(about({"Group", value}) ==
          "the dimension Group of attempts is not 1 to 1,024 printable ASCII characters");
  }
  CHECK(about({"Region", "x"}) == "attempts has the dimension Region twice");
  CHECK(about({"Group", std::string(1024, 'v')}).starts_with("Action="));
  MetricDatum wide = datum();
  wide.dimensions.resize(31, {"D", "v"});
  CHECK(form(input({wide})) == "attempts has more than 30 dimensions");
}

TEST_CASE("a request has 1 to 1,000 data and at most a megabyte") {
  CHECK(form(input({})) == "one request puts 1 to 1,000 data, and these are 0");
  CHECK(form(input(std::vector<MetricDatum>(1001, datum()))).ends_with("and these are 1001"));
  CHECK(form(input(std::vector<MetricDatum>(1000, datum()))).starts_with("Action="));
  MetricDatum large = datum();
  large.dimensions.push_back({"Group", std::string(1024, '&')});
  std::string const why = form(input(std::vector<MetricDatum>(400, large)));
  CHECK(why.ends_with("and the limit is 1048576"));
}

TEST_CASE("a namespace that is not allowed is refused") {
  PutMetricDataInput own = input({datum()});
  own.metric_namespace = "AWS/SNS";
  CHECK(form(own).starts_with("a namespace of metrics is 1 to 255"));
}

TEST_CASE("a text becomes a value by what a dimension cannot hold") {
  CHECK(dimension_value("plain text/1") == "plain text/1");
  CHECK(dimension_value("gr\xC3\xB6\xC3\x9F"
                        "e \xF0\x9F\x98\x80\n\xFF\x7F") == "gr__e ____");
  CHECK(dimension_value(std::string(2000, 'x')) == std::string(1024, 'x'));
  CHECK(dimension_value("").empty());
}

TEST_CASE("data are put in the region of the endpoint") {
  ScriptedClient fake{{200, {}, answer}};
  CHECK(put_metric_data(fake.client, {.region = "eu-west-1"}, input({datum()}), fake.later));
  REQUIRE(fake.script.requests.size() == 1);
  CHECK(to_string(fake.script.requests[0].url) == "https://monitoring.eu-west-1.amazonaws.com/");
  CHECK(fake.scope(0) == "20191123/eu-west-1/monitoring");
}

TEST_CASE("an error says that it came from metrics") {
  ScriptedClient fake{{403,
                       {},
                       "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message>"
                       "</Error><RequestId>r-1</RequestId></ErrorResponse>"},
                      {200, {}, "<html>please log in</html>"}};
  EndpointOptions const here{.region = "eu-west-1"};
  CHECK(put_metric_data(fake.client, here, input({datum()}), fake.later).error() ==
        Error{Errc::denied,
              "cloudwatch put metric data: http 403: AccessDenied: no (request id r-1)",
              http_status(403)});
  CHECK(put_metric_data(fake.client, here, input({datum()}), fake.later).error() ==
        Error{Errc::unavailable, "cloudwatch put metric data: the answer is not one of CloudWatch",
              http_status(200)});
  CHECK(put_metric_data(fake.client, here, input({}), fake.later).error().code ==
        Errc::unacceptable);
  CHECK(put_metric_data(fake.client, {}, input({datum()}), fake.later).error().message ==
        "cloudwatch put metric data: no region is set");
  CHECK(fake.script.requests.size() == 2);
}
