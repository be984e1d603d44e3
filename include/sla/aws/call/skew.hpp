// SPDX-License-Identifier: MIT
#pragma once
// How far this machine's clock is from the service's. Signatures carry a time, so a wrong clock
// makes every request fail; the Date of each answer says by how much it is wrong. Copies tell each
// other what they learn, so that the clients of a program pay once for a wrong clock. The caller
// says what time it was.
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

#include "sla/aws/call/refusal.hpp"
#include "sla/aws/http/transport.hpp"
#include "sla/core/atomic.hpp"
#include "sla/core/parse_time.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

/// When a request was sent and its answer received, by the machine's clock.
struct Exchange {
  WallTime sent{};
  WallTime received{};
};

/// The service's clock minus ours, as the last answer showed it; before the first one, as a copy
/// of this was shown last by any service. A copy knows nothing of its own. Copies may be used by
/// different threads, each one by one thread.
class ClockSkew {
 public:
  ClockSkew() = default;
  explicit ClockSkew(Duration offset) { learn(offset); }
  ClockSkew(ClockSkew const& other) noexcept : shared_(other.shared_) {}
  // One that was moved from can still be asked, so it keeps its share.
  // NOLINTNEXTLINE(performance-move-constructor-init,cert-oop11-cpp): copying is meant
  ClockSkew(ClockSkew&& other) noexcept : shared_(other.shared_), own_(other.own_) {}
  ClockSkew& operator=(ClockSkew const&) = delete;
  ClockSkew& operator=(ClockSkew&&) = default;
  ~ClockSkew() = default;

  /// Returns what to add to our time to have the service's.
  [[nodiscard]] Duration offset() const noexcept {
    return own_ ? *own_ : Duration{shared_->load(__ATOMIC_RELAXED)};
  }

  /// Learns from any answer. One without a Date, out of a cache, or under way for more than 15
  /// minutes says nothing.
  void observe(Exchange exchange, Response const& response) {
    Duration const took = exchange.received - exchange.sent;
    if (took < Duration::zero() || took > std::chrono::minutes{15}) return;
    if (find_header(response.headers, "age")) return;
    auto const date = parse_http_date(find_header(response.headers, "date").value_or(""));
    if (date) learn(*date - (exchange.sent + took / 2));
  }

  /// Returns true if a refusal comes from having signed with that offset: the code may mean it, and
  /// what was learned since differs by more than 4 minutes. Ask after observe(). Without the second
  /// condition every wrong key would be tried again.
  [[nodiscard]] bool explains(std::string_view service_code, Duration used) const noexcept {
    Duration const known = offset();
    Duration const difference = known > used ? known - used : used - known;
    if (difference <= std::chrono::minutes{4}) return false;
    for (std::string_view const code :
         {"InvalidSignature", "SignatureDoesNotMatch", "AuthFailure", "RequestTimeTooSkewed",
          "RequestExpired", "RequestInTheFuture", "AccessDenied"}) {
      if (bare_code(service_code) == code) return true;
    }
    return false;
  }

 private:
  void learn(Duration offset) noexcept {
    own_ = offset;
    shared_->store(offset.count(), __ATOMIC_RELAXED);
  }

  std::shared_ptr<internal::Atomic<Duration::rep>> shared_ =
      std::make_shared<internal::Atomic<Duration::rep>>(0);
  std::optional<Duration> own_{};
};

}  // namespace sla::inline v1::aws
