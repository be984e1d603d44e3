// SPDX-License-Identifier: MIT
#pragma once
// What `sla-runner preflight` asks, one thing after another: the region, who calls, the ways to the
// services that are in use, and each right. With --send-test it delivers something, too.
#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/access/ask_bucket.hpp"
#include "sla/app/access/ask_checks.hpp"
#include "sla/app/access/findings.hpp"
#include "sla/app/access/reach.hpp"
#include "sla/app/access/rights.hpp"
#include "sla/app/access/scope.hpp"
#include "sla/app/access/test_delivery.hpp"
#include "sla/app/aws_access.hpp"
#include "sla/app/checks/fetch_checks.hpp"
#include "sla/app/identity.hpp"
#include "sla/app/log_bucket.hpp"
#include "sla/app/settings/aws.hpp"
#include "sla/app/settings/checks_address.hpp"
#include "sla/app/settings/settings.hpp"
#include "sla/aws/config/bucket.hpp"
#include "sla/aws/config/endpoint.hpp"
#include "sla/aws/service/arn.hpp"
#include "sla/aws/service/cloudwatch.hpp"
#include "sla/aws/service/sns.hpp"
#include "sla/aws/service/ssm.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/result.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::app {

/// Whether something is delivered.
enum class SendTest { no, yes };

/// Asks AWS. What it refers to outlives it.
class AwsQuestions {
 public:
  struct Parts {
    Settings const& settings;
    std::vector<Check> const& checks;
    AwsSettings& aws;
    Environment const& environment;
    Stop const& stop;
    Findings& findings;
    SendTest send = SendTest::no;
  };

  explicit AwsQuestions(Parts parts)
      : parts_(parts), reach_(parts.aws.trust, parts.stop, parts.findings) {}

  /// Asks for the region and as whom this program speaks; false if it is nobody.
  bool ask_who() {
    access_.reset();
    if (!ask_region()) return false;
    Settings const& settings = parts_.settings;
    bool const by_name = settings.sns_topic_arn.empty() && !settings.sns_topic_name.empty();
    bool const needed = by_name || !settings.role.empty();
    if (!reach(aws::Service::sts, needed ? Finding::unreachable : Finding::warning)) {
      if (needed) return false;
      // A network may let runs reach what they need and nothing else.
      parts_.findings.add(Finding::not_tested, "identity: STS, which a run does not ask");
      return true;
    }
    identity_ = ask_identity({});
    if (!identity_ || settings.role.empty()) return identity_.has_value();
    identity_ = ask_identity(settings.role);
    return identity_.has_value();
  }

  /// Reads the parameters, which a run does before anything else; nothing if they cannot be read.
  std::optional<std::vector<aws::Parameter>> read_parameters() {
    if (!reach(aws::Service::ssm)) return std::nullopt;
    std::vector<aws::Parameter> all;
    AccessScope const scope = this->scope();
    bool good = true;
    ProgramClient client = access().client(parts_.stop);
    for (std::string const& path : scope.parameter_paths) {
      auto found = aws::get_parameters_by_path(
          client, parts_.aws.endpoints.in(parts_.aws.region, aws::Service::ssm), path, deadline());
      Right const right{
          "", "ssm:GetParametersByPath", {detail::own_arn(scope, "ssm", "parameter" + path)}, {}};
      good = good && found;
      if (!found) {
        tell_parameters(right, found.error(), scope, parts_.findings);
        continue;
      }
      tell_parameters(right, *found, scope, parts_.findings);
      for (aws::Parameter& parameter : *found) all.push_back(std::move(parameter));
    }
    if (good) return all;
    return std::nullopt;
  }

  /// Reads the checks that AWS keeps; nothing if they cannot be read.
  std::optional<FetchedChecks> read_checks() {
    auto const address = parse_checks_address(parts_.settings.checks, parts_.environment);
    if (!address) return std::nullopt;  // which is a problem of the settings
    if (!reach(address->bucket.empty() ? aws::Service::ssm : aws::Service::s3)) return std::nullopt;
    auto fetched = fetch_checks(access(), parts_.settings, parts_.aws, *address, parts_.stop);
    return tell_checks(std::move(fetched), scope(), parts_.findings);
  }

