// SPDX-License-Identifier: MIT
#pragma once
// The real Transport, over libcurl, which nothing but aws/http/curl*.hpp uses. Connections
// stay open between requests. TLS is always verified, no redirect is followed, and
// libcurl adds nothing to a request but Host, User-Agent and Content-Length. Each stage of a
// request has a limit, which grows where it was met; a deadline and that of a Stop bound all of it.
// Nothing is initialised before the first request.
#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/aws/http/adaptive_limits.hpp"
#include "sla/aws/http/curl_headers.hpp"
#include "sla/aws/http/curl_options.hpp"
#include "sla/aws/http/curl_transfer.hpp"
#include "sla/aws/http/response_builder.hpp"
#include "sla/aws/http/transport.hpp"
#include "sla/aws/http/trust.hpp"
#include "sla/core/result.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {
/// Which proxy requests go through.
enum class Proxy {
  environment,  ///< that of http_proxy, HTTPS_PROXY, NO_PROXY and their kin
  none,         ///< for link-local addresses such as 169.254.169.254
};

/// Sends requests over HTTP/1.1 and keeps the connections. Not thread-safe.
class Curl {
 public:
  struct Options {
    Trust trust{};  ///< whom to trust; empty is the system's authorities, or else Amazon's
    StageLimits limits{};
    std::size_t response_limit = 1024 * 1024;  ///< in bytes, header lines included
    Stop const* stop = nullptr;                ///< outlives this; its deadline ends a request
    Proxy proxy = Proxy::environment;
  };

  /// Costs nothing: libcurl wakes with the first request.
  Curl() = default;
  explicit Curl(Options options) : options_(std::move(options)), limits_(options_.limits) {}

  /// Sends the request and reads the answer. The message of an Error names scheme and host, never
  /// the path, the query or a header; with libcurl's code.
  [[nodiscard]] Result<Response> send(Request const& request, Instant deadline) {
    return std::move(answers_to({&request, 1}, deadline).front());
  }
  /// Sends several requests at once, each as send() does, over as many connections, but at most
  /// `most_connections`. What hangs holds up only the return.
  [[nodiscard]] std::vector<Result<Response>> send_all(std::vector<Request> const& requests,
                                                       Instant deadline) {
    return answers_to(requests, deadline);
  }

 private:
  /// One of the requests, from its beginning to its end.
  struct Exchange : CurlTransfer {
    std::size_t number;  ///< of the request
    CurlHandle own;
    std::vector<std::string> headers;
    std::vector<curl_slist> list{};
  };
  /// What is asked for, what came, and whose certificate has to be looked at anew.
  struct Exchanges {
    std::span<Request const> requests;
    std::vector<Result<Response>> answers;
    std::vector<std::size_t> untrusted{};
  };

  std::vector<Result<Response>> answers_to(std::span<Request const> requests, Instant deadline) {
    Exchanges all{requests, {requests.size(), Error{Errc::unavailable, ""}}};
    std::vector<std::size_t> numbers(requests.size());
    std::iota(numbers.begin(), numbers.end(), std::size_t{0});
    while (!numbers.empty()) {
      bool const fresh = !trust_;  // so are the trusted certificates
      perform(all, numbers, deadline);
      numbers.clear();
      if (!all.untrusted.empty()) forget();
      if (!fresh) numbers.swap(all.untrusted);
    }
    if (spare_.size() > 1) spare_.resize(1);
    for (std::size_t i = 0; i < requests.size(); ++i) {
      if (all.answers[i]) continue;
      Url const& url = requests[i].url;
      all.answers[i] = std::move(all.answers[i])
                           .error()
                           .within(to_string(Url{url.scheme, url.host, url.port, "", ""}));
    }
    return std::move(all.answers);
  }

  void perform(Exchanges& all, std::vector<std::size_t> const& numbers, Instant deadline) {
    std::vector<std::unique_ptr<Exchange>> under_way;
    for (auto next = numbers.begin();;) {
      for (; next != numbers.end() && under_way.size() < most_connections; ++next) {
        auto exchange = make(all.requests[*next], *next);
        if (!exchange) {
          all.answers[*next] = exchange.error();
          continue;
        }
        CURLcode code = set_up(**exchange, all.requests[*next]);
        if (code == CURLE_OK) code = loop_.begin(**exchange);
        if (code == CURLE_OK)
          under_way.push_back(*std::move(exchange));
        else
          finish(all, **exchange, code);
      }
      if (under_way.empty()) return;
      auto const end = loop_.next(options_.stop, deadline);
      auto const ended =
          std::find_if(under_way.begin(), under_way.end(),
                       [&](auto const& exchange) { return exchange.get() == end.transfer; });
      finish(all, **ended, end.code);
      under_way.erase(ended);
    }
  }

  Result<std::unique_ptr<Exchange>> make(Request const& request, std::size_t number) {
    auto headers = curl_headers(request.headers);
    if (!headers) return headers.error();
    auto handle = open(request.url.scheme);
    if (!handle) return handle.error();
    CURL* const raw = handle->get();
    return std::unique_ptr<Exchange>(
        new Exchange{{.handle = raw,
                      .body = request.body,
                      .answer = ResponseBuilder(options_.response_limit),
                      .limits = limits_},
                     number,
                     *std::move(handle),
                     *std::move(headers)});
  }

