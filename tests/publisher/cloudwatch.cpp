// SPDX-License-Identifier: MIT
#include "sla/publisher/cloudwatch.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../support/sample_report.hpp"
#include "../support/scripted_client.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

Response const taken{200, {}, "<PutMetricDataResponse/>"};

/// A datum in one line: `integration-sla-attempts Region=eu-west-1 Service=shop 1 Count`.
std::string line(MetricDatum const& datum) {
  std::string text = datum.name;
  for (MetricDimension const& one : datum.dimensions) text += ' ' + one.name + '=' + one.value;
  return text + ' ' + aws::detail::metric_value(datum.value) + ' ' +
         std::string(to_string(datum.unit));
}
std::vector<std::string> lines(Report const& report) {
  std::vector<std::string> all;
  for (MetricDatum const& datum : report_metrics(report, "eu-west-1")) all.push_back(line(datum));
  return all;
}

/// How many data the form of a request holds.
std::size_t count(Request const& request) {
  std::string const form = request.body.text().value();
  std::size_t found = 0;
  for (std::size_t at = form.find(".MetricName="); at != form.npos;
       at = form.find(".MetricName=", at + 1)) {
    ++found;
  }
  return found;
}

CloudWatch<decltype(ScriptedClient::client)> publisher(ScriptedClient& fake) {
  return {std::move(fake.client), {.metric_namespace = "SLA-Monitor", .region = "eu-west-1"}};
}

}  // namespace

static_assert(Publisher<CloudWatch<decltype(ScriptedClient::client)>>);

TEST_CASE("a run is four metrics of its service and of each of its groups") {
  Report report = sample_report();
  report.duration = std::chrono::milliseconds{1500};
  CHECK(lines(report) ==
        std::vector<std::string>{
            "integration-sla-attempts Region=eu-west-1 Service=example-service 1 Count",
            "integration-sla-success Region=eu-west-1 Service=example-service 1 Count",
            "integration-sla-failure Region=eu-west-1 Service=example-service 0 Count",
            "sla-test-duration-secs Region=eu-west-1 Service=example-service 1.5 Seconds",
            "integration-sla-attempts Group=dev-team Region=eu-west-1 1 Count",
            "integration-sla-success Group=dev-team Region=eu-west-1 1 Count",
            "integration-sla-failure Group=dev-team Region=eu-west-1 0 Count",
            "sla-test-duration-secs Group=dev-team Region=eu-west-1 1.5 Seconds",
            "integration-sla-attempts Group=critical Region=eu-west-1 1 Count",
            "integration-sla-success Group=critical Region=eu-west-1 1 Count",
            "integration-sla-failure Group=critical Region=eu-west-1 0 Count",
            "sla-test-duration-secs Group=critical Region=eu-west-1 1.5 Seconds"});
  for (MetricDatum const& datum : report_metrics(report, "eu-west-1")) {
    CHECK(datum.time == report.ended_at);
  }
}

TEST_CASE("every result but a pass is a failure") {
  for (Verdict const verdict :
       {Verdict::fail, Verdict::timeout, Verdict::signaled, Verdict::spawn_error}) {
    Report report = sample_report();
    report.job.groups.clear();
    report.outcome.verdict = verdict;
    auto const all = lines(report);
    REQUIRE(all.size() == 4);
    CHECK(all[0].ends_with(" 1 Count"));
    CHECK(all[1] == "integration-sla-success Region=eu-west-1 Service=example-service 0 Count");
    CHECK(all[2] == "integration-sla-failure Region=eu-west-1 Service=example-service 1 Count");
  }
}

TEST_CASE("a result that says nothing about the service is no metric") {
  ScriptedClient fake{};
  Report report = sample_report();
  report.outcome.verdict = Verdict::unknown;
  CHECK(publisher(fake).publish(report));
  CHECK(fake.script.requests.empty());
}