  /// Asks for each right to what the settings name.
  void ask_rights() {
    std::vector<Right> const rights = rights_of(scope());
    for (Right const& right : rights) {
      if (right.name == "PublishResults") ask_topic(right);
      if (right.action == "s3:PutObject") ask_bucket(rights_named(right.name, rights));
      if (right.name == "PutMetrics") ask_metrics(right);
      if (right.name == "UseBucketKey") tell_bucket_key(right);
    }
  }

  void tell_clock() const { app::tell_clock(reach_.clock_offset(), parts_.findings); }

 private:
  static std::vector<Right> rights_named(std::string_view name, std::vector<Right> rights) {
    std::erase_if(rights, [=](Right const& right) { return right.name != name; });
    return rights;
  }
  /// Small, since there are many to ask.
  static aws::StageLimits limits() {
    using std::chrono::seconds;
    return {.resolve = {seconds{5}, seconds{5}},
            .connect = {seconds{3}, seconds{3}},
            .send = {seconds{5}, seconds{5}},
            .wait = {seconds{8}, seconds{8}},
            .receive = {seconds{8}, seconds{8}}};
  }
  static Instant deadline() { return std::chrono::steady_clock::now() + std::chrono::seconds{8}; }

  AwsAccess& access() {
    if (!access_) access_.emplace(access_parts(parts_.settings.role));
    return *access_;
  }
  [[nodiscard]] AwsAccess::Parts access_parts(std::string const& role) const {
    return {.aws = parts_.aws,
            .environment = parts_.environment,
            .role = role,
            .stop = parts_.stop,
            .limits = limits()};
  }

  [[nodiscard]] AccessScope scope() const {
    KnownPlace place{.region = parts_.aws.region};
    if (identity_) place.account = identity_->caller.account;
    AccessScope scope = access_scope(parts_.settings, std::move(place), parts_.environment);
    scope.services = services_of(parts_.checks);
    return scope;
  }

  bool ask_region() {
    auto const known = complete_region(parts_.aws, parts_.environment, parts_.stop);
    if (!known) parts_.findings.add(finding_of(known.error()), "region: " + known.error().message);
    if (known) parts_.findings.add(Finding::ok, "region " + parts_.aws.region);
    return known.has_value();
  }

  bool reach(aws::Service service, Finding if_not = Finding::unreachable) {
    return reach_url(
        aws::endpoint_url(service, parts_.aws.endpoints.in(parts_.aws.region, service)), if_not);
  }
  bool reach_url(Result<aws::Url> const& url, Finding if_not = Finding::unreachable) {
    if (!url) parts_.findings.add(Finding::wrong, "endpoint: " + url.error().message);
    return url && reach_.try_way(*url, if_not);
  }

  std::optional<Identity> ask_identity(std::string const& role) {
    AwsAccess const access(access_parts(role));
    auto identity = detail::find_identity(access, parts_.aws, parts_.stop);
    Right const right{"", "sts:AssumeRole", {role}, {}};
    if (identity) {
      if (!role.empty()) parts_.findings.add(Finding::ok, right);
      parts_.findings.add(Finding::ok, "identity " + identity->caller.arn + ", credentials of " +
                                           identity->keys.source);
      return *std::move(identity);
    }
    if (!role.empty()) {
      Error error = identity.error();
      std::string const context = "role " + role + ": ";
      std::size_t const at = error.message.find(context);
      if (at != std::string::npos) error.message.erase(0, at + context.size());
      parts_.findings.judge(right, error);
      return std::nullopt;
    }
    // No right is missing: whoever it is, AWS does not know them.
    Finding const finding = finding_of(identity.error());
    parts_.findings.add(finding == Finding::denied ? Finding::wrong : finding,
                        "identity: " + identity.error().message);
    return std::nullopt;
  }

