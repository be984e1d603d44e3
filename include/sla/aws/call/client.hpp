// SPDX-License-Identifier: MIT
#pragma once
// Calls one AWS service: signs each attempt anew, sends it, reads a refusal, and asks again where
// that helps and the deadline allows it. It corrects the time in signatures by what the service
// says the time is, and has expired credentials renewed once. It knows no format of an answer.
#include <algorithm>
#include <chrono>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/aws/call/attempts.hpp"
#include "sla/aws/call/refusal.hpp"
#include "sla/aws/call/retry.hpp"
#include "sla/aws/call/skew.hpp"
#include "sla/aws/http/transport.hpp"
#include "sla/aws/sign/credentials.hpp"
#include "sla/aws/sign/sigv4.hpp"
#include "sla/aws/wire/service_error.hpp"
#include "sla/core/clock.hpp"
#include "sla/core/random.hpp"
#include "sla/core/result.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

/// Whether a call says who makes it.
enum class Authentication {
  sigv4,
  none,  ///< AssumeRoleWithWebIdentity: the token in the body says it
};

/// What holds for one call besides its request.
struct Call {
  SigningScope scope{};  ///< ignored if nothing is signed
  Instant deadline{};    ///< after it no further attempt begins; the first is made in any case
  /// When an attempt under way is given up, however far it got. The transport's own limits grow
  /// with what a service needs, this one does not.
  Instant cut = Instant::max();
  Authentication authentication = Authentication::sigv4;
};

/// A random number from 0 to below 1 for each wait, so that clients do not return all at once.
struct RandomJitter {
  double operator()() const { return random_fraction(); }
};

/// Calls one service. Its transport keeps the connection, its quota and its clock correction last
/// from call to call. A source of credentials with `reject(std::string_view access_key_id)` is told
/// when the service took them for expired. What it learns of the clock its skew's copies know too.
/// Not thread-safe.
template <class T, class S, class C = SteadyClock, class J = RandomJitter>
class Client {
  using HeldSource = internal::HeldCredentialSource<S>;
  using HeldClock = internal::HeldClock<C>;

 public:
  Client(T transport, S source, RetryOptions options = {}, C clock = {}, J jitter = {},
         ClockSkew const& skew = {})
      : transport_(std::move(transport)),
        source_(std::move(source)),
        options_(options),
        clock_(std::move(clock)),
        jitter_(std::move(jitter)),
        skew_(skew) {}

  /// Returns the answer, if its status is 2xx. `read_error(Response const&) -> ServiceError` reads
  /// what the service says otherwise; the Error then has the HTTP status. An Error after more than
  /// one attempt says how many there were. Its code, for every operation of every service:
  /// unavailable, timed_out and throttled pass by themselves; expired and denied are about the keys
  /// and the rights; not_found, exists, unacceptable and rejected about the request; stopped if the
  /// stop was requested. Those of the source of credentials come as they are.
  template <class ReadError>
  [[nodiscard]] Result<Response> call(Request request, Call const& how, ReadError read_error) {
    Retry retry(options_, quota_);
    Renewal renewal = can_renew ? Renewal::possible : Renewal::impossible;
    for (;;) {
      Attempt attempt = send(request, how);
      if (attempt.result && attempt.result->ok()) {
        retry.succeed();
        return std::move(attempt.result);
      }
      if (attempt.result) refuse(attempt, read_error(*attempt.result), renewal);
      auto const next = retry.fail(
          {.reason = attempt.reason, .jitter = jitter_(), .retry_after = attempt.retry_after});
      Instant const again = clock_.now() + next.delay;
      if (next.verdict != RetryVerdict::retry || again >= how.deadline) {
        if (retry.attempts() == 1) return attempt.result.error();
        return attempt.result.error().within("after " + std::to_string(retry.attempts()) +
                                             " attempts");
      }
      clock_.sleep_until(again);
    }
  }

  /// Makes one attempt at each of the requests, all of them at once where the transport can, and
  /// returns the answers in the same order, with the errors of call(). Nothing is tried again: what
  /// failed is for call(), alone. Credentials are asked for once, and renewed for the next call
  /// where the service took them for expired.
  template <class ReadError>
  [[nodiscard]] std::vector<Result<Response>> call_all(std::vector<Request> requests,
                                                       Call const& how, ReadError read_error) {
    std::vector<Result<Response>> answers;
    Renewal renewal = can_renew ? Renewal::possible : Renewal::impossible;
    for (Attempt& attempt : send_all(std::move(requests), how)) {
      bool const good = attempt.result && attempt.result->ok();
      if (good) quota_.give_back(1);
      if (attempt.result && !good) refuse(attempt, read_error(*attempt.result), renewal);
      answers.push_back(std::move(attempt.result));
    }
    return answers;
  }

  /// Returns the service's clock minus ours, as far as known.
  [[nodiscard]] Duration skew() const noexcept { return skew_.offset(); }

