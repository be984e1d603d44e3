// SPDX-License-Identifier: MIT
#pragma once
// The runtime API of Lambda, which a program asks for its next invocation, and to which it gives
// one answer for each.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/aws/http/adaptive_limits.hpp"
#include "sla/aws/http/curl.hpp"
#include "sla/aws/http/transport.hpp"
#include "sla/aws/http/url.hpp"
#include "sla/core/json.hpp"
#include "sla/core/log.hpp"
#include "sla/core/output.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::app {

/// What is to be done, and by when.
struct LambdaInvocation {
  std::string id{};
  std::string payload{};
  std::string trace{};
  WallTime deadline{};
};

/// Why there is no result, as Lambda shows it.
struct LambdaFailure {
  std::string_view type{};  ///< Category.Reason
  std::string message{};
};

/// Speaks to the API at one address. Where a call says that the process cannot go on, it ends: then
/// Lambda starts another.
class LambdaRuntime {
 public:
  /// `address` is $AWS_LAMBDA_RUNTIME_API: host:port. Errc::invalid if it is none.
  [[nodiscard]] static Result<LambdaRuntime> at(std::string_view address, Logger log) {
    auto base = aws::parse_url(std::string("http://").append(address));
    if (!base) return base.error().within("AWS_LAMBDA_RUNTIME_API");
    return LambdaRuntime(*std::move(base), log);
  }

  /// Waits for the next invocation, for as long as it takes: the process is frozen meanwhile.
  [[nodiscard]] Result<LambdaInvocation> next() {
    auto answer = transport_.send(request(aws::Method::get, "invocation/next"), Instant::max());
    if (!answer) return std::move(answer).error().within("next invocation");
    auto const header = [&](std::string_view name) {
      return std::string(aws::find_header(answer->headers, name).value_or(""));
    };
    auto const deadline = parse_integer(header("lambda-runtime-deadline-ms"));
    LambdaInvocation invocation{.id = header("lambda-runtime-aws-request-id"),
                                .payload = std::move(answer->body),
                                .trace = header("lambda-runtime-trace-id")};
    if (!answer->ok() || invocation.id.empty() || !deadline) {
      return Error{Errc::unavailable, "next invocation: http " + std::to_string(answer->status)};
    }
    invocation.deadline = WallTime{std::chrono::milliseconds{*deadline}};
    return invocation;
  }

  /// Answers an invocation, once. False if the process cannot go on.
  [[nodiscard]] bool respond(std::string const& id, std::string const& json) {
    auto const status = post("invocation/" + id + "/response", json, {});
    if (status && *status == 413) return fail(id, {"Runner.TooLarge", "the result is too large"});
    return goes_on(status, "response");
  }
  [[nodiscard]] bool fail(std::string const& id, LambdaFailure const& failure) {
    log_.error(failure.message);
    return goes_on(post("invocation/" + id + "/error", json_of(failure), failure.type), "error");
  }
  /// Says why there is nothing that could be invoked.
  void fail_to_begin(LambdaFailure const& failure) {
    (void)goes_on(post("init/error", json_of(failure), failure.type), "init error");
  }

 private:
  /// The longest that the API may let one wait is not known.
  static constexpr std::chrono::hours for_ever{24 * 365};

  LambdaRuntime(aws::Url base, Logger log)
      : base_(std::move(base)),
        log_(log),
        transport_({.limits = {.wait = {for_ever, for_ever}, .receive = {for_ever, for_ever}},
                    .response_limit = std::size_t{8} << 20U,
                    .proxy = aws::Proxy::none}) {}

  [[nodiscard]] aws::Request request(aws::Method method, std::string_view path) const {
    aws::Request request{.method = method, .url = base_};
    request.url.path = std::string("/2018-06-01/runtime/").append(path);
    return request;
  }

  static std::string json_of(LambdaFailure const& failure) {
    JsonWriter json;
    json.begin_object().key("errorMessage").string(failure.message);
    json.key("errorType").string(failure.type).key("stackTrace").begin_array().end_array();
    return json.end_object().text();
  }

  Result<int> post(std::string_view path, std::string const& json, std::string_view type) {
    aws::Request what = request(aws::Method::post, path);
    what.headers.push_back({"Content-Type", "application/json"});
    if (!type.empty()) {
      what.headers.push_back({"Lambda-Runtime-Function-Error-Type", std::string(type)});
    }
    what.body = Output(json);
    auto const answer =
        transport_.send(what, std::chrono::steady_clock::now() + std::chrono::seconds{10});
    return answer ? Result<int>(answer->status) : answer.error();
  }

  /// An answer that is refused was given all the same: only what is broken ends the process.
  [[nodiscard]] bool goes_on(Result<int> const& status, std::string_view what) const {
    if (status && *status >= 200 && *status < 300) return true;
    std::string why(what);
    why.append(": ").append(status ? "http " + std::to_string(*status) : status.error().message);
    log_.error("the runtime API of Lambda did not take the " + why);
    return status && *status < 500;
  }

  aws::Url base_;
  Logger log_;
  aws::Curl transport_;
};

}  // namespace sla::inline v1::app
