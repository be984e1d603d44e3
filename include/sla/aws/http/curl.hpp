// SPDX-License-Identifier: MIT
#pragma once
// The real Transport, over libcurl, which nothing but aws/http/curl*.hpp uses. One
// connection stays open between requests. TLS is always verified, no redirect is followed, and
// libcurl adds nothing to a request but Host, User-Agent and Content-Length. Each stage of a
// request has a limit, which grows where it was met; a deadline and that of a Stop bound all of it.
// Nothing is initialised before the first request.
#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/aws/http/adaptive_limits.hpp"
#include "sla/aws/http/amazon_roots.hpp"
#include "sla/aws/http/curl_headers.hpp"
#include "sla/aws/http/curl_transfer.hpp"
#include "sla/aws/http/response_builder.hpp"
#include "sla/aws/http/transport.hpp"
#include "sla/aws/http/trust.hpp"
#include "sla/core/result.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {
namespace detail {

struct CurlMeaning {
  CURLcode code;
  Errc meaning;
  std::string_view message;
};
inline constexpr std::string_view not_trusted = "the certificate is not trusted";
inline constexpr CurlMeaning curl_meanings[] = {
    {CURLE_ABORTED_BY_CALLBACK, Errc::stopped, "given up because the program stops"},
    {CURLE_OPERATION_TIMEDOUT, Errc::timed_out, "no answer in time"},
    {CURLE_COULDNT_RESOLVE_HOST, Errc::unavailable, "could not resolve the name"},
    {CURLE_COULDNT_RESOLVE_PROXY, Errc::unavailable, "no such proxy (HTTPS_PROXY, http_proxy)"},
    {CURLE_COULDNT_CONNECT, Errc::unavailable, "could not connect"},
    {CURLE_PEER_FAILED_VERIFICATION, Errc::invalid, not_trusted},
    {CURLE_SSL_CACERT_BADFILE, Errc::invalid, not_trusted},
    {CURLE_URL_MALFORMAT, Errc::invalid, "not a URL"},
    {CURLE_UNSUPPORTED_PROTOCOL, Errc::invalid, "not HTTP, or this libcurl has no TLS"},
    {CURLE_UNKNOWN_OPTION, Errc::invalid, "not possible with this libcurl"},
    {CURLE_OUT_OF_MEMORY, Errc::system, "libcurl"},
    {CURLE_FAILED_INIT, Errc::system, "libcurl"},
};

}  // namespace detail

/// Returns what a CURLcode means, for the program and for people.
[[nodiscard]] inline Error error_of_curl(CURLcode code) {
  for (auto const& known : detail::curl_meanings) {
    if (known.code == code) return {known.meaning, std::string(known.message), curl_code(code)};
  }
  return {Errc::unavailable, "the connection failed", curl_code(code)};
}

