// SPDX-License-Identifier: MIT
#pragma once
// One probe under way in libcurl: what libcurl calls meanwhile, how far it got and when, and what
// its end means. Only aws/http/curl_probe.hpp includes this.
#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sla/aws/http/curl_transfer.hpp"
#include "sla/aws/http/peer_certificate.hpp"
#include "sla/aws/http/probe_facts.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::internal {

/// Follows one probe. The functions are called from C, so nothing may be thrown through them.
class CurlProbeWatch {
 public:
  /// A probe that has ended in the phase `last` or beyond has ended in that.
  CurlProbeWatch(aws::CurlSetup& setup, ProbePhase last) : handle_(setup.handle), last_(last) {
    setup.set(CURLOPT_ERRORBUFFER, &words_[0]);
    setup.set(CURLOPT_RESOLVER_START_FUNCTION, &start_resolving);
    setup.set(CURLOPT_RESOLVER_START_DATA, this);
    setup.set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    setup.set(CURLOPT_OPENSOCKETDATA, this);
    setup.set(CURLOPT_PREREQFUNCTION, &start_sending);
    setup.set(CURLOPT_PREREQDATA, this);
  }
  CurlProbeWatch(CurlProbeWatch const&) = delete;
  CurlProbeWatch& operator=(CurlProbeWatch const&) = delete;

  /// Looks whether a connection stands by now: libcurl tells it only after TLS.
  void look(Instant now) noexcept {
    if (phase_ != ProbePhase::connect || stood_) return;
    for (int const made : sockets_) {
      sockaddr_storage peer{};
      socklen_t size = sizeof peer;
      if (made >= 0 && ::getpeername(made, reinterpret_cast<sockaddr*>(&peer), &size) == 0) {
        stood_ = now;
      }
    }
  }
  /// Something of an answer is there.
  void receives() noexcept { phase_ = ProbePhase::receive; }

  /// Returns what libcurl's end means, and what it leaves to be known. `begun` is when the probe
  /// began, `started` when libcurl did.
  [[nodiscard]] ProbeFacts facts(CURLcode code, Instant begun, Instant started) const {
    ProbeFacts facts{.reached = reached(), .ended = std::chrono::steady_clock::now()};
    facts.fault = fault_of(code, facts.reached);
    facts.took = durations(facts, begun, started);
    facts.tls = timer(CURLINFO_APPCONNECT_TIME_T) != Duration::zero();
    facts.ip = text(CURLINFO_PRIMARY_IP);
    if (number(CURLINFO_REDIRECT_COUNT) != 0) facts.redirect = text(CURLINFO_EFFECTIVE_URL);
    bool const by_proxy = facts.fault == ProbeFault::proxy_refused;
    facts.status =
        static_cast<int>(number(by_proxy ? CURLINFO_HTTP_CONNECTCODE : CURLINFO_RESPONSE_CODE));
    curl_off_t bytes = 0;
    (void)curl_easy_getinfo(handle_, CURLINFO_SIZE_DOWNLOAD_T, &bytes);
    facts.received = static_cast<std::uint64_t>(bytes);
    facts.system = static_cast<int>(number(CURLINFO_OS_ERRNO));
    // What libcurl says of a URL or a proxy may hold a password.
    bool const secret = code == CURLE_URL_MALFORMAT || code == CURLE_COULDNT_RESOLVE_PROXY;
    facts.words = secret || words_[0] == '\0' ? curl_easy_strerror(code) : &words_[0];
    facts.validity = validity(facts.fault == ProbeFault::expired);
    return facts;
  }

  /// Returns for how long the certificates of the server are valid: until the first of them
  /// expires. One that has expired before was not what was trusted, unless it is what is looked
  /// for.
  [[nodiscard]] std::optional<Duration> validity(bool expired) const {
    curl_certinfo* chain = nullptr;
    (void)curl_easy_getinfo(handle_, CURLINFO_CERTINFO, &chain);
    std::optional<Duration> shortest;
    for (int i = 0; chain != nullptr && i < chain->num_of_certs; ++i) {
      for (curl_slist const* line = chain->certinfo[i]; line != nullptr; line = line->next) {
        std::string_view const text = line->data;
        auto const left = text.starts_with("Cert:") ? validity_left(text.substr(5)) : std::nullopt;
        if (!left || (*left < Duration::zero()) != expired) continue;
        shortest = std::min(*left, shortest.value_or(*left));
      }
    }
    return shortest;
  }

 private:
  /// Returns one of libcurl's timers; zero is not yet.
  [[nodiscard]] Duration timer(CURLINFO which) const noexcept {
    curl_off_t microseconds = 0;
    (void)curl_easy_getinfo(handle_, which, &microseconds);
    return std::chrono::microseconds{microseconds};
  }
  [[nodiscard]] long number(CURLINFO which) const noexcept {
    long value = 0;
    (void)curl_easy_getinfo(handle_, which, &value);
    return value;
  }
  [[nodiscard]] std::string text(CURLINFO which) const {
    char const* value = nullptr;
    (void)curl_easy_getinfo(handle_, which, &value);
    return value == nullptr ? "" : value;
  }

