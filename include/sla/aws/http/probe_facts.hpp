// SPDX-License-Identifier: MIT
#pragma once
// What a probe asks a server, and what it finds out, as values. Who asks is
// aws/http/curl_probe.hpp, what it means is the business of the executors.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sla/aws/http/transport.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::internal {

/// What is asked for.
struct ProbeRequest {
  std::string url{};
  std::string method{};  ///< empty: the connection alone
  std::vector<aws::Header> headers{};
  std::string body{};
  int redirects = 0;          ///< how many are followed
  bool keep_alive = false;    ///< whether the next request may use the connection
  bool around_proxy = false;  ///< whether no proxy is used, whatever the environment says
};

/// What a probe does, in this order.
enum class ProbePhase { resolve, connect, tls, wait, receive };
inline constexpr std::size_t probe_phases = 5;

/// Why there was no whole answer.
enum class ProbeFault {
  none,
  stopped,
  late,
  no_name,
  no_proxy,           ///< its name has no address
  no_connection,      ///< `system` says why
  proxy_refused,      ///< with `status`
  expired,            ///< the certificate
  not_yet_valid,      ///< the certificate
  self_signed,        ///< the certificate
  unknown_authority,  ///< of the certificate
  wrong_host,         ///< in the certificate
  bad_certificate,    ///< in another way
  tls,
  closed,   ///< without an answer
  reset,    ///< before an answer
  cut_off,  ///< in the answer
  no_http,
  redirects,     ///< more than were allowed
  bad_redirect,  ///< to what is no URL of HTTP
  large_head,    ///< of the answer
  other,
};

/// What was found out.
struct ProbeFacts {
  ProbeFault fault = ProbeFault::none;
  ProbePhase reached = ProbePhase::resolve;   ///< the phase in which it ended
  std::array<Duration, probe_phases> took{};  ///< their sum is the whole
  Instant ended{};
  bool tls = false;  ///< whether there was a handshake, be it behind a redirect
  std::string ip{};
  std::string redirect{};  ///< the URL that was asked last, if it is not the first
  int status = 0;
  std::uint64_t received = 0;  ///< bytes of the body
  int system = 0;              ///< errno of a connection that failed
  /// How long the certificates of the server are valid; negative if the fault is that they expired.
  std::optional<Duration> validity{};
  std::string trusted{};  ///< where the trusted certificates are
  std::string words{};    ///< libcurl's own

  /// Returns how long all of it took.
  [[nodiscard]] Duration whole() const noexcept {
    Duration sum{};
    for (Duration const& part : took) sum += part;
    return sum;
  }
};

}  // namespace sla::inline v1::internal
