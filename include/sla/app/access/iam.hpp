// SPDX-License-Identifier: MIT
#pragma once
// `sla-runner iam`: the least policy that a run with exactly these settings needs, as JSON, and who
// may take the role that has it. AWS is asked for the account alone, and only where a name needs
// it.
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/access/policy.hpp"
#include "sla/app/access/rights.hpp"
#include "sla/app/access/scope.hpp"
#include "sla/app/aws_access.hpp"
#include "sla/app/command.hpp"
#include "sla/app/exit_code.hpp"
#include "sla/app/identity.hpp"
#include "sla/app/printing.hpp"
#include "sla/app/settings/aws.hpp"
#include "sla/app/settings/parse.hpp"
#include "sla/app/startup.hpp"
#include "sla/aws/service/arn.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/result.hpp"
#include "sla/core/stop.hpp"

namespace sla::inline v1::app {

namespace detail {

/// How long AWS may take to say the account.
inline constexpr std::chrono::seconds account_limit{10};

inline Result<void> check_trusted(std::string_view text) {
  auto const trust = parse_trust(text, {});
  return trust ? Result<void>() : trust.error();
}

inline Result<void> check_key_arn(std::string_view text) {
  auto const arn = aws::parse_arn(text);
  if (arn && arn->service == "kms" && arn->resource.starts_with("key/")) return {};
  return Error{Errc::invalid, "is no ARN of a key (arn:...:kms:...:key/...)"};
}

inline constexpr Flag iam_flags[] = {
    {.name = "trust",
     .value = "WHOM",
     .meaning =
         "print {\"policy\":...,\"trust\":...}, with the document that says who may take the "
         "role: tasks of ecs, instances of ec2, lambda, eks for EKS Pod Identity, or "
         "eks=PROVIDER, the ARN or the URL of a cluster's OpenID Connect provider, in which "
         "NAMESPACE:NAME is the service account, to be filled in",
     .check = check_trusted},
    {.name = "kms-key",
     .value = "ARN",
     .meaning = "a key of your own that the topic, the bucket by itself, or the parameters are "
                "encrypted with, which no setting tells",
     .check = check_key_arn},
};

/// Asks for what no ARN says: the region, of the instance, and the account. It takes what it gets.
inline KnownPlace ask_for_place(AwsSettings aws, std::string const& role,
                                Environment const& environment,
                                std::vector<std::string>& warnings) {
  auto const stop = Stop::on_signals({.budget = Duration::zero()});
  if (!stop) return {};
  stop->request_at(std::chrono::steady_clock::now() + account_limit);
  (void)complete_region(aws, environment, *stop);
  AwsAccess const access{{.aws = aws, .environment = environment, .role = role, .stop = *stop}};
  auto identity = find_identity(access, aws, *stop);
  if (!identity) warnings.push_back("AWS does not say the account: " + identity.error().message);
  return {.region = aws.region, .account = identity ? identity->caller.account : std::string()};
}

/// What somebody who puts the policy to use has to know and cannot see in it.
inline std::vector<std::string> policy_notes(AccessScope const& scope,
                                             std::vector<Right> const& rights) {
  std::vector<std::string> notes;
  Settings const& settings = scope.settings;
  if (rights.empty()) notes.emplace_back("these settings need no right at AWS");
  if (settings.service.empty() && scope.services.empty() && puts_logs(scope)) {
    bool const unread = !scope.checks_arn.empty();
    notes.emplace_back(std::string(unread ? "the checks are not read" : "no --service")
                           .append(": the policy allows the logs of every service"));
  }
  if (has_gap(rights, ":*:")) {
    notes.emplace_back("a * stands for the account or the region that is not known");
  }
  if (!settings.ssm_names.empty()) {
    notes.emplace_back("settings that parameters bring are not known here: give them too");
  }
  if (has_gap(rights, ":parameter/*/")) {
    notes.emplace_back("AWS_ENV is not set: the policy allows the parameters of every stage");
  }
  if (has_topic(scope) && scope.kms_key.empty()) {
    notes.emplace_back(
        "the settings do not tell if the topic is encrypted with a key of your own, which needs "
        "kms:GenerateDataKey and kms:Decrypt on it: then give --kms-key");
  }
  if (!settings.role.empty()) {
    notes.emplace_back("AssumeRole is for whoever takes the role " + settings.role +
                       ", the other statements are for the role itself");
  }
  return notes;
}

/// The scope, with the account and the region if there is one who tells them.
inline AccessScope find_scope(Settings const& settings, Environment const& environment,
                              bool needs_account, std::vector<std::string>& warnings) {
  AwsSettings const aws = read_aws_settings(environment, warnings);
  KnownPlace place{.region = aws.region};
  AccessScope scope = access_scope(settings, place, environment);
  bool const gap = has_gap(rights_of(scope), ":*:") || (needs_account && scope.account == "*");
  if (!gap) return scope;
  AwsSettings asked = aws;
  if (scope.region != "*") asked.region = scope.region;
  place = ask_for_place(asked, settings.role, environment, warnings);
  return access_scope(settings, std::move(place), environment);
}

inline int run_iam(Arguments const& arguments, Environment const& environment) {
  Startup startup{.environment = environment};
  startup.parsed =
      parse_settings(arguments, environment, {.missing = ParseOptions::Missing::is_fine});
  if (!is_at_aws(startup.parsed.settings.checks)) read_checks_file(startup, {});
  Parsed const& parsed = startup.parsed;
  if (complain(parsed.problems)) return exit_settings;
  std::vector<std::string> warnings = parsed.warnings;
  AccessScope scope = find_scope(parsed.settings, environment, arguments.has("--trust"), warnings);
  scope.services = services_of(startup.checks);
  scope.kms_key = arguments.value("--kms-key");
  std::vector<Right> const rights = rights_of(scope);
  for (std::string& note : policy_notes(scope, rights)) warnings.push_back(std::move(note));
  for (std::string& warning : warnings) warning.insert(0, "iam: ");
  if (!arguments.has("--trust")) {
    complain(warnings);
    return print(policy_json(rights) + '\n');
  }
  auto const trust = parse_trust(arguments.value("--trust"), scope);  // it was checked
  if (scope.account == "*" && trust->whom != Trusted::eks) {
    warnings.emplace_back("iam: the account is not known: the trust is not limited to it");
  }
  complain(warnings);
  return print("{\n  \"policy\": " + policy_json(rights, "  ") +
               ",\n  \"trust\": " + trust_json(*trust, scope, "  ") + "\n}\n");
}

}  // namespace detail

inline constexpr Command iam_command{
    .name = "iam",
    .purpose = "Prints the least policy that a run with exactly these settings needs, as JSON.",
    .usage = "sla-runner iam [SETTING]... [--trust ecs|ec2|lambda|eks[=PROVIDER]] [--kms-key ARN]",
    .about =
        "It takes the settings of a run, and needs none of them. AWS is asked only who calls, and "
        "only where a name needs the account; what nobody says is * in the policy, and a line on "
        "stderr.",
    .examples =
        "sla-runner iam --service shop --sns-topic-name sla --s3-bucket-name shop-logs > "
        "policy.json\n"
        "aws iam put-role-policy --role-name shop-sla --policy-name sla \\\n"
        "  --policy-document file://policy.json",
    .flags = settings_and(detail::iam_flags),
    .asks_aws = true,
    .exit_codes = {{{exit_success, "the policy is printed"}, usage_exit, settings_exit}},
    .run = detail::run_iam,
};

}  // namespace sla::inline v1::app
