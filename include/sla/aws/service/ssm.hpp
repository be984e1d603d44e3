// SPDX-License-Identifier: MIT
#pragma once
// SSM GetParameter and GetParametersByPath: one parameter, or all of them below a path, decrypted,
// page by page. A page may be empty and still not be the last; a service that never comes to an end
// is given up.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/aws/call/client.hpp"
#include "sla/aws/config/endpoint.hpp"
#include "sla/aws/http/transport.hpp"
#include "sla/aws/sign/sigv4.hpp"
#include "sla/aws/wire/reply.hpp"
#include "sla/core/json.hpp"
#include "sla/core/output.hpp"
#include "sla/core/result.hpp"
#include "sla/core/secret.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

/// Whether people may see the value of a parameter.
enum class ParameterKind {
  plain,   ///< String and StringList
  secure,  ///< SecureString, and any type that comes later
};

/// One parameter. The value is kept as a secret, whatever its kind.
struct Parameter {
  std::string name{};  ///< its whole path
  Secret value{};
  ParameterKind kind = ParameterKind::secure;
};

/// What is below which path; a token asks for the page that follows the one that gave it.
struct ParameterQuery {
  std::string_view path{};   ///< begins with a slash
  std::string_view token{};  ///< empty for the first page
};

/// One page of parameters.
struct ParameterPage {
  std::vector<Parameter> parameters{};
  std::string next_token{};  ///< empty on the last page
};

/// More pages than this are not read; one has ten parameters at most.
inline constexpr std::size_t most_parameter_pages = 1000;

namespace detail {

inline Request ssm_request(Url endpoint, std::string operation, JsonWriter json) {
  return {Method::post,
          std::move(endpoint),
          {{"Content-Type", "application/x-amz-json-1.1"},
           {"X-Amz-Target", std::move(operation.insert(0, "AmazonSSM."))}},
          Output(std::move(json).text())};
}

inline Error ssm_answer_without(std::string_view what) {
  return Error{Errc::unavailable, "the answer cannot be understood: " + std::string(what)};
}

inline Result<Parameter> parse_one_parameter(JsonReply const& item) {
  auto const name = item.required_text("Name");
  if (!name) return foreign_answer(name.error());
  auto const value = item.text("Value");
  if (!value) return ssm_answer_without("a parameter has no Value");
  auto const type = item.text("Type");
  bool const plain = type == "String" || type == "StringList";
  return Parameter{std::string(*name), Secret(*value),
                   plain ? ParameterKind::plain : ParameterKind::secure};
}

}  // namespace detail

/// Returns the request for one page, of the largest size that there is.
[[nodiscard]] inline Request parameters_request(Url endpoint, ParameterQuery const& query) {
  JsonWriter json;
  json.begin_object().key("Path").string(query.path);
  json.key("Recursive").boolean(true).key("WithDecryption").boolean(true);
  json.key("MaxResults").integer(10);
  if (!query.token.empty()) json.key("NextToken").string(query.token);
  json.end_object();
  return detail::ssm_request(std::move(endpoint), "GetParametersByPath", std::move(json));
}

/// Returns the request for one parameter, by its name or its ARN.
[[nodiscard]] inline Request parameter_request(Url endpoint, std::string_view name) {
  JsonWriter json;
  json.begin_object().key("Name").string(name).key("WithDecryption").boolean(true).end_object();
  return detail::ssm_request(std::move(endpoint), "GetParameter", std::move(json));
}

/// Reads the parameters of a page. An answer that is none is a proxy's: Errc::unavailable, without
/// a word of it.
[[nodiscard]] inline Result<ParameterPage> parse_parameters(Response const& response) {
  auto const reply = JsonReply::parse(response.body);
  if (!reply) return foreign_answer(reply.error());
  if (!reply->find({"Parameters"})) return detail::ssm_answer_without("it has no Parameters");
  ParameterPage page{};
  for (JsonReply const& item : reply->items("Parameters")) {
    auto parameter = detail::parse_one_parameter(item);
    if (!parameter) return parameter.error();
    page.parameters.push_back(*std::move(parameter));
  }
  page.next_token = reply->text("NextToken").value_or("");
  return page;
}

/// Reads one parameter; errors as for a page.
[[nodiscard]] inline Result<Parameter> parse_parameter(Response const& response) {
  auto const reply = JsonReply::parse(response.body);
  if (!reply) return foreign_answer(reply.error());
  auto const found = reply->find({"Parameter"});
  if (!found) return detail::ssm_answer_without("it has no Parameter");
  return detail::parse_one_parameter(*found);
}

/// Asks a Client's service for one parameter, by its name or its ARN. Errc::not_found if there is
/// none; otherwise the errors of Client::call().
template <class ServiceClient>
[[nodiscard]] Result<Parameter> get_parameter(ServiceClient& client,
                                              EndpointOptions const& endpoint,
                                              std::string_view name, Instant deadline) {
  std::string const context = "ssm get parameter " + std::string(name);
  auto const url = endpoint_url(Service::ssm, endpoint);
  if (!url) return url.error().within(context);
  Call const how{.scope = {.region = endpoint.region, .service = "ssm"}, .deadline = deadline};
  auto const answer = client.call(parameter_request(*url, name), how, read_json_error);
  auto parameter = answer ? parse_parameter(*answer) : Result<Parameter>(answer.error());
  if (!parameter) return std::move(parameter).error().within(context);
  return parameter;
}

/// Asks a Client's service for all parameters below a path, at any depth, in its order; a path
/// without any is no error. The errors are those of Client::call().
template <class ServiceClient>
[[nodiscard]] Result<std::vector<Parameter>> get_parameters_by_path(ServiceClient& client,
                                                                    EndpointOptions const& endpoint,
                                                                    std::string_view path,
                                                                    Instant deadline) {
  std::string const context = "ssm get parameters by path " + std::string(path);
  auto const url = endpoint_url(Service::ssm, endpoint);
  if (!url) return url.error().within(context);
  Call const how{.scope = {.region = endpoint.region, .service = "ssm"}, .deadline = deadline};
  std::vector<Parameter> all;
  std::set<std::string> tokens{""};
  for (std::string token; tokens.size() <= most_parameter_pages;) {
    auto const answer =
        client.call(parameters_request(*url, {.path = path, .token = token}), how, read_json_error);
    if (!answer) return answer.error().within(context);
    auto page = parse_parameters(*answer);
    if (!page) return std::move(page).error().within(context);
    for (Parameter& parameter : page->parameters) all.push_back(std::move(parameter));
    if (page->next_token.empty()) return all;
    token = page->next_token;
    if (!tokens.insert(token).second) {
      return Error{Errc::unavailable, context + ": a page leads back to one that was read"};
    }
  }
  return Error{Errc::unavailable,
               context + ": more than " + std::to_string(most_parameter_pages) + " pages"};
}

}  // namespace sla::inline v1::aws