/// What is the same for every request.
inline constexpr std::pair<CURLoption, long> curl_options[] = {
    {CURLOPT_QUICK_EXIT, 1},  // a name server that is silent holds up nobody
    {CURLOPT_NOSIGNAL, 1},
    {CURLOPT_TCP_KEEPALIVE, 1},
    {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    {CURLOPT_SSL_VERIFYPEER, 1},
    {CURLOPT_SSL_VERIFYHOST, 2},
    {CURLOPT_PATH_AS_IS, 1},
    {CURLOPT_DISALLOW_USERNAME_IN_URL, 1},
    {CURLOPT_FOLLOWLOCATION, 0},
    {CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
    {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
};

/// Sets whom to trust, of which a proxy that speaks TLS itself is one. With a file and a folder
/// libcurl reads the file again for each connection.
inline void set_trust(CurlSetup& setup, Trust const& trust) {
  auto const path = [](std::string const& p) { return p.empty() ? nullptr : p.c_str(); };
  for (CURLoption const option : {CURLOPT_CAINFO, CURLOPT_PROXY_CAINFO}) {
    setup.set(option, path(trust.file));
  }
  for (CURLoption const option : {CURLOPT_CAPATH, CURLOPT_PROXY_CAPATH}) {
    setup.set(option, path(trust.folder));
  }
  if (!trust.empty()) return;
  // libcurl only reads what it gets as not const.
  curl_blob roots{const_cast<char*>(amazon_roots.data()), amazon_roots.size(), CURL_BLOB_NOCOPY};
  setup.set(CURLOPT_CAINFO_BLOB, &roots);
  setup.set(CURLOPT_PROXY_CAINFO_BLOB, &roots);
}

/// Returns what is linked, such as `libcurl/7.88.1 OpenSSL/3.0.17`.
[[nodiscard]] inline std::string curl_libraries() {
  curl_version_info_data const* const found = curl_version_info(CURLVERSION_NOW);
  std::string text("libcurl/");
  text.append(found->version);
  if (found->ssl_version != nullptr) text.append(" ").append(found->ssl_version);
  return text;
}

/// Initialises libcurl and its TLS library: about a millisecond, once per process, from any thread.
/// The first request does it; a program that has something else to do meanwhile may be earlier.
[[nodiscard]] inline Result<void> initialise_curl() {
  static CURLcode const code = curl_global_init(CURL_GLOBAL_DEFAULT);
  return code == CURLE_OK ? Result<void>() : error_of_curl(CURLE_FAILED_INIT);
}

/// Which proxy requests go through.
enum class Proxy {
  environment,  ///< that of http_proxy, HTTPS_PROXY, NO_PROXY and their kin
  none,         ///< for link-local addresses such as 169.254.169.254
};

/// Sends requests over HTTP/1.1 and keeps the connection. Not thread-safe.
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
    auto answer = transfer(request, deadline);
    if (answer) return answer;
    Url const& url = request.url;
    return answer.error().within(to_string(Url{url.scheme, url.host, url.port, "", ""}));
  }

 private:
  Result<Response> transfer(Request const& request, Instant deadline) {
    auto headers = curl_headers(request.headers);
    if (!headers) return headers.error();
    for (;;) {
      bool const fresh = !handle_;  // so are the trusted certificates
      if (auto ready = open(request.url.scheme); !ready) return ready.error();
      CurlTransfer under_way{.body = request.body,
                             .answer = ResponseBuilder(options_.response_limit),
                             .limits = limits_};
      auto const code = perform(request, *headers, deadline, under_way);
      if (under_way.error) return *under_way.error;
      if (under_way.late) return late(under_way);
      bool const untrusted = error_of_curl(code).message == detail::not_trusted;
      if (code == CURLE_OK) limits_.passed(under_way.watch);
      if (code == CURLE_OK) return std::move(under_way.answer).finish(under_way.status);
      Error error = failure(code, under_way);
      if (untrusted) forget();
      if (!untrusted || fresh) return error;
    }
  }

  /// Prepares libcurl. Whom to trust is only missed where it matters.
  Result<void> open(Scheme scheme) {
    if (!handle_) {
      if (auto ready = initialise_curl(); !ready) return ready.error();
      CurlHandle handle(curl_easy_init());
      if (!handle) return error_of_curl(CURLE_FAILED_INIT);
      char const* own = nullptr;
      (void)curl_easy_getinfo(handle.get(), CURLINFO_CAINFO, &own);
      trust_ = find_trust({.asked = options_.trust, .own = own != nullptr ? own : ""});
      handle_ = std::move(handle);
    }
    if (trust_ || scheme == Scheme::http) return {};
    handle_.reset();  // it may be there the next time
    return trust_.error();
  }

  /// Has the trusted certificates read anew, as they may have been replaced: libcurl would keep
  /// them for a day.
  void forget() {
    handle_.reset();
    loop_ = CurlLoop();
  }

  CURLcode perform(Request const& request, std::vector<std::string>& headers, Instant deadline,
                   CurlTransfer& under_way) {
    CurlSetup setup{handle_.get()};
    std::vector<curl_slist> list(headers.size());
    for (std::size_t i = 0; i < list.size(); ++i) {
      list[i] = {headers[i].data(), i + 1 < list.size() ? &list[i + 1] : nullptr};
    }
    setup.set(CURLOPT_HTTPHEADER, list.data());
    set_connection(setup);
    if (trust_) set_trust(setup, *trust_);
    set_request(setup, request);
    under_way.attach(setup);
    if (setup.code == CURLE_OK) {
      setup.code = loop_.perform(handle_.get(), under_way, options_.stop, deadline);
    }
    long status = 0;
    (void)curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    under_way.status = static_cast<int>(status);
    curl_easy_reset(handle_.get());  // forgets what points into this call, keeps the connection
    return setup.code;
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
    limits_.expired(stage);
    return {Errc::timed_out, std::move(message), curl_code(CURLE_OPERATION_TIMEDOUT)};
  }

  /// libcurl's words on a proxy or a URL may hold a password that somebody put there.
  Error failure(CURLcode code, CurlTransfer const& transfer) {
    Error error = error_of_curl(code);
    std::string_view const words(transfer.words);
    // The kernel gives up a peer that acknowledges nothing.
    bool const broken = code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR;
    if (broken && transfer.silent(std::chrono::steady_clock::now())) {
      limits_.expired(Stage::send);
    }
    bool const secret = code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_URL_MALFORMAT;
    error.message += ": ";
    error.message += secret || words.empty() ? std::string_view(curl_easy_strerror(code)) : words;
    if (error.message.starts_with(detail::not_trusted)) error.message += whom();
    return error;
  }

  /// Says who is trusted, and why nobody is where their file is broken.
  [[nodiscard]] std::string whom() const {
    if (!trust_) return "; " + trust_.error().message;
    std::string const by = trust_->name.empty() ? "AWS_CA_BUNDLE, SSL_CERT_FILE" : trust_->name;
    std::string text = "; trusted are those in " + trust_->where() + " (" + by + ')';
    if (trust_->file.empty()) return text;
    auto const good = check_certificates(trust_->file);
    return good ? text : text + ", but " + good.error().message;
  }

  Options options_{};
  CurlLoop loop_{};
  CurlHandle handle_{};
  Result<Trust> trust_{Trust{}};
  AdaptiveLimits limits_{};
};
static_assert(Transport<Curl>);

}  // namespace sla::inline v1::aws
