// SPDX-License-Identifier: MIT
#pragma once
// Rights as documents of IAM, in JSON: the policy of a role, and the one that says who may take it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/access/rights.hpp"
#include "sla/aws/config/region.hpp"
#include "sla/aws/service/arn.hpp"
#include "sla/core/json.hpp"
#include "sla/core/result.hpp"

namespace sla::inline v1::app {

namespace detail {

/// One value as a text, several as an array.
inline void write_values(JsonWriter& json, std::vector<std::string> const& values) {
  if (values.size() == 1) {
    json.string(values.front());
    return;
  }
  json.begin_array();
  for (std::string const& value : values) json.string(value);
  json.end_array();
}

inline void write_conditions(JsonWriter& json, std::vector<AccessCondition> const& conditions) {
  if (conditions.empty()) return;
  json.key("Condition").begin_object();
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    bool const same = i > 0 && conditions[i].operation == conditions[i - 1].operation;
    if (!same && i > 0) json.end_object();
    if (!same) json.key(conditions[i].operation).begin_object();
    write_values(json.key(conditions[i].key), conditions[i].values);
  }
  json.end_object().end_object();
}

/// A document of statements, each on a line of its own.
inline std::string policy_document(std::vector<std::string> const& statements,
                                   std::string_view indent) {
  std::string text("{\n");
  text.append(indent).append("  \"Version\": \"2012-10-17\",\n");
  text.append(indent).append("  \"Statement\": [");
  for (std::size_t i = 0; i < statements.size(); ++i) {
    text.append(i == 0 ? "\n" : ",\n").append(indent).append("    ").append(statements[i]);
  }
  if (!statements.empty()) text.append("\n").append(indent).append("  ");
  return text.append("]\n").append(indent).append("}");
}

inline std::vector<std::string> statements_of(std::vector<Right> const& rights) {
  std::vector<std::string> statements;
  for (std::size_t i = 0; i < rights.size();) {
    Right const& first = rights[i];
    std::vector<std::string> actions;
    for (; i < rights.size() && rights[i].name == first.name; ++i) {
      actions.emplace_back(rights[i].action);
    }
    JsonWriter json;
    json.begin_object().key("Sid").string(first.name).key("Effect").string("Allow");
    write_values(json.key("Action"), actions);
    write_values(json.key("Resource"), first.resources);
    write_conditions(json, first.conditions);
    statements.push_back(json.end_object().text());
  }
  return statements;
}

}  // namespace detail

/// Returns the policy that allows these rights and nothing else.
[[nodiscard]] inline std::string policy_json(std::vector<Right> const& rights,
                                             std::string_view indent = {}) {
  return detail::policy_document(detail::statements_of(rights), indent);
}

/// Who is to take a role.
enum class Trusted { ecs, ec2, lambda, eks };

/// The same, with what that one needs.
struct TrustRequest {
  Trusted whom = Trusted::ecs;
  std::string provider{};  ///< of OpenID Connect: its ARN; empty: EKS Pod Identity
};

/// Reads `ecs`, `ec2`, `lambda`, `eks` or `eks=PROVIDER`, a provider by its ARN or its URL. The
/// error reads on after the value.
[[nodiscard]] inline Result<TrustRequest> parse_trust(std::string_view text,
                                                      AccessScope const& scope) {
  constexpr std::pair<std::string_view, Trusted> names[] = {{"ecs", Trusted::ecs},
                                                            {"ec2", Trusted::ec2},
                                                            {"lambda", Trusted::lambda},
                                                            {"eks", Trusted::eks}};
  std::size_t const equals = text.find('=');
  std::string_view const name = text.substr(0, equals);
  for (auto const& [known, whom] : names) {
    if (known != name) continue;
    if (equals == std::string_view::npos) return TrustRequest{whom, {}};
    if (whom != Trusted::eks) break;
    std::string_view provider = text.substr(equals + 1);
    constexpr std::string_view type = ":oidc-provider/";
    auto const arn = aws::parse_arn(provider);
    bool const good = arn && arn->service == "iam" && provider.find(type) != std::string_view::npos;
    if (good) return TrustRequest{whom, std::string(provider)};
    if (provider.starts_with("https://")) provider.remove_prefix(8);
    bool const url = provider.find('.') != std::string_view::npos &&
                     !provider.starts_with("arn:") &&
                     provider.find_first_of(" \t?#") == std::string_view::npos;
    if (!url) return Error{Errc::invalid, "names no provider: give its ARN or its URL"};
    while (provider.ends_with('/')) provider.remove_suffix(1);
    std::string made("arn:");
    made.append(scope.partition).append(":iam::").append(scope.account).append(type);
    return TrustRequest{whom, made.append(provider)};
  }
  return Error{Errc::invalid, "is none of ecs, ec2, lambda, eks and eks=PROVIDER"};
}

/// Returns the document that says who may take the role. With a provider of OpenID Connect the
/// service account is NAMESPACE:NAME, to be filled in.
[[nodiscard]] inline std::string trust_json(TrustRequest const& trust, AccessScope const& scope,
                                            std::string_view indent = {}) {
  JsonWriter json;
  json.begin_object().key("Effect").string("Allow").key("Principal").begin_object();
  if (!trust.provider.empty()) {
    std::string const issuer = trust.provider.substr(trust.provider.find('/') + 1);
    json.key("Federated").string(trust.provider).end_object();
    json.key("Action").string("sts:AssumeRoleWithWebIdentity");
    detail::write_conditions(
        json, {{"StringEquals", issuer + ":aud", {"sts.amazonaws.com"}},
               {"StringEquals", issuer + ":sub", {"system:serviceaccount:NAMESPACE:NAME"}}});
    return detail::policy_document({json.end_object().text()}, indent);
  }
  bool const china = scope.partition == "aws-cn";
  std::string_view const service = trust.whom == Trusted::ecs      ? "ecs-tasks.amazonaws.com"
                                   : trust.whom == Trusted::lambda ? "lambda.amazonaws.com"
                                   : trust.whom == Trusted::eks    ? "pods.eks.amazonaws.com"
                                   : china                         ? "ec2.amazonaws.com.cn"
                                                                   : "ec2.amazonaws.com";
  json.key("Service").string(service).end_object();
  std::vector<std::string> actions{"sts:AssumeRole"};
  if (trust.whom == Trusted::eks) actions.emplace_back("sts:TagSession");
  detail::write_values(json.key("Action"), actions);
  bool const known = trust.whom == Trusted::ecs && scope.account != "*";
  if (known) {
    detail::write_conditions(json, {{"StringEquals", "aws:SourceAccount", {scope.account}}});
  }
  return detail::policy_document({json.end_object().text()}, indent);
}

}  // namespace sla::inline v1::app
