// SPDX-License-Identifier: MIT
#pragma once
// An executor that tells an outage of this side from one of the target's: where a run did not pass
// it looks if anything else can be reached. After a pass nothing is sent.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/aws/http/curl_probe.hpp"
#include "sla/aws/http/probe_facts.hpp"
#include "sla/executor.hpp"

namespace sla::inline v1 {

/// What else there is to reach.
struct WitnessOptions {
  std::vector<std::string> addresses{};      ///< host:port each, asked in order; none: not asked
  Duration limit = std::chrono::seconds{2};  ///< for all of them
};

/// Executes with E. A run that did not pass while no witness takes a connection is unknown.
template <class E>
class Witnessed {
 public:
  Witnessed(E executor, WitnessOptions options)
      : executor_(std::move(executor)), options_(std::move(options)) {}

  Result<Outcome> execute(Job const& job, Stop const& stop) {
    auto outcome = executor_.execute(job, stop);
    if (!outcome || options_.addresses.empty() || !is_failure(outcome->verdict)) return outcome;
    outcome->ended = outcome->ended.value_or(std::chrono::steady_clock::now());
    if (stop.level() != StopLevel::none || any_can_be_reached(stop)) return outcome;
    outcome->verdict = Verdict::unknown;
    outcome->reason.append(outcome->reason.empty() ? "" : "; ")
        .append("no witness can be reached either, so it may be this side");
    return outcome;
  }

  [[nodiscard]] std::optional<Duration> longest_run() const {
    auto const longest = internal::longest_run_of(executor_);
    return longest ? std::optional(*longest + options_.limit) : std::nullopt;
  }
  void run_beside_others() { internal::tell_of_others(executor_); }

 private:
  struct Nothing {
    void head(std::string_view) {}
    void body(std::string_view) {}
  };

  /// Returns true if a verdict is one against the service.
  static bool is_failure(Verdict verdict) noexcept {
    return verdict == Verdict::fail || verdict == Verdict::timeout ||
           verdict == Verdict::signaled || verdict == Verdict::spawn_error;
  }
  /// Each may take an equal share of the time that is left. A stop leaves it open, in favour of
  /// what was found out.
  bool any_can_be_reached(Stop const& stop) {
    Instant const end = std::chrono::steady_clock::now() + options_.limit;
    for (std::size_t i = 0; i < options_.addresses.size(); ++i) {
      auto const others = static_cast<std::int64_t>(options_.addresses.size() - i);
      Duration const share = (end - std::chrono::steady_clock::now()) / others;
      if (share <= Duration::zero()) return false;
      Nothing nothing;
      auto const facts = curl_.ask({.url = "http://" + options_.addresses[i], .around_proxy = true},
                                   share, stop, nothing);
      if (facts && facts->fault == internal::ProbeFault::none) return true;
      if (stop.level() != StopLevel::none) return true;
    }
    return false;
  }

  internal::HeldExecutor<E> executor_;
  WitnessOptions options_;
  internal::CurlProbe curl_{};

  static_assert(Executor<E>,
                "Witnessed's parameter must be a sla::Executor: movable, with "
                "sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&)");
};

}  // namespace sla::inline v1
