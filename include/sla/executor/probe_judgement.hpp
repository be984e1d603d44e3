// SPDX-License-Identifier: MIT
#pragma once
// Judges what a probe found: the cause, and a reason that an engineer on call understands. All
// but one question to DNS is pure.
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "sla/aws/http/probe_facts.hpp"
#include "sla/core/json.hpp"
#include "sla/core/run.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/time.hpp"
#include "sla/executor/name_answer.hpp"

namespace sla::inline v1::internal {

/// What was probed, and how.
struct ProbeTarget {
  std::string address{};  ///< host:port, as messages name it
  bool tls = false;
  Duration limit{};
  NameAnswer name = NameAnswer::exists;  ///< why it could not be resolved, if it could not

  [[nodiscard]] std::string host() const { return address.substr(0, address.rfind(':')); }
};

/// Returns what is wrong; empty if nothing is.
struct ProbeFinding {
  std::string_view cause{};  ///< dns, connect, tls, timeout, status, body, cert
  std::string reason{};
};

/// Returns a number of things: `1 day`, `3 days`.
[[nodiscard]] inline std::string counted(std::int64_t number, std::string_view thing) {
  return std::to_string(number) + ' ' + std::string(thing) + (number == 1 ? "" : "s");
}

/// Returns the days of a time, rounded down.
[[nodiscard]] inline std::int64_t whole_days(Duration time) {
  return std::chrono::floor<std::chrono::days>(time).count();
}

/// Returns the whole days of a time, or hours or minutes where it is short: `3 days`, `5 hours`.
[[nodiscard]] inline std::string rough_time(Duration time) {
  using std::chrono::hours, std::chrono::minutes;
  if (time >= hours{24}) return counted(time / hours{24}, "day");
  if (time >= hours{1}) return counted(time / hours{1}, "hour");
  return counted(time / minutes{1}, "minute");
}

namespace detail {

inline ProbeFinding judge_late(ProbeFacts const& facts, ProbeTarget const& target) {
  Duration const time = target.limit > Duration::zero() ? target.limit : facts.whole();
  std::string seconds = decimal_seconds(time);
  seconds.erase(seconds.find_last_not_of('0') + 1);
  if (seconds.back() == '.') seconds.pop_back();
  std::string reason = "timeout after " + seconds + " s ";
  switch (facts.reached) {
    case ProbePhase::resolve:
      reason += "while resolving the name " + target.host();
      break;
    case ProbePhase::connect:
      reason += "while connecting to " + target.address;
      break;
    case ProbePhase::tls:
      reason += "in the TLS handshake with " + target.address;
      break;
    case ProbePhase::wait:
      reason += "while waiting for the answer of " + target.address;
      break;
    case ProbePhase::receive:
      reason += "while the answer of " + target.address + " came in, after " +
                counted(static_cast<std::int64_t>(facts.received), "byte");
      break;
  }
  return {"timeout", std::move(reason)};
}

inline ProbeFinding judge_name(ProbeTarget const& target) {
  std::string const name = target.host();
  if (target.name == NameAnswer::no_name) return {"dns", "the name " + name + " does not exist"};
  if (target.name == NameAnswer::no_address) return {"dns", "the name " + name + " has no address"};
  if (target.name == NameAnswer::none) {
    return {"dns", "DNS does not answer: the name " + name + " could not be resolved"};
  }
  return {"dns", "the name " + name + " could not be resolved"};
}

inline ProbeFinding judge_connection(ProbeFacts const& facts, ProbeTarget const& target) {
  switch (facts.system) {
    case ECONNREFUSED:
      return {"connect", target.address + " refused the connection"};
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EADDRNOTAVAIL:
      return {"connect", target.address + " is unreachable: " + std::strerror(facts.system)};
    case ETIMEDOUT:
      return judge_late(facts, target);
    default:
      return {"connect", "could not connect to " + target.address + ": " + facts.words};
  }
}

inline ProbeFinding judge_certificate(ProbeFacts const& facts, ProbeTarget const& target) {
  std::string reason = "the certificate of " + target.address;
  switch (facts.fault) {
    case ProbeFault::expired:
      reason += facts.validity ? " expired " + rough_time(-*facts.validity) + " ago" : " expired";
      break;
    case ProbeFault::not_yet_valid:
      reason += " is not valid yet";
      break;
    case ProbeFault::wrong_host:
      reason += " is for another host";
      break;
    case ProbeFault::self_signed:
      reason += " is self-signed; trusted are those in " + facts.trusted;
      break;
    case ProbeFault::unknown_authority:
      reason += " is signed by an unknown authority; trusted are those in " + facts.trusted;
      break;
    default:
      reason += " cannot be trusted: " + facts.words;
      break;
  }
  return {"cert", std::move(reason)};
}

inline ProbeFinding judge_other(ProbeFacts const& facts, ProbeTarget const& target) {
  constexpr std::array<std::string_view, probe_phases> causes{"dns", "connect", "tls", "connect",
                                                              "body"};
  return {causes[static_cast<std::size_t>(facts.reached)],
          "the probe of " + target.address + " failed: " + facts.words};
}

}  // namespace detail

/// Asks DNS once more if it is not known why a name has no address. One that took long had no
/// answer.
[[nodiscard]] inline NameAnswer why_no_name(ProbeFacts const& facts, ProbeTarget const& target,
                                            Stop const& stop) {
  if (facts.fault != ProbeFault::no_name) return NameAnswer::exists;
  if (facts.whole() > std::chrono::seconds{3}) return NameAnswer::none;
  return ask_for_name(target.host(), std::chrono::seconds{2}, stop);
}

/// Returns why there was no whole answer; nothing if there was one.
[[nodiscard]] inline ProbeFinding judge_fault(ProbeFacts const& facts, ProbeTarget const& target) {
  switch (facts.fault) {
    case ProbeFault::none:
    case ProbeFault::stopped:
      return {};
    case ProbeFault::late:
      return detail::judge_late(facts, target);
    case ProbeFault::no_name:
      return detail::judge_name(target);
    case ProbeFault::no_proxy:
      return {"dns", "the name of the proxy could not be resolved (HTTPS_PROXY, http_proxy)"};
    case ProbeFault::no_connection:
      return detail::judge_connection(facts, target);
    case ProbeFault::proxy_refused:
      return {"connect", "the proxy did not connect to " + target.address + ": http status " +
                             std::to_string(facts.status)};
    case ProbeFault::expired:
    case ProbeFault::not_yet_valid:
    case ProbeFault::self_signed:
    case ProbeFault::unknown_authority:
    case ProbeFault::wrong_host:
    case ProbeFault::bad_certificate:
      return detail::judge_certificate(facts, target);
    case ProbeFault::tls:
      return {"tls", "no TLS with " + target.address + ": " + facts.words};
    case ProbeFault::closed:
      return {"connect", target.address + " closed the connection without an answer"};
    case ProbeFault::reset:
      return {"connect", target.address + " reset the connection before it answered"};
    case ProbeFault::cut_off:
      return {"body", "the answer of " + target.address + " was cut off after " +
                          counted(static_cast<std::int64_t>(facts.received), "byte")};
    case ProbeFault::no_http:
      return {"status", "what " + target.address + " answers is not HTTP: " + facts.words};
    case ProbeFault::redirects:
      return {"status", target.address + " redirects more often than is allowed"};
    case ProbeFault::bad_redirect:
      return {"status", target.address + " redirects to what is no URL of HTTP"};
    case ProbeFault::large_head:
      return {"status", "the head of the answer of " + target.address + " is too large"};
    case ProbeFault::other:
      return detail::judge_other(facts, target);
  }
  return {};
}

/// Returns the object `probe` of the event: the phases that were reached, in milliseconds whose sum
/// is that of the whole.
[[nodiscard]] inline std::string probe_json(ProbeFacts const& facts, ProbeTarget const& target) {
  constexpr std::array<std::string_view, probe_phases> names{"resolveMs", "connectMs", "tlsMs",
                                                             "processingMs", "transferMs"};
  JsonWriter json;
  json.begin_object();
  if (facts.status != 0) json.key("status").integer(facts.status);
  if (!facts.ip.empty()) json.key("ip").string(facts.ip);
  Duration until{};
  std::int64_t written = 0;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(facts.reached); ++i) {
    until += facts.took[i];
    bool const has_tls = target.tls || facts.tls || static_cast<ProbePhase>(i) != ProbePhase::tls;
    if (!has_tls) continue;  // what little there is belongs to the next, if it comes
    std::int64_t const at = until / std::chrono::milliseconds{1};
    json.key(names[i]).integer(at - written);
    written = at;
  }
  if (facts.validity) {
    json.key("certDays").integer(whole_days(*facts.validity));
  }
  return json.end_object().text();
}

/// Returns the outcome of a probe: it passed if nothing was found.
[[nodiscard]] inline Outcome probe_outcome(ProbeFacts const& facts, ProbeTarget const& target,
                                           ProbeFinding finding) {
  Outcome outcome{.ended = facts.ended};
  outcome.probe = probe_json(facts, target);
  if (facts.fault == ProbeFault::stopped) outcome.verdict = Verdict::interrupted;
  if (finding.cause.empty()) return outcome;
  outcome.verdict = finding.cause == "timeout" ? Verdict::timeout : Verdict::fail;
  outcome.exit_code = 1;
  outcome.cause = finding.cause;
  outcome.reason = std::move(finding.reason);
  return outcome;
}

}  // namespace sla::inline v1::internal
