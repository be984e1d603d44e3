// SPDX-License-Identifier: MIT
#pragma once
// Credentials from the agent beside a container: tasks of ECS, EKS Pod Identity, Greengrass. Over
// plain HTTP only the agents' own addresses are asked, so that a variable cannot send the token
// elsewhere. The transport must use no proxy.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "sla/aws/call/attempts.hpp"
#include "sla/aws/call/refusal.hpp"
#include "sla/aws/call/retry.hpp"
#include "sla/aws/config/file_reader.hpp"
#include "sla/aws/http/transport.hpp"
#include "sla/aws/http/url.hpp"
#include "sla/aws/sign/credentials.hpp"
#include "sla/aws/sign/keys.hpp"
#include "sla/aws/wire/reply.hpp"
#include "sla/core/clock.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/result.hpp"
#include "sla/core/secret.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

/// Where the agent is, and what it wants to see.
struct ContainerAgent {
  Url url{};
  std::string token_file{};  ///< wins over the token
  Secret token{};
};

namespace detail {

inline Error bad_container_agent(std::string_view why) {
  return Error{Errc::invalid, "container credentials: " + std::string(why)};
}

/// A URL with a query, which parse_url() refuses in an endpoint.
inline Result<Url> parse_agent_url(std::string_view text) {
  std::size_t const question = text.find('?');
  auto url = parse_url(text.substr(0, question));
  if (!url || question == std::string_view::npos) return url;
  url->query = text.substr(question + 1);
  if (!is_visible_ascii(url->query) || url->query.find('#') != std::string::npos) {
    return Error{Errc::invalid, "the query must be percent-encoded"};
  }
  return url;
}

/// Returns true if the token may go there without encryption.
inline bool is_agent_host(std::string_view host) {
  if (is_ipv4_address(host) && host.starts_with("127.")) return true;
  for (std::string_view const known :
       {"localhost", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"}) {
    if (host == known) return true;
  }
  return false;
}

}  // namespace detail

/// Reads AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, or else AWS_CONTAINER_CREDENTIALS_FULL_URI, and
/// AWS_CONTAINER_AUTHORIZATION_TOKEN[_FILE]. Errc::not_configured if neither URI is set.
[[nodiscard]] inline Result<ContainerAgent> read_container_agent(Environment const& environment) {
  auto const relative = environment.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  auto const full = environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (!relative && !full) {
    return Error{Errc::not_configured,
                 "container credentials: neither "
                 "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor "
                 "AWS_CONTAINER_CREDENTIALS_FULL_URI is set"};
  }
  std::string const variable =
      relative ? "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" : "AWS_CONTAINER_CREDENTIALS_FULL_URI";
  if (relative && !relative->starts_with('/')) {
    return detail::bad_container_agent(variable + ": it must begin with a slash");
  }
  auto url = relative ? detail::parse_agent_url("http://169.254.170.2" + std::string(*relative))
                      : detail::parse_agent_url(*full);
  if (!url) return detail::bad_container_agent(variable + ": " + url.error().message);
  if (url->scheme == Scheme::http && !detail::is_agent_host(url->host)) {
    return detail::bad_container_agent(
        variable + ": over http only localhost and the addresses of ECS and EKS are asked, not " +
        url->host);
  }
  ContainerAgent agent{*std::move(url), {}, {}};
  agent.token_file = environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE").value_or("");
  agent.token = Secret(environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or(""));
  return agent;
}

/// The credentials that a container's agent gives. Not thread-safe.
template <class T, class C>
class ContainerCredentials {
 public:
  /// Takes what read_container_agent() gave, an error included: it is then the answer.
  ContainerCredentials(Result<ContainerAgent> agent, T transport, C clock, FileReader files)
      : agent_(std::move(agent)),
        transport_(std::move(transport)),
        clock_(std::move(clock)),
        files_(std::move(files)) {}

  [[nodiscard]] Result<Credentials> credentials(WallTime /*now*/) {
    if (!agent_) return agent_.error();
    auto request = make_request();
    if (!request) return request.error().within("container credentials");
    RetryReason reason = RetryReason::none;
    auto const attempt = [&](Instant deadline) -> Result<Credentials> {
      auto const answer = transport_.send(*request, deadline);
      if (answer) return read(*answer, reason);
      reason = retry_reason(answer.error().code);
      return answer.error();
    };
    AttemptLimits const limits{.pause = std::chrono::seconds{1}};  // an agent's moment to recover
    auto keys = repeat_attempts(clock_, limits, attempt, [&](auto const&) { return reason; });
    if (!keys) return std::move(keys).error().within("container credentials");
    return keys;
  }

  [[nodiscard]] Stability stability() const noexcept { return Stability::lasting; }

 private:
  [[nodiscard]] Result<Request> make_request() const {
    Request request{Method::get, agent_->url, {{"Accept", "application/json"}}, {}};
    Secret token = agent_->token;
    if (!agent_->token_file.empty()) {
      auto const text = files_.read(agent_->token_file);
      if (!text) return text.error().within("the token file");
      token = Secret(*text);
      if (token.empty()) {
        return Error{Errc::malformed, "the token file " + agent_->token_file + " is empty"};
      }
    }
    if (token.empty()) return request;
    if (has_control(token.reveal())) {
      return Error{Errc::invalid, "the token holds a line break or another control character"};
    }
    request.headers.push_back({"Authorization", std::string(token.reveal())});
    return request;
  }

  /// Any refusal may be that of an agent that has just started, or that is asked by many.
  static Result<Credentials> read(Response const& answer, RetryReason& reason) {
    reason = RetryReason::transient;
    if (!answer.ok()) {
      bool const forbidden = answer.status == 401 || answer.status == 403;
      Errc const code = forbidden ? Errc::denied : Errc::unavailable;
      return refusal_error(code, answer.status, read_json_error(answer));
    }
    auto keys = read_keys(answer.body);
    if (!keys) return foreign_answer(keys.error());
    reason = RetryReason::none;
    return keys;
  }
  static Result<Credentials> read_keys(std::string_view body) {
    auto const reply = JsonReply::parse(body);
    if (!reply) return reply.error();
    for (std::string_view const name : {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"}) {
      if (auto const found = reply->required_text(name); !found) return found.error();
    }
    auto const text = [&](std::string_view name) { return reply->text(name).value_or(""); };
    std::string_view const role = text("RoleArn");
    bool const known = !role.empty() && is_visible_ascii(role);
    return make_credentials({text("AccessKeyId"), text("SecretAccessKey"), text("Token"),
                             text("Expiration"), text("AccountId")},
                            known ? "container, role " + std::string(role) : "container");
  }

  Result<ContainerAgent> agent_;
  internal::HeldTransport<T> transport_;
  internal::HeldClock<C> clock_;
  FileReader files_;

  static_assert(
      Transport<T>,
      "ContainerCredentials's first parameter must be a sla::aws::Transport: movable, with "
      "sla::Result<sla::aws::Response> send(sla::aws::Request const&, sla::Instant deadline)");
  static_assert(
      Clock<C>,
      "ContainerCredentials's second parameter must be a sla::Clock: movable, with now(), wall(), "
      "wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)");
};

}  // namespace sla::inline v1::aws
