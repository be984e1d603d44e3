// SPDX-License-Identifier: MIT
#pragma once
// Asks a server once, over libcurl, for executors that are probes: on a connection of its own, with
// TLS verified, a limit for the whole, and cut at once by a stop. It says how far it got and how
// long each phase took.
#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/aws/http/curl.hpp"
#include "sla/aws/http/curl_headers.hpp"
#include "sla/aws/http/curl_probe_watch.hpp"
#include "sla/aws/http/curl_transfer.hpp"
#include "sla/aws/http/probe_facts.hpp"
#include "sla/aws/http/trust.hpp"
#include "sla/core/pipe_signal.hpp"
#include "sla/core/result.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::internal {

/// A URL as libcurl reads it.
class CurlUrl {
 public:
  explicit CurlUrl(std::string const& url) {
    read_ = parts_ && !has_control(url) &&
            curl_url_set(parts_.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK;
  }
  /// Returns a part of it; empty if it has none.
  [[nodiscard]] std::string part(CURLUPart which, unsigned flags = CURLU_DEFAULT_PORT) const {
    char* text = nullptr;
    if (!read_ || curl_url_get(parts_.get(), which, &text, flags) != CURLUE_OK) return {};
    std::string copy(text);
    curl_free(text);
    return copy;
  }

 private:
  std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parts_{curl_url(), &curl_url_cleanup};
  bool read_ = false;
};

/// Returns `host:port` of a URL. Errc::invalid if it is none of HTTP; the message, which reads
/// on after the URL, has nothing of it.
[[nodiscard]] inline Result<std::string> address_of_url(std::string const& url) {
  CurlUrl const parts(url);
  std::string const scheme = parts.part(CURLUPART_SCHEME);
  std::string const host = parts.part(CURLUPART_HOST);
  for (char const c : host) {
    bool const ascii = static_cast<unsigned char>(c) < 0x80;
    if (!ascii) return Error{Errc::invalid, "has a host that is not ASCII; write it as xn--..."};
  }
  if (scheme == "http" || scheme == "https") return host + ':' + parts.part(CURLUPART_PORT);
  return Error{Errc::invalid, "is no URL such as https://shop.example/health"};
}

/// The name and the password in a URL, decoded; empty if it has none.
struct UrlCredentials {
  std::string user{};
  std::string password{};
};
[[nodiscard]] inline UrlCredentials credentials_of_url(std::string const& url) {
  CurlUrl const parts(url);
  return {.user = parts.part(CURLUPART_USER, CURLU_URLDECODE),
          .password = parts.part(CURLUPART_PASSWORD, CURLU_URLDECODE)};
}

/// Returns the connections and the trusted certificates of this thread, which all its probes share:
/// one of them costs two descriptors and a megabyte.
[[nodiscard]] inline aws::CurlMulti& probes_of_thread() noexcept {
  thread_local aws::CurlMulti probes;
  return probes;
}

/// Asks one server after the other. Not thread-safe.
class CurlProbe {
 public:
  CurlProbe() = default;
  explicit CurlProbe(aws::Trust trust) : asked_(std::move(trust)) {}

  /// Asks, and hands what arrives to `answer.head(line)` and `answer.body(block)`. A limit of zero
  /// is none. An Error means that it could not even begin.
  template <class Answer>
  Result<ProbeFacts> ask(ProbeRequest const& request, Duration limit, Stop const& stop,
                         Answer& answer) {
    Exchange exchange{.request = request, .stop = stop, .begun = now()};
    if (limit > Duration::zero()) exchange.deadline = exchange.begun + limit;
    auto headers = aws::curl_headers(request.headers);
    if (!headers) return headers.error();
    if (auto ready = open(exchange); !ready) return ready.error();
    aws::CurlSetup setup{exchange.handle.get()};
    bool const alone = request.method.empty();
    CurlProbeWatch watch(setup, alone ? ProbePhase::connect : ProbePhase::receive);
    Arrival<Answer> arrival{watch, answer};
    setup.set(CURLOPT_HEADERFUNCTION, &Arrival<Answer>::head);
    setup.set(CURLOPT_HEADERDATA, &arrival);
    setup.set(CURLOPT_WRITEFUNCTION, &Arrival<Answer>::body);
    setup.set(CURLOPT_WRITEDATA, &arrival);
    return perform(exchange, *headers, setup, watch);
  }