TEST_CASE("a group counts once, even if it is named twice or cannot be told from another") {
  Report report = sample_report();
  report.job.groups = {"a", "a", "\xC3\xA4", "\xC3\xB6", " ", ""};
  auto const all = lines(report);
  REQUIRE(all.size() == 12);
  CHECK(all[4] == "integration-sla-attempts Group=a Region=eu-west-1 1 Count");
  CHECK(all[8] == "integration-sla-attempts Group=_ Region=eu-west-1 1 Count");
}

TEST_CASE("a report is one request, a very wide one several") {
  ScriptedClient fake{taken, taken, taken};
  auto metrics = publisher(fake);
  CHECK(metrics.publish(sample_report()));
  REQUIRE(fake.script.requests.size() == 1);
  CHECK(count(fake.script.requests[0]) == 12);
  Report wide = sample_report();
  wide.job.service = std::string(3000, '&');
  wide.job.groups.clear();
  for (int number = 0; number < 99; ++number) {
    wide.job.groups.push_back(std::to_string(number) + std::string(3000, '&'));
  }
  CHECK(metrics.publish(wide));
  REQUIRE(fake.script.requests.size() == 3);
  CHECK(count(fake.script.requests[1]) + count(fake.script.requests[2]) == 400);
  CHECK(fake.script.requests[1].body.size() > 800'000);
}

TEST_CASE("a run that was cut short is no result") {
  ScriptedClient fake{};
  Report report = sample_report();
  report.outcome.verdict = Verdict::interrupted;
  auto metrics = publisher(fake);
  CHECK(publish_wanted(metrics, report));
  CHECK(fake.script.requests.empty());
}

TEST_CASE("an error is told, and what follows is not sent") {
  ScriptedClient fake{{400,
                       {},
                       "<ErrorResponse><Error><Code>InvalidParameterValue</Code></Error>"
                       "</ErrorResponse>"}};
  Report wide = sample_report();
  for (int number = 0; number < 100; ++number) wide.job.groups.push_back(std::to_string(number));
  auto const done = publisher(fake).publish(wide);
  REQUIRE_FALSE(done);
  CHECK(done.error().message == "cloudwatch put metric data: http 400: InvalidParameterValue");
  CHECK(fake.script.requests.size() == 1);
}

TEST_CASE("a limit that was too short is doubled, up to the longest, until a put is quick again") {
  ScriptedClient fake{};
  Error const late{Errc::timed_out, "no answer in time"};
  for (int i = 0; i < 4; ++i) fake.script.answers.insert(fake.script.answers.end(), 3, late);
  fake.script.answers.insert(fake.script.answers.end(), {taken, taken});
  auto metrics = publisher(fake);
  for (int const seconds : {3, 6, 12, 15, 15, 3}) {
    CAPTURE(seconds);
    Instant const before = fake.time.now = std::chrono::steady_clock::now();
    (void)metrics.publish(sample_report());
    Duration const limit = fake.script.deadlines.back() - before;
    CHECK(limit >= std::chrono::seconds{seconds});
    CHECK(limit < std::chrono::milliseconds{seconds * 1000 + 900});
  }
}

TEST_CASE(
    "several reports go together, and each has the result of the request that its data were in") {
  ScriptedClient fake{taken, Response{503, {}, ""}, Response{503, {}, ""}, Response{503, {}, ""}};
  auto metrics = publisher(fake);
  Report plain = sample_report();
  plain.job.groups.clear();
  std::vector<Report> reports(300, plain);
  reports[7].outcome.verdict = Verdict::interrupted;
  auto const results = metrics.publish_all(reports);
  REQUIRE(results.size() == 300);
  CHECK(count(fake.script.requests[0]) == 1000);
  CHECK(count(fake.script.requests[1]) == 4 * 299 - 1000);
  CHECK(results[250]);
  CHECK(results[7]);
  CHECK(results[251].error().code == Errc::unavailable);
  CHECK(results[299].error().code == Errc::unavailable);
}
