// SPDX-License-Identifier: MIT
#pragma once
// How far this machine's clock is from the service's. Signatures carry a time, so a wrong clock
// makes every request fail; the Date of each answer says by how much it is wrong. Pure: the caller
// says what time it was.
#include <chrono>
#include <optional>
#include <string_view>

#include "sla/aws/http.hpp"
#include "sla/aws/retry.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1 {

/// When a request was sent and its answer received, by the machine's clock.
struct Exchange {
  WallTime sent{};
  WallTime received{};
};

/// The service's clock minus ours, as the last answer showed it. Not thread-safe.
class ClockSkew {
 public:
  ClockSkew() = default;
  explicit ClockSkew(Duration offset) noexcept : offset_(offset) {}

  /// What to add to our time to have the service's.
  [[nodiscard]] Duration offset() const noexcept { return offset_; }

  /// Learns from any answer. One without a Date, out of a cache, or under way for more than 15
  /// minutes says nothing.
  void observe(Exchange exchange, Response const& response) {
    Duration const took = exchange.received - exchange.sent;
    if (took < Duration::zero() || took > std::chrono::minutes{15}) return;
    if (find_header(response.headers, "age")) return;
    auto const date = parse_http_date(find_header(response.headers, "date").value_or(""));
    if (date) offset_ = *date - (exchange.sent + took / 2);
  }

  /// Whether a refusal comes from having signed with that offset: the code may mean it, and what
  /// was learned since differs by more than 4 minutes. Ask after observe(). Without the second
  /// condition every wrong key would be tried again.
  [[nodiscard]] bool explains(std::string_view service_code, Duration used) const noexcept {
    Duration const difference = offset_ > used ? offset_ - used : used - offset_;
    if (difference <= std::chrono::minutes{4}) return false;
    for (std::string_view const code : {"InvalidSignature", "SignatureDoesNotMatch", "AuthFailure",
                                        "RequestTimeTooSkewed", "AccessDenied"}) {
      if (bare_code(service_code) == code) return true;
    }
    return false;
  }

 private:
  Duration offset_ = Duration::zero();
};

}  // namespace sla::inline v1
