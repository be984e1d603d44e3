// SPDX-License-Identifier: MIT
#pragma once
// A publisher that may be absent: what a setting switches on at run time.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sla/publisher.hpp"
#include "sla/publisher/log_store.hpp"
#include "sla/publisher/publish_all.hpp"

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

  std::vector<Result<void>> publish_all(std::vector<Report> const& reports) requires
      BatchPublisher<Held> {
    if (!publisher_) return std::vector<Result<void>>(reports.size());
    return publish_all_wanted(*publisher_, reports);
  }

  /// Returns the log's URI, empty if there is no store; only if P is a log store.
  Result<std::string> store(Report const& report) requires LogStore<Held> {
    return publisher_ ? publisher_->store(report) : Result<std::string>(std::string());
  }
  std::vector<Result<std::string>> store_all(std::vector<Report> const& reports) requires
      BatchLogStore<Held> {
    if (publisher_) return publisher_->store_all(reports);
    return std::vector<Result<std::string>>(reports.size(), std::string());
  }
  Result<std::string> store_bundle(Output const& bytes, WallTime at) requires BundleLogStore<Held> {
    return publisher_ ? publisher_->store_bundle(bytes, at) : Result<std::string>(std::string());
  }

 private:
  std::optional<Held> publisher_;

  static_assert(Publisher<P>,
                "Optional's parameter must be a sla::Publisher: movable, with sla::Result<void> "
                "publish(sla::Report const&)");
};

}  // namespace sla::inline v1