  void ask_topic(Right const& right) {
    std::string const& arn = right.resources.front();
    auto const topic = aws::parse_topic_arn(arn);
    std::string const region = topic ? topic->region : parts_.aws.region;
    aws::Service const service = aws::Service::sns;
    if (!reach_url(aws::endpoint_url(service, parts_.aws.endpoints.in(region, service)))) {
      return not_reached(right);
    }
    if (parts_.send == SendTest::no) {
      return parts_.findings.add(Finding::not_tested, right,
                                 "SNS cannot be asked without publishing; --send-test publishes "
                                 "one message that does not count");
    }
    ProgramClient client = access().client(parts_.stop);
    auto const id =
        aws::publish(client, parts_.aws.endpoints,
                     test_message(test_report(), parts_.settings.event_format, arn), deadline());
    parts_.findings.judge(right, id ? Result<void>() : id.error());
  }

  void ask_bucket(std::vector<Right> const& rights) {
    aws::Bucket const bucket = log_bucket(parts_.settings, parts_.aws);
    if (!reach_url(aws::bucket_url(bucket))) {
      for (Right const& right : rights) not_reached(right);
      return;
    }
    std::vector<std::string> services = services_of(parts_.checks);
    if (services.empty()) services.push_back(parts_.settings.service);
    bool const bundles = rights.front().name == "PutBundles";
    std::string const folder = bundles ? std::string(bundle_folder) : services.front();
    BucketQuestions questions(access().client(parts_.stop), bucket, folder, deadline());
    questions.ask(rights, parts_.findings);
    if (bundles || parts_.send == SendTest::no) return;
    ProgramClient client = access().client(parts_.stop);
    aws::Bucket own = questions.bucket();
    own.objects = bucket.objects;
    stored_ = aws::put_object(client, own, test_log(test_report()), deadline());
    if (!*stored_) return parts_.findings.judge(rights.front(), *stored_);
    parts_.findings.add(Finding::ok,
                        "test log s3://" + own.name + '/' + test_log(test_report()).key);
  }

  /// The key is used with an object that is kept.
  void tell_bucket_key(Right const& right) {
    if (!stored_) {
      return parts_.findings.add(Finding::not_tested, right,
                                 "S3 uses the key with what it keeps; --send-test puts a log");
    }
    if (*stored_ && right.action == "kms:GenerateDataKey") {
      return parts_.findings.add(Finding::ok, right);
    }
    parts_.findings.add(Finding::not_tested, right, "no log is read");
  }

  void ask_metrics(Right const& right) {
    aws::Service const service = aws::Service::cloudwatch;
    if (!reach(service)) return not_reached(right);
    if (parts_.send == SendTest::no) {
      return parts_.findings.add(Finding::not_tested, right,
                                 "CloudWatch cannot be asked without a figure; --send-test puts "
                                 "one that is named Preflight");
    }
    ProgramClient client = access().client(parts_.stop);
    auto const put = aws::put_metric_data(
        client, parts_.aws.endpoints.in(parts_.aws.region, service),
        test_metric(parts_.settings.metrics_namespace, std::chrono::system_clock::now()),
        deadline());
    parts_.findings.judge(right, put);
  }

  void not_reached(Right const& right) {
    parts_.findings.add(Finding::not_tested, right, "the service was not reached");
  }

  /// One and the same report for all.
  Report const& test_report() {
    bool const one = parts_.checks.empty();
    Settings const& settings = one ? parts_.settings : parts_.checks.front().settings;
    if (!report_) report_ = app::test_report(settings, std::chrono::system_clock::now());
    return *report_;
  }

  Parts parts_;
  Reach reach_;
  std::optional<AwsAccess> access_{};
  std::optional<Identity> identity_{};
  std::optional<Result<void>> stored_{};
  std::optional<Report> report_{};
};

}  // namespace sla::inline v1::app