 private:
  struct Exchange {
    ProbeRequest const& request;
    Stop const& stop;
    Instant begun;
    Instant deadline = Instant::max();
    aws::CurlHandle handle{};
  };
  template <class Answer>
  struct Arrival {
    CurlProbeWatch& watch;
    Answer& answer;

    static std::size_t head(char* data, std::size_t size, std::size_t count, void* user) noexcept {
      auto& self = *static_cast<Arrival*>(user);
      self.watch.receives();
      self.answer.head(std::string_view(data, size * count));
      return size * count;
    }
    static std::size_t body(char* data, std::size_t size, std::size_t count, void* user) noexcept {
      static_cast<Arrival*>(user)->answer.body(std::string_view(data, size * count));
      return size * count;
    }
  };

  static aws::CurlMulti& multi() noexcept { return probes_of_thread(); }
  static Instant now() noexcept { return std::chrono::steady_clock::now(); }

  /// Prepares libcurl, and finds out whom to trust.
  Result<void> open(Exchange& exchange) {
    if (auto ready = aws::initialise_curl(); !ready) return ready.error();
    exchange.handle.reset(curl_easy_init());
    if (!multi()) multi().reset(curl_multi_init());
    if (!exchange.handle || !multi()) return aws::error_of_curl(CURLE_FAILED_INIT);
    if (trust_) return {};
    char const* own = nullptr;
    (void)curl_easy_getinfo(exchange.handle.get(), CURLINFO_CAINFO, &own);
    auto trust = aws::find_trust({.asked = asked_, .own = own != nullptr ? own : ""});
    // Whom to trust is only missed where it matters.
    bool const needed = !lower(exchange.request.url.substr(0, 5)).starts_with("http:");
    if (!trust && needed) return trust.error();
    if (trust) trust_ = *std::move(trust);
    return {};
  }

  void set_connection(Exchange const& exchange, aws::CurlSetup& setup) const {
    for (auto const& [option, value] : aws::curl_options) setup.set(option, value);
    setup.set(CURLOPT_URL, exchange.request.url.c_str());
    setup.set(CURLOPT_PROTOCOLS_STR, "http,https");
    setup.set(CURLOPT_DISALLOW_USERNAME_IN_URL, 0L);
    setup.set(CURLOPT_DNS_CACHE_TIMEOUT, 0L);
    setup.set(CURLOPT_SSL_SESSIONID_CACHE, 0L);
    setup.set(CURLOPT_CERTINFO, 1L);
    if (exchange.request.around_proxy) setup.set(CURLOPT_PROXY, "");
    if (trust_) aws::set_trust(setup, *trust_);
    if (exchange.deadline == Instant::max()) return;
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(exchange.deadline - now());
    setup.set(CURLOPT_CONNECTTIMEOUT_MS, std::max(static_cast<long>(left.count()), 1L));
  }

