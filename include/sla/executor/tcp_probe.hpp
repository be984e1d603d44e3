// SPDX-License-Identifier: MIT
#pragma once
// Connects to a port and lets go again: whether something listens there, and how long it takes. No
// byte is sent, and no proxy is used.
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sla/aws/http/curl_probe.hpp"
#include "sla/aws/http/probe_facts.hpp"
#include "sla/executor.hpp"
#include "sla/executor/probe_judgement.hpp"

namespace sla::inline v1 {

/// What a TcpProbe connects to.
struct TcpProbeOptions {
  std::string address{};                        ///< host:port; an IPv6 address stands in brackets
  Duration timeout = std::chrono::seconds{30};  ///< 0 is no limit
};

/// Checks that a text is host:port. The error is a fragment that reads on after it.
[[nodiscard]] inline Result<void> check_tcp_address(std::string const& text) {
  auto const address = internal::address_of_url("http://" + text);
  if (address && *address == text) return {};
  return Error{Errc::invalid, "is no host and port such as db.example:5432 or [::1]:5432"};
}

/// Executes each job as one connection. Needs no command. Not thread-safe.
class TcpProbe {
 public:
  explicit TcpProbe(TcpProbeOptions options) : options_(std::move(options)) {}

  Result<Outcome> execute(Job const&, Stop const& stop) {
    auto const good = check_tcp_address(options_.address);
    if (!good) return good.error().within("the address of the probe");
    Nothing nothing;
    auto const facts = curl_.ask({.url = "http://" + options_.address, .around_proxy = true},
                                 options_.timeout, stop, nothing);
    if (!facts) return facts.error();
    internal::ProbeTarget target{.address = options_.address, .limit = options_.timeout};
    target.name = internal::why_no_name(*facts, target, stop);
    Outcome outcome =
        internal::probe_outcome(*facts, target, internal::judge_fault(*facts, target));
    std::string const text = outcome.verdict == Verdict::pass
                                 ? "connected to " + target.address + " (" + facts->ip + ")"
                                 : outcome.reason;
    if (!text.empty()) outcome.output = Output("[sla-runner: " + text + "]\n");
    return outcome;
  }

  [[nodiscard]] std::optional<Duration> longest_run() const {
    if (options_.timeout <= Duration::zero()) return std::nullopt;
    return options_.timeout + std::chrono::seconds{2};  // and a moment to find out why
  }

 private:
  struct Nothing {
    void head(std::string_view) {}
    void body(std::string_view) {}
  };

  TcpProbeOptions options_;
  internal::CurlProbe curl_{};
};
static_assert(Executor<TcpProbe>);

}  // namespace sla::inline v1
