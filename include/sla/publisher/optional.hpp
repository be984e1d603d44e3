// SPDX-License-Identifier: MIT
#pragma once
// A publisher that may be absent: what a setting switches on at run time.
#include <optional>
#include <string>
#include <utility>

#include "sla/publisher.hpp"
#include "sla/publisher/log_store.hpp"

namespace sla::inline v1 {

/// Publishes where there is a publisher; otherwise every report counts as delivered.
template <Publisher P>
class Optional {
 public:
  Optional() = default;
  explicit Optional(std::optional<P> publisher) : publisher_(std::move(publisher)) {}

  Result<void> publish(Report const& report) {
    return publisher_ ? publisher_->publish(report) : Result<void>{};
  }

  /// Where P is a log store: the log's URI, empty where there is no store.
  Result<std::string> store(Report const& report) requires LogStore<P> {
    return publisher_ ? publisher_->store(report) : Result<std::string>(std::string());
  }

 private:
  std::optional<P> publisher_;
};

}  // namespace sla::inline v1
