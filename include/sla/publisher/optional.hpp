// SPDX-License-Identifier: MIT
#pragma once
// A publisher that may be absent: what a setting switches on at run time.
#include <optional>
#include <string>
#include <utility>

#include "sla/publisher.hpp"
#include "sla/publisher/log_store.hpp"

namespace sla::inline v1 {

/// Publishes if there is a publisher; otherwise every report counts as delivered. Not thread-safe.
template <class P>
class Optional {
  using Held = internal::HeldPublisher<P>;

 public:
  static constexpr bool wants_uncounted = sla::wants_uncounted<P>;

  Optional() = default;
  explicit Optional(std::optional<P> publisher) : publisher_(std::move(publisher)) {}

  Result<void> publish(Report const& report) {
    return publisher_ ? publish_wanted(*publisher_, report) : Result<void>{};
  }

  /// Returns the log's URI, empty if there is no store; only if P is a log store.
  Result<std::string> store(Report const& report) requires LogStore<Held> {
    return publisher_ ? publisher_->store(report) : Result<std::string>(std::string());
  }

 private:
  std::optional<Held> publisher_;

  static_assert(Publisher<P>,
                "Optional's parameter must be a sla::Publisher: movable, with sla::Result<void> "
                "publish(sla::Report const&)");
};

}  // namespace sla::inline v1