  static void set_request(ProbeRequest const& request, aws::CurlSetup& setup) {
    long const fresh = request.keep_alive ? 0 : 1;
    setup.set(CURLOPT_FRESH_CONNECT, fresh);
    setup.set(CURLOPT_FORBID_REUSE, fresh);
    if (request.method.empty()) return setup.set(CURLOPT_CONNECT_ONLY, 1L);
    setup.set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_NONE});  // the best that libcurl has
    setup.set(CURLOPT_FOLLOWLOCATION, request.redirects > 0 ? 1L : 0L);
    setup.set(CURLOPT_MAXREDIRS, long{request.redirects});
    setup.set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    std::string_view const method = request.method;
    bool const sends = method == "POST" || method == "PUT" || method == "PATCH";
    if (sends || !request.body.empty()) {  // a server may refuse one without a length
      setup.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      setup.set(CURLOPT_POSTFIELDS, request.body.data());
    } else if (method == "HEAD") {
      return setup.set(CURLOPT_NOBODY, 1L);
    }
    bool const usual = method == (sends || !request.body.empty() ? "POST" : "GET");
    if (!usual) setup.set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }

  Result<ProbeFacts> perform(Exchange const& exchange, std::vector<std::string>& headers,
                             aws::CurlSetup& setup, CurlProbeWatch& watch) {
    std::vector<curl_slist> list(headers.size());
    for (std::size_t i = 0; i < list.size(); ++i) {
      list[i] = {headers[i].data(), i + 1 < list.size() ? &list[i + 1] : nullptr};
    }
    setup.set(CURLOPT_HTTPHEADER, list.data());
    set_connection(exchange, setup);
    set_request(exchange.request, setup);
    if (setup.code != CURLE_OK) return aws::error_of_curl(setup.code);
    Instant const started = now();
    CURLcode const code = drive(exchange, watch);
    ProbeFacts facts = watch.facts(code, exchange.begun, started);
    if (facts.fault == ProbeFault::expired) facts.validity = expired_since(exchange);
    if (trust_) facts.trusted = trust_->where();
    if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE) forget();
    return facts;
  }

  /// The trusted certificates may have been replaced: libcurl would keep them for a day.
  void forget() {
    trust_.reset();
    multi().reset();
  }

  /// Returns since when the certificate has expired, which the refused handshake does not tell: it
  /// is asked for once more, and nothing is sent.
  std::optional<Duration> expired_since(Exchange const& exchange) {
    Exchange again{.request = exchange.request, .stop = exchange.stop, .begun = now()};
    again.deadline = std::min(exchange.deadline, again.begun + std::chrono::seconds{2});
    again.handle.reset(curl_easy_init());
    if (!again.handle) return std::nullopt;
    aws::CurlSetup setup{again.handle.get()};
    CurlProbeWatch watch(setup, ProbePhase::tls);
    set_connection(again, setup);
    setup.set(CURLOPT_CONNECT_ONLY, 1L);
    setup.set(CURLOPT_SSL_VERIFYPEER, 0L);
    setup.set(CURLOPT_SSL_VERIFYHOST, 0L);
    if (setup.code != CURLE_OK || drive(again, watch) != CURLE_OK) return std::nullopt;
    return watch.validity(true);
  }

  /// Drives the request to its end. CURLE_ABORTED_BY_CALLBACK where the stop came,
  /// CURLE_OPERATION_TIMEDOUT where the deadline did.
  CURLcode drive(Exchange const& exchange, CurlProbeWatch& watch) {
    PipeSignalGuard const guard;
    CURL* const handle = exchange.handle.get();
    if (curl_multi_add_handle(multi().get(), handle) != CURLM_OK) return CURLE_FAILED_INIT;
    CURLcode const code = end_of(exchange, watch);
    (void)curl_multi_remove_handle(multi().get(), handle);
    return code;
  }
  CURLcode end_of(Exchange const& exchange, CurlProbeWatch& watch) {
    for (int running = 1;;) {
      if (exchange.stop.level() != StopLevel::none) return CURLE_ABORTED_BY_CALLBACK;
      if (exchange.deadline <= now()) return CURLE_OPERATION_TIMEDOUT;
      watch.look(now());
      if (curl_multi_perform(multi().get(), &running) != CURLM_OK) return CURLE_FAILED_INIT;
      if (running == 0) return aws::end_of_request(multi().get());
      Duration const longest = std::chrono::seconds{1};
      Duration const left = exchange.deadline - now();
      if (!aws::await_curl(multi().get(), &exchange.stop,
                           std::clamp(left, Duration::zero(), longest))) {
        return CURLE_FAILED_INIT;
      }
    }
  }

  aws::Trust asked_{};
  std::optional<aws::Trust> trust_{};
};

}  // namespace sla::inline v1::internal
