// SPDX-License-Identifier: MIT
#pragma once
// The metadata service of EC2 instances, version 2 only: every question carries a token that is
// asked for first. Each answer has one second, because inside of a container a token may never
// arrive. The transport must use no proxy.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sla/aws/call/attempts.hpp"
#include "sla/aws/call/retry.hpp"
#include "sla/aws/config/region.hpp"
#include "sla/aws/http/transport.hpp"
#include "sla/aws/http/url.hpp"
#include "sla/core/clock.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

/// Reads where the service is from `variables(name)` and `profile(key)`, which give a text or
/// nothing: AWS_EC2_METADATA_SERVICE_ENDPOINT[_MODE] and the profile's keys of that name.
/// Errc::not_configured if AWS_EC2_METADATA_DISABLED is true.
template <class Variables, class Profile>
[[nodiscard]] Result<Url> read_imds_endpoint(Variables const& variables, Profile const& profile) {
  auto const invalid = [](std::string_view name, std::string_view why) {
    return Error{Errc::invalid, "imds: " + std::string(name) + ": " + std::string(why)};
  };
  std::string_view const disabled = trim(variables("AWS_EC2_METADATA_DISABLED").value_or(""));
  if (same_ignoring_case(disabled, "true")) {
    return Error{Errc::not_configured, "imds: turned off by AWS_EC2_METADATA_DISABLED"};
  }
  for (bool const variable : {true, false}) {
    std::string_view const name =
        variable ? "AWS_EC2_METADATA_SERVICE_ENDPOINT" : "ec2_metadata_service_endpoint";
    std::optional<std::string_view> const text = variable ? variables(name) : profile(name);
    if (!text || trim(*text).empty()) continue;
    auto url = parse_url(trim(*text));
    if (!url) return invalid(name, url.error().message);
    return url;
  }
  std::string_view name = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE";
  std::optional<std::string_view> mode = variables(name);
  if (!mode || trim(*mode).empty()) {
    name = "ec2_metadata_service_endpoint_mode";
    mode = profile(name);
  }
  std::string_view const wanted = mode ? trim(*mode) : "IPv4";
  if (wanted.empty() || same_ignoring_case(wanted, "IPv4"))
    return parse_url("http://169.254.169.254");
  if (same_ignoring_case(wanted, "IPv6")) return parse_url("http://[fd00:ec2::254]");
  return invalid(name, "it must be IPv4 or IPv6");
}

/// Asks the metadata service. Keeps its token. Not thread-safe.
template <class T, class C>
class Imds {
 public:
  /// Takes what read_imds_endpoint() gave, an error included: it is then the answer.
  Imds(Result<Url> endpoint, T transport, C clock)
      : endpoint_(std::move(endpoint)),
        transport_(std::move(transport)),
        clock_(std::move(clock)) {}

  /// Returns the text at a path such as `/latest/meta-data/placement/region`. Errc::not_found if
  /// there is none, Errc::not_configured if there never was a metadata service.
  [[nodiscard]] Result<std::string> get(std::string_view path) {
    if (!endpoint_) return endpoint_.error();
    auto answer = ask(path);
    if (answer && answer->status == 401) {  // the token was taken back
      token_.clear();
      answer = ask(path);
    }
    if (!answer) return std::move(answer).error().within("imds");
    if (answer->ok()) return std::move(answer->body);
    return refused(answer->status);
  }

  /// Returns the region that the instance is in.
  [[nodiscard]] Result<std::string> region() {
    auto const text = get("/latest/meta-data/placement/region");
    if (!text) return text.error();
    auto const setting = parse_region(*text);
    if (!setting) return Error{Errc::unavailable, "imds: what it says is no region"};
    return setting->region;
  }

 private:
  static constexpr std::int64_t longest_life = 21600;  // seconds: what the service allows

  static Error refused(int status) {
    Errc const code = status == 404                    ? Errc::not_found
                      : status == 401 || status == 403 ? Errc::denied
                                                       : Errc::unavailable;
    return Error{code, "imds: http " + std::to_string(status), http_status(status)};
  }

  Result<Response> ask(std::string_view path) {
    if (auto ready = renew_token(); !ready) return ready.error();
    return send({Method::get, at(path), {{"X-aws-ec2-metadata-token", token_}}, {}});
  }

  [[nodiscard]] Url at(std::string_view path) const {
    Url url = *endpoint_;
    while (url.path.ends_with('/')) url.path.pop_back();
    url.path += path;
    return url;
  }

  Result<void> renew_token() {
    if (!token_.empty() && clock_.now() < token_until_) return {};
    token_.clear();
    Request const request{Method::put,
                          at("/latest/api/token"),
                          {{"X-aws-ec2-metadata-token-ttl-seconds", std::to_string(longest_life)}},
                          {}};
    auto answer = send(request);
    if (!answer) return unreachable(std::move(answer).error());
    if (!answer->ok()) return no_token(answer->status);
    std::string_view const token = trim(answer->body);
    bool const usable = !token.empty() && token.size() <= 4096 && !has_control(token);
    if (!usable) return Error{Errc::unavailable, "its token is none"};
    token_ = token;
    reached_ = true;
    auto const life = parse_integer(
        trim(find_header(answer->headers, "x-aws-ec2-metadata-token-ttl-seconds").value_or("")));
    std::int64_t const seconds =
        std::clamp<std::int64_t>(life.value_or(longest_life), 0, longest_life);
    token_until_ = clock_.now() + std::chrono::seconds{seconds - 120};
    return {};
  }

  /// Nobody answers: no instance of EC2, unless it was one a moment ago.
  [[nodiscard]] Error unreachable(Error error) const {
    bool const absent = error.code == Errc::timed_out || error.code == Errc::unavailable;
    if (absent && !reached_) error.code = Errc::not_configured;
    return error;
  }
  [[nodiscard]] Error no_token(int status) const {
    std::string const http = "http " + std::to_string(status);
    if (status == 403)
      return Error{Errc::denied, http + ": it is turned off here", http_status(status)};
    // What answers there is the metadata service of another cloud.
    bool const other = !reached_ && (status == 404 || status == 405);
    if (other)
      return Error{Errc::not_configured, http + ": it is not that of EC2", http_status(status)};
    return Error{Errc::unavailable, http + " instead of a token", http_status(status)};
  }

  Result<Response> send(Request const& request) {
    return repeat_attempts(
        clock_, {4, std::chrono::seconds{1}},
        [&](Instant deadline) { return transport_.send(request, deadline); },
        [this](Result<Response> const& answer) {
          int const status = answer ? answer->status : 0;
          bool const failed = status >= 500 || status == 400 || status == 429;
          bool const silent = !answer && reached_;  // it was there a moment ago
          if (silent) return retry_reason(answer.error().code);
          return failed ? RetryReason::transient : RetryReason::none;
        });
  }

  Result<Url> endpoint_;
  internal::HeldTransport<T> transport_;
  internal::HeldClock<C> clock_;
  std::string token_;
  Instant token_until_{};
  bool reached_ = false;

  static_assert(
      Transport<T>,
      "Imds's first parameter must be a sla::aws::Transport: movable, with "
      "sla::Result<sla::aws::Response> send(sla::aws::Request const&, sla::Instant deadline)");
  static_assert(Clock<C>,
                "Imds's second parameter must be a sla::Clock: movable, with now(), wall(), "
                "wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)");
};

}  // namespace sla::inline v1::aws