  /// Returns the phase. What follows on a connection is TLS, or the request at once.
  [[nodiscard]] ProbePhase reached() const noexcept {
    bool const tls = phase_ == ProbePhase::connect && stood_;
    return std::min(tls ? ProbePhase::tls : phase_, last_);
  }

  /// Returns how long each phase took; that in which it ended takes the rest.
  [[nodiscard]] std::array<Duration, probe_phases> durations(ProbeFacts const& facts, Instant begun,
                                                             Instant started) const noexcept {
    constexpr std::array ends{CURLINFO_NAMELOOKUP_TIME_T, CURLINFO_CONNECT_TIME_T,
                              CURLINFO_APPCONNECT_TIME_T, CURLINFO_STARTTRANSFER_TIME_T};
    std::array<Duration, probe_phases> took{};
    Duration last{};
    auto const reached = static_cast<std::size_t>(facts.reached);
    Duration const whole = facts.ended - begun;
    for (std::size_t i = 0; i < reached; ++i) {
      Duration at = timer(ends[i]);
      bool const connected = static_cast<ProbePhase>(i) == ProbePhase::connect && stood_;
      if (at == Duration::zero() && connected) at = *stood_ - started;
      if (at == Duration::zero()) continue;  // as TLS if there is none
      Duration const end = std::clamp(started - begun + at, last, whole);
      took[i] = end - std::exchange(last, end);
    }
    took[reached] = whole - last;
    return took;
  }

  [[nodiscard]] ProbeFault fault_of(CURLcode code, ProbePhase reached) const noexcept {
    bool const answered = number(CURLINFO_RESPONSE_CODE) != 0;
    switch (code) {
      case CURLE_OK:
        return ProbeFault::none;
      case CURLE_ABORTED_BY_CALLBACK:
        return ProbeFault::stopped;
      case CURLE_OPERATION_TIMEDOUT:
        return ProbeFault::late;
      case CURLE_COULDNT_RESOLVE_HOST:
        return ProbeFault::no_name;
      case CURLE_COULDNT_RESOLVE_PROXY:
        return ProbeFault::no_proxy;
      case CURLE_COULDNT_CONNECT:
        return ProbeFault::no_connection;
      case CURLE_PEER_FAILED_VERIFICATION:
        return certificate_fault(number(CURLINFO_SSL_VERIFYRESULT));
      case CURLE_SSL_CONNECT_ERROR:
        return ProbeFault::tls;
      case CURLE_GOT_NOTHING:
        return ProbeFault::closed;
      case CURLE_PARTIAL_FILE:
        return ProbeFault::cut_off;
      case CURLE_WEIRD_SERVER_REPLY:
        return ProbeFault::no_http;
      case CURLE_UNSUPPORTED_PROTOCOL:  // that of the first URL was looked at
        return answered ? ProbeFault::bad_redirect : ProbeFault::no_http;
      case CURLE_URL_MALFORMAT:
        return answered ? ProbeFault::bad_redirect : ProbeFault::other;
      case CURLE_OUT_OF_MEMORY:  // of its own limit, mostly
        return reached == ProbePhase::receive ? ProbeFault::large_head : ProbeFault::other;
      case CURLE_TOO_MANY_REDIRECTS:
        return ProbeFault::redirects;
      case CURLE_SEND_ERROR:
      case CURLE_RECV_ERROR:
      case CURLE_HTTP2:
      case CURLE_HTTP2_STREAM:
        if (number(CURLINFO_HTTP_CONNECTCODE) >= 300) return ProbeFault::proxy_refused;
        if (std::string_view(&words_[0]).starts_with("Too large")) return ProbeFault::large_head;
        if (reached == ProbePhase::tls) return ProbeFault::tls;
        return reached == ProbePhase::receive ? ProbeFault::cut_off : ProbeFault::reset;
      default:
        return ProbeFault::other;
    }
  }

  static int start_resolving(void*, void*, void* user) noexcept {
    static_cast<CurlProbeWatch*>(user)->phase_ = ProbePhase::resolve;
    return 0;
  }
  static curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* address) noexcept {
    auto& self = *static_cast<CurlProbeWatch*>(user);
    self.phase_ = ProbePhase::connect;
    self.stood_.reset();
    self.sockets_[0] = self.sockets_[1];  // libcurl tries two addresses at once at most
    int const made = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    return self.sockets_[1] = made;
  }
  static int start_sending(void* user, char*, char*, int, int) noexcept {
    static_cast<CurlProbeWatch*>(user)->phase_ = ProbePhase::wait;
    return CURL_PREREQFUNC_OK;
  }

  CURL* handle_;
  ProbePhase last_;
  ProbePhase phase_ = ProbePhase::resolve;
  std::array<int, 2> sockets_{-1, -1};
  std::optional<Instant> stood_{};  ///< since when the connection is there
  char words_[CURL_ERROR_SIZE] = "";
};

}  // namespace sla::inline v1::internal
