// SPDX-License-Identifier: MIT
#pragma once
// What is the same for every request over libcurl: how it is initialised, the options, whom to
// trust, and what its codes mean.
#include <curl/curl.h>

#include <string>
#include <string_view>
#include <utility>

#include "sla/aws/http/amazon_roots.hpp"
#include "sla/aws/http/curl_transfer.hpp"
#include "sla/aws/http/trust.hpp"
#include "sla/core/result.hpp"

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

}  // namespace sla::inline v1::aws