  /// Prepares libcurl. Whom to trust is only missed where it matters.
  Result<CurlHandle> open(Scheme scheme) {
    if (auto ready = initialise_curl(); !ready) return ready.error();
    CurlHandle handle;
    if (spare_.empty()) {
      handle.reset(curl_easy_init());
    } else {
      handle = std::move(spare_.back());
      spare_.pop_back();
    }
    if (!handle) return error_of_curl(CURLE_FAILED_INIT);
    if (!trust_) {
      char const* own = nullptr;
      (void)curl_easy_getinfo(handle.get(), CURLINFO_CAINFO, &own);
      trust_ = find_trust({.asked = options_.trust, .own = own != nullptr ? own : ""});
    }
    if (*trust_ || scheme == Scheme::http) return handle;
    Error missing = trust_->error();
    trust_.reset();  // it may be there the next time
    return missing;
  }

  /// Has the trusted certificates read anew, as they may have been replaced: libcurl would keep
  /// them for a day.
  void forget() {
    trust_.reset();
    whom_.clear();
    spare_.clear();
    loop_ = CurlLoop();
  }

  CURLcode set_up(Exchange& exchange, Request const& request) const {
    CurlSetup setup{exchange.handle};
    std::vector<curl_slist>& list = exchange.list;
    list.resize(exchange.headers.size());
    for (std::size_t i = 0; i < list.size(); ++i) {
      list[i] = {exchange.headers[i].data(), i + 1 < list.size() ? &list[i + 1] : nullptr};
    }
    setup.set(CURLOPT_HTTPHEADER, list.data());
    set_connection(setup);
    if (*trust_) set_trust(setup, **trust_);
    set_request(setup, request);
    exchange.attach(setup);
    return setup.code;
  }

  void finish(Exchanges& all, Exchange& exchange, CURLcode code) {
    long status = 0;
    (void)curl_easy_getinfo(exchange.handle, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_reset(exchange.handle);  // forgets what points into this, keeps the connection
    spare_.push_back(std::move(exchange.own));
    all.answers[exchange.number] = answer(exchange, code, static_cast<int>(status));
    bool const untrusted = error_of_curl(code).message == detail::not_trusted;
    if (untrusted) all.untrusted.push_back(exchange.number);
  }
  Result<Response> answer(Exchange& exchange, CURLcode code, int status) {
    if (exchange.error) return *exchange.error;
    if (exchange.late) return late(exchange);
    if (code != CURLE_OK) return failure(code, exchange);
    limits_.passed(exchange.watch);
    return std::move(exchange.answer).finish(status);
  }

  void set_connection(CurlSetup& setup) const {
    for (auto const& [option, value] : curl_options) setup.set(option, value);
    if (options_.proxy == Proxy::none) setup.set(CURLOPT_PROXY, "");
  }

  static void set_request(CurlSetup& setup, Request const& request) {
    setup.set(CURLOPT_URL, to_string(request.url).c_str());
    setup.set(CURLOPT_PROTOCOLS_STR, "http,https");
    bool const put = request.method == Method::put;
    if (request.method == Method::head) setup.set(CURLOPT_NOBODY, 1L);
    if (!put && request.method != Method::post) return;
    setup.set(CURLOPT_POST, 1L);
    setup.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    if (put) setup.set(CURLOPT_CUSTOMREQUEST, "PUT");
    // Bytes that libcurl need not ask for leave together with the headers.
    if (auto const bytes = request.body.in_memory()) setup.set(CURLOPT_POSTFIELDS, bytes->data());
  }

  /// The stage that took too long has more time in the next attempt.
  Error late(CurlTransfer const& transfer) {
    Stage const stage = transfer.watch.stage();
    std::string message(late_message(stage));
    message += ": the limit was " + decimal_seconds(transfer.limit()) + " s";
    limits_.expired(stage, transfer.limits);
    return {Errc::timed_out, std::move(message), curl_code(CURLE_OPERATION_TIMEDOUT)};
  }

  /// libcurl's words on a proxy or a URL may hold a password that somebody put there.
  Error failure(CURLcode code, CurlTransfer const& transfer) {
    Error error = error_of_curl(code);
    std::string_view const words(transfer.words);
    // The kernel gives up a peer that acknowledges nothing.
    bool const broken = code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR;
    if (broken && transfer.silent(std::chrono::steady_clock::now())) {
      limits_.expired(Stage::send, transfer.limits);
    }
    bool const secret = code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_URL_MALFORMAT;
    error.message += ": ";
    error.message += secret || words.empty() ? std::string_view(curl_easy_strerror(code)) : words;
    if (error.message.starts_with(detail::not_trusted)) {
      if (whom_.empty()) whom_ = whom();
      error.message += whom_;
    }
    return error;
  }

  /// Says who is trusted, and why nobody is where their file is broken.
  [[nodiscard]] std::string whom() const {
    if (!*trust_) return "; " + trust_->error().message;
    Trust const& trust = **trust_;
    std::string const by = trust.name.empty() ? "AWS_CA_BUNDLE, SSL_CERT_FILE" : trust.name;
    std::string text = "; trusted are those in " + trust.where() + " (" + by + ')';
    if (trust.file.empty()) return text;
    auto const good = check_certificates(trust.file);
    return good ? text : text + ", but " + good.error().message;
  }

  Options options_{};
  CurlLoop loop_{};
  std::vector<CurlHandle> spare_{};
  std::optional<Result<Trust>> trust_{};  ///< whom; not looked for before the first request
  std::string whom_{};                    ///< that in words, of the requests under way
  AdaptiveLimits limits_{};
};
static_assert(BatchTransport<Curl>);

}  // namespace sla::inline v1::aws
