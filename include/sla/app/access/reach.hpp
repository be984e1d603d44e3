// SPDX-License-Identifier: MIT
#pragma once
// How far this machine gets on the way to a service: its name, the connection, TLS. The answer is
// not looked at but for its date, which tells how far the clocks are apart.
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/access/findings.hpp"
#include "sla/aws/http/curl_probe.hpp"
#include "sla/aws/http/probe_facts.hpp"
#include "sla/aws/http/trust.hpp"
#include "sla/aws/http/url.hpp"
#include "sla/core/parse_time.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"
#include "sla/executor/probe_judgement.hpp"

namespace sla::inline v1::app {

namespace detail {

/// Takes the date out of an answer.
struct DateOfAnswer {
  std::optional<WallTime> date{};

  void head(std::string_view line) noexcept {
    std::size_t const colon = line.find(':');
    if (colon == std::string_view::npos || !same_ignoring_case(line.substr(0, colon), "date")) {
      return;
    }
    date = parse_http_date(trim(line.substr(colon + 1)));
  }
  void body(std::string_view /*block*/) noexcept {}
};

/// Returns true if the environment names a proxy, which may then look the names up.
inline bool has_proxy(bool tls) {
  constexpr std::array<char const*, 5> names{"http_proxy", "https_proxy", "HTTPS_PROXY",
                                             "all_proxy", "ALL_PROXY"};
  for (char const* const name : names) {
    char const* const value = std::getenv(name);
    bool const plain = std::string_view(name) == "http_proxy";
    bool const other = std::string_view(name).find("ttps") != std::string_view::npos ||
                       std::string_view(name).find("TTPS") != std::string_view::npos;
    if (value != nullptr && *value != '\0' && !(plain && tls) && !(other && !tls)) return true;
  }
  return false;
}

}  // namespace detail

/// Tries the ways to servers, each once. What it says, in lines, is `dns`, `tcp` and `tls`.
class Reach {
 public:
  /// How long one server may take.
  static constexpr std::chrono::seconds limit{8};

  Reach(aws::Trust trust, Stop const& stop, Findings& findings)
      : probe_(std::move(trust)), stop_(&stop), findings_(&findings) {}

  /// Returns true if the server answers; says so the first time it is asked, and otherwise
  /// `if_not`, where that is no more than a warning.
  bool try_way(aws::Url url, Finding if_not = Finding::unreachable) {
    if_not_ = if_not;
    url.path = "/";
    url.query.clear();
    std::string const text = aws::to_string(url);
    for (auto const& [known, good] : tried_) {
      if (known == text) return good;
    }
    bool const good = ask(url, text);
    bool const told = good || if_not == Finding::unreachable;
    if (told) tried_.emplace_back(text, good);
    return good;
  }

  /// Returns the server's clock minus ours, as the first answer with a date had it.
  [[nodiscard]] std::optional<Duration> clock_offset() const noexcept { return offset_; }

 private:
  bool ask(aws::Url const& url, std::string const& text) {
    internal::ProbeTarget target{.address = internal::address_of_url(text).value_or(url.host),
                                 .tls = url.scheme == aws::Scheme::https,
                                 .limit = limit};
    detail::DateOfAnswer answer;
    WallTime const sent = std::chrono::system_clock::now();
    auto const facts = probe_.ask({.url = text, .method = "GET"}, limit, *stop_, answer);
    WallTime const received = std::chrono::system_clock::now();
    if (!facts) {
      findings_->add(Finding::wrong, text + ": " + facts.error().message);
      return false;
    }
    if (answer.date && !offset_) offset_ = *answer.date - (sent + (received - sent) / 2);
    return tell(*facts, target);
  }

  bool tell(internal::ProbeFacts const& facts, internal::ProbeTarget& target) {
    using internal::ProbePhase;
    bool const good = facts.fault == internal::ProbeFault::none;
    ProbePhase const reached = good ? ProbePhase::receive : facts.reached;
    if (!good) target.name = internal::why_no_name(facts, target, *stop_);
    std::string reason = internal::judge_fault(facts, target).reason;
    if (reason.empty()) reason = "there was no time left";
    std::string const host = target.host();
    bool const proxy = detail::has_proxy(target.tls);
    if (reached == ProbePhase::resolve && !good) return fail("dns " + host, reason);
    if (!aws::is_ip_address(host) && !proxy) {
      findings_->add(Finding::ok, "dns " + host + " is " + facts.ip);
    }
    if (reached == ProbePhase::connect && !good) return fail("tcp " + target.address, reason);
    findings_->add(Finding::ok, "tcp " + target.address + (proxy ? ", if not by the proxy" : ""));
    if (target.tls && reached == ProbePhase::tls) return fail_tls(facts, target, reason);
    if (target.tls) findings_->add(Finding::ok, "tls " + host);
    return good || fail("http " + target.address, reason);
  }

  bool fail(std::string const& what, std::string const& reason) {
    findings_->add(if_not_, what + ": " + reason);
    return false;
  }
  /// A certificate that is not trusted does not become it by itself.
  bool fail_tls(internal::ProbeFacts const& facts, internal::ProbeTarget const& target,
                std::string const& reason) {
    bool const certificate = internal::judge_fault(facts, target).cause == "cert";
    bool const matters = if_not_ == Finding::unreachable;
    findings_->add(certificate && matters ? Finding::wrong : if_not_,
                   "tls " + target.host() + ": " + reason);
    return false;
  }

  internal::CurlProbe probe_;
  Stop const* stop_;
  Findings* findings_;
  Finding if_not_ = Finding::unreachable;
  std::vector<std::pair<std::string, bool>> tried_{};
  std::optional<Duration> offset_{};
};

/// Says how far the clock is from AWS's. A request is signed with AWS's time, so a wrong clock
/// shows in events alone.
inline void tell_clock(std::optional<Duration> offset, Findings& findings) {
  using std::chrono::minutes, std::chrono::seconds;
  if (!offset) return findings.add(Finding::not_tested, "clock: no answer had a date");
  auto const off = std::chrono::round<seconds>(*offset).count();
  std::string const text = "clock: " + std::to_string(off < 0 ? -off : off) + " s " +
                           (off < 0 ? "ahead of" : "behind") + " AWS's";
  bool const far = *offset > minutes{5} || *offset < -minutes{5};
  if (!far) return findings.add(Finding::ok, text);
  findings.add(Finding::warning, text + ": requests are signed by AWS's, but events tell this one");
}

}  // namespace sla::inline v1::app