  [[nodiscard]] HeldSource& source() noexcept { return source_; }
  [[nodiscard]] HeldClock& clock() noexcept { return clock_; }

 private:
  static constexpr bool can_renew = requires(HeldSource & source, std::string_view access_key_id) {
    source.reject(access_key_id);
  };
  enum class Renewal { possible, impossible };

  struct Attempt {
    Result<Response> result;
    RetryReason reason = RetryReason::none;
    Duration skew = Duration::zero();  ///< that it was signed with
    std::string access_key_id{};       ///< empty if nothing is signed
    std::optional<std::string> retry_after{};
  };

  Attempt send(Request& request, Call const& how) {
    Attempt attempt{.result = Response{}, .skew = skew_.offset()};
    if (how.authentication == Authentication::sigv4) sign(request, attempt, keys(), how.scope);
    if (!attempt.result) return attempt;
    Instant const sent = clock_.now();
    take(attempt, transport_.send(request, how.cut), sent);
    return attempt;
  }

  std::vector<Attempt> send_all(std::vector<Request> requests, Call const& how) {
    std::vector<Attempt> attempts;
    if (requests.empty()) return attempts;
    bool const is_signed = how.authentication == Authentication::sigv4;
    Result<Credentials> const with = is_signed ? keys() : Credentials{};
    std::vector<Request> ready;
    for (Request& request : requests) {
      attempts.push_back({.result = Response{}, .skew = skew_.offset()});
      if (is_signed) sign(request, attempts.back(), with, how.scope);
      if (attempts.back().result) ready.push_back(std::move(request));
    }
    Instant const sent = clock_.now();
    std::vector<Result<Response>> answers = answers_to(ready, how.cut);
    auto answer = answers.begin();
    for (Attempt& attempt : attempts) {
      if (attempt.result) take(attempt, std::move(*answer++), sent);
    }
    return attempts;
  }
  std::vector<Result<Response>> answers_to(std::vector<Request> const& requests, Instant cut) {
    if constexpr (BatchTransport<internal::HeldTransport<T>>) {
      return transport_.send_all(requests, cut);
    } else {
      std::vector<Result<Response>> answers;
      for (Request const& request : requests) answers.push_back(transport_.send(request, cut));
      return answers;
    }
  }

  /// Takes in what came of a request that was sent then.
  void take(Attempt& attempt, Result<Response>&& answer, Instant sent) {
    attempt.result = std::move(answer);
    if (attempt.result) {
      WallTime const received = clock_.wall();
      skew_.observe({received - (clock_.now() - sent), received}, *attempt.result);
    } else {
      attempt.reason = retry_reason(attempt.result.error().code);
    }
  }

  Result<Credentials> keys() {
    auto keys = source_.credentials(clock_.wall() + skew_.offset());
    if (!keys) return keys.error().within("credentials");
    return keys;
  }
  /// Signs a request, or says why it is not sent. What an earlier attempt signed is replaced.
  void sign(Request& request, Attempt& attempt, Result<Credentials> const& keys,
            SigningScope const& scope) {
    auto const done = keys ? signer_.sign(request, *keys, scope, clock_.wall() + skew_.offset())
                           : Result<void>(keys.error());
    if (done)
      attempt.access_key_id = keys->access_key_id;
    else
      attempt.result = done.error();
  }

  /// Makes of an answer that is no success the error that it is.
  void refuse(Attempt& attempt, ServiceError const& said, Renewal& renewal) {
    int const status = attempt.result->status;
    Refusal const refusal = read_refusal(status, said.code);
    if (auto const after = find_header(attempt.result->headers, "x-amz-retry-after")) {
      attempt.retry_after = std::string(*after);
    }
    attempt.result = refusal_error(refusal.code, status, said);
    attempt.reason = refusal.reason;
    if (attempt.access_key_id.empty()) return;
    if (skew_.explains(said.code, attempt.skew)) {
      attempt.reason = RetryReason::transient;
      return;
    }
    if constexpr (can_renew) {
      if (refusal.code != Errc::expired || renewal == Renewal::impossible) return;
      renewal = Renewal::impossible;
      source_.reject(std::string_view(attempt.access_key_id));
      attempt.reason = RetryReason::transient;
    }
  }

  internal::HeldTransport<T> transport_;
  HeldSource source_;
  RetryOptions options_;
  HeldClock clock_;
  J jitter_;
  Signer signer_{};
  RetryQuota quota_{};
  ClockSkew skew_{};

  static_assert(
      Transport<T>,
      "Client's first parameter must be a sla::aws::Transport: movable, with "
      "sla::Result<sla::aws::Response> send(sla::aws::Request const&, sla::Instant deadline)");
  static_assert(CredentialSource<S>,
                "Client's second parameter must be a sla::aws::CredentialSource: movable, with "
                "sla::Result<sla::aws::Credentials> credentials(sla::WallTime now)");
  static_assert(Clock<C>,
                "Client's third parameter must be a sla::Clock: movable, with now(), wall(), "
                "wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)");
};

}  // namespace sla::inline v1::aws
