// SPDX-License-Identifier: MIT
#pragma once
// The one table of rights that a run needs at AWS: which action, on which resources, under which
// condition, and when. The policy that `sla-runner iam` prints and the questions of
// `sla-runner preflight` are made of it, and a test compares it with terraform's.
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/settings/settings.hpp"
#include "sla/aws/config/region.hpp"
#include "sla/core/text.hpp"
#include "sla/publisher/log_first.hpp"
#include "sla/publisher/log_store.hpp"

namespace sla::inline v1::app {

/// What names of resources are made of. What is not known is `*`, which stands for any in a policy.
struct AccessScope {
  Settings settings{};
  std::string partition = "aws";
  std::string region = "*";
  std::string account = "*";
  std::vector<std::string> parameter_paths{};  ///< with a slash at their ends
  std::string checks_arn{};                    ///< of a file of checks that AWS keeps
  std::vector<std::string> services{};  ///< of a file of checks, instead of that of the settings
  std::string kms_key{};  ///< the ARN of a key of the user's own for topic, bucket and parameters
};

/// One condition of a right: `operation: {key: values}`.
struct AccessCondition {
  std::string_view operation{};
  std::string key{};
  std::vector<std::string> values{};

  bool operator==(AccessCondition const&) const = default;
};

/// One action and what it is allowed on. Those of one name, with equal resources and conditions,
/// are one statement.
struct Right {
  std::string_view name{};    ///< of its statement
  std::string_view action{};  ///< such as `sns:Publish`
  std::vector<std::string> resources{};
  std::vector<AccessCondition> conditions{};
};

namespace detail {

/// Returns a text for the resource of a policy, where it stands for itself.
inline std::string literal_resource(std::string_view text) {
  std::string out;
  for (char const c : text) {
    bool const special = c == '*' || c == '?' || c == '$';
    out.append(special ? "${" : "").append(1, c).append(special ? "}" : "");
  }
  return out;
}

/// An ARN in the own partition, region and account.
inline std::string own_arn(AccessScope const& scope, std::string_view service,
                           std::string_view resource) {
  std::string arn("arn:");
  arn.append(scope.partition).append(":").append(service).append(":").append(scope.region);
  return arn.append(":").append(scope.account).append(":").append(resource);
}

using Resources = std::vector<std::string>;
using Conditions = std::vector<AccessCondition>;

inline bool has_topic(AccessScope const& scope) {
  return !scope.settings.sns_topic_arn.empty() || !scope.settings.sns_topic_name.empty();
}

inline bool puts_logs(AccessScope const& scope) {
  return !scope.settings.s3_bucket_name.empty() && scope.settings.upload_logs != UploadLogs::never;
}

inline Resources topic_resources(AccessScope const& scope) {
  Settings const& settings = scope.settings;
  if (!settings.sns_topic_arn.empty()) return {settings.sns_topic_arn};
  if (settings.sns_topic_name.empty()) return {};
  return {own_arn(scope, "sns", settings.sns_topic_name)};
}

inline Resources log_resources(AccessScope const& scope) {
  if (!puts_logs(scope)) return {};
  std::string arn("arn:");
  arn.append(scope.partition).append(":s3:::").append(scope.settings.s3_bucket_name).append("/");
  std::string const& one = scope.settings.service;
  if (scope.services.empty()) return {arn + (one.empty() ? "" : literal_resource(one) + "/") + "*"};
  Resources found;
  for (std::string const& service : scope.services) {
    found.push_back(arn + literal_resource(service) + "/*");
  }
  return found;
}
/// A bundle is of no service.
inline Resources bundle_resources(AccessScope const& scope) {
  if (!puts_logs(scope) || !scope.settings.log_bundle) return {};
  std::string arn("arn:");
  arn.append(scope.partition).append(":s3:::").append(scope.settings.s3_bucket_name);
  return {arn.append("/").append(bundle_folder).append("/*")};
}
/// The names of buckets are global: the account says whose one is meant.
inline Conditions of_owner(AccessScope const& scope) {
  if (scope.settings.s3_bucket_owner.empty()) return {};
  return {{"StringEquals", "aws:ResourceAccount", {scope.settings.s3_bucket_owner}}};
}
inline Resources tagged_resources(AccessScope const& scope) {
  return scope.settings.s3_tags.empty() ? Resources{} : log_resources(scope);
}
inline Resources acl_resources(AccessScope const& scope) {
  return scope.settings.s3_acl.empty() ? Resources{} : log_resources(scope);
}
inline Resources tagged_bundles(AccessScope const& scope) {
  return scope.settings.s3_tags.empty() ? Resources{} : bundle_resources(scope);
}
inline Resources bundles_with_acl(AccessScope const& scope) {
  return scope.settings.s3_acl.empty() ? Resources{} : bundle_resources(scope);
}

/// The file of checks, if it is such a thing.
inline bool has_checks_in(AccessScope const& scope, std::string_view service) {
  return scope.checks_arn.find(std::string(":").append(service).append(":")) != std::string::npos;
}
inline Resources object_of_checks(AccessScope const& scope) {
  return has_checks_in(scope, "s3") ? Resources{scope.checks_arn} : Resources{};
}
inline Resources parameter_of_checks(AccessScope const& scope) {
  return has_checks_in(scope, "ssm") ? Resources{scope.checks_arn} : Resources{};
}

inline Resources metric_resources(AccessScope const& scope) {
  return scope.settings.metrics_namespace.empty() ? Resources{} : Resources{"*"};
}
inline Conditions in_namespace(AccessScope const& scope) {
  return {{"StringEquals", "cloudwatch:namespace", {scope.settings.metrics_namespace}}};
}

/// AWS compares with the path as it is sent, with the slash, and tools that read one parameter
/// without.
inline Resources path_resources(AccessScope const& scope) {
  Resources found;
  for (std::string const& path : scope.parameter_paths) {
    std::string const arn = own_arn(scope, "ssm", "parameter" + path);
    found.push_back(arn.substr(0, arn.size() - 1));
    found.push_back(arn);
  }
  return found;
}

inline Conditions via_services(AccessScope const& scope,
                               std::vector<std::string_view> const& services) {
  std::vector<std::string> hosts;
  for (std::string_view const service : services) {
    hosts.push_back(std::string(service).append(".").append(scope.region).append("."));
    hosts.back() += aws::partition_of(scope.region).dns_suffix;
  }
  return {{scope.region == "*" ? "StringLike" : "StringEquals", "kms:ViaService", hosts}};
}

/// Which key a SecureString has is not in the settings: any key, for these parameters alone. The
/// key of AWS's own needs no right.
inline Resources any_key(AccessScope const& scope) {
  bool const any = !scope.parameter_paths.empty() || has_checks_in(scope, "ssm");
  if (!any || !scope.kms_key.empty()) return {};
  return {own_arn(scope, "kms", "key/*")};
}
inline Conditions for_parameters(AccessScope const& scope) {
  Conditions conditions = via_services(scope, {"ssm"});
  AccessCondition context{"StringLike", "kms:EncryptionContext:PARAMETER_ARN", {}};
  for (std::string const& path : scope.parameter_paths) {
    context.values.push_back(own_arn(scope, "ssm", "parameter" + path + "*"));
  }
  for (std::string const& arn : parameter_of_checks(scope)) context.values.push_back(arn);
  conditions.push_back(std::move(context));
  return conditions;
}

inline Resources own_key(AccessScope const& scope) {
  return scope.kms_key.empty() ? Resources{} : Resources{scope.kms_key};
}
inline Conditions via_what_is_used(AccessScope const& scope) {
  std::vector<std::string_view> services;
  if (has_topic(scope)) services.emplace_back("sns");
  if (puts_logs(scope) || has_checks_in(scope, "s3")) services.emplace_back("s3");
  if (!scope.parameter_paths.empty() || has_checks_in(scope, "ssm")) services.emplace_back("ssm");
  return via_services(scope, services);
}

/// An alias is no resource of what is done with a key: it becomes a condition.
inline bool is_alias(std::string_view key) {
  return key.starts_with("alias/") || key.find(":alias/") != std::string_view::npos;
}
inline Resources bucket_key(AccessScope const& scope) {
  std::string const& key = scope.settings.s3_kms_key_id;
  bool const of_aws = key.find("alias/aws/") != std::string::npos;
  if (!puts_logs(scope) || key.empty() || of_aws || key == scope.kms_key) return {};
  if (is_alias(key)) {
    bool const arn = key.starts_with("arn:");
    return {arn ? key.substr(0, key.find(":alias/")) + ":key/*" : own_arn(scope, "kms", "key/*")};
  }
  return {key.starts_with("arn:") ? key : own_arn(scope, "kms", "key/" + key)};
}
inline Conditions for_bucket(AccessScope const& scope) {
  Conditions conditions = via_services(scope, {"s3"});
  std::string const& key = scope.settings.s3_kms_key_id;
  if (is_alias(key)) {
    conditions.push_back(
        {"ForAnyValue:StringEquals", "kms:ResourceAliases", {key.substr(key.find("alias/"))}});
  }
  return conditions;
}

inline Resources role_resources(AccessScope const& scope) {
  return scope.settings.role.empty() ? Resources{} : Resources{scope.settings.role};
}

/// One row: the resources are none where the settings don't ask for it.
struct RightRow {
  std::string_view name;
  std::string_view action;
  Resources (*resources)(AccessScope const&);
  Conditions (*conditions)(AccessScope const&) = nullptr;
};

}  // namespace detail

/// All rights that the program may need, by the name of their statement. STS says who the caller is
/// without any. S3 asks for GetObject on HEAD: it tells if the log under a key that is taken is
/// this very run's.
inline constexpr std::array right_table{
    detail::RightRow{"PublishResults", "sns:Publish", detail::topic_resources},
    detail::RightRow{"PutLogs", "s3:PutObject", detail::log_resources, detail::of_owner},
    detail::RightRow{"PutLogs", "s3:GetObject", detail::log_resources, detail::of_owner},
    detail::RightRow{"PutLogs", "s3:PutObjectTagging", detail::tagged_resources, detail::of_owner},
    detail::RightRow{"PutLogs", "s3:PutObjectAcl", detail::acl_resources, detail::of_owner},
    detail::RightRow{"PutBundles", "s3:PutObject", detail::bundle_resources, detail::of_owner},
    detail::RightRow{"PutBundles", "s3:PutObjectTagging", detail::tagged_bundles, detail::of_owner},
    detail::RightRow{"PutBundles", "s3:PutObjectAcl", detail::bundles_with_acl, detail::of_owner},
    detail::RightRow{"PutMetrics", "cloudwatch:PutMetricData", detail::metric_resources,
                     detail::in_namespace},
    detail::RightRow{"LoadParameters", "ssm:GetParametersByPath", detail::path_resources},
    detail::RightRow{"ReadChecks", "s3:GetObject", detail::object_of_checks},
    detail::RightRow{"ReadChecks", "ssm:GetParameter", detail::parameter_of_checks},
    detail::RightRow{"DecryptParameters", "kms:Decrypt", detail::any_key, detail::for_parameters},
    detail::RightRow{"UseKey", "kms:GenerateDataKey", detail::own_key, detail::via_what_is_used},
    detail::RightRow{"UseKey", "kms:Decrypt", detail::own_key, detail::via_what_is_used},
    detail::RightRow{"UseBucketKey", "kms:GenerateDataKey", detail::bucket_key, detail::for_bucket},
    detail::RightRow{"UseBucketKey", "kms:Decrypt", detail::bucket_key, detail::for_bucket},
    detail::RightRow{"AssumeRole", "sts:AssumeRole", detail::role_resources},
};

/// Returns the rights that a run with these settings needs, in the order of the table.
[[nodiscard]] inline std::vector<Right> rights_of(AccessScope const& scope) {
  std::vector<Right> rights;
  for (detail::RightRow const& row : right_table) {
    Right right{row.name, row.action, row.resources(scope), {}};
    if (right.resources.empty()) continue;
    if (row.conditions != nullptr) right.conditions = row.conditions(scope);
    rights.push_back(std::move(right));
  }
  return rights;
}

}  // namespace sla::inline v1::app
