// SPDX-License-Identifier: MIT
#pragma once
// The log first, then the event that says where it is. A log that cannot be stored never holds
// back its event.
#include <optional>
#include <string>
#include <utility>

#include "sla/publisher.hpp"
#include "sla/publisher/log_store.hpp"

namespace sla::inline v1 {

/// Which logs are stored.
enum class UploadLogs { always, failures, never };

/// Returns true if the log of a report is to be stored.
[[nodiscard]] inline bool wants_log(UploadLogs upload, Report const& report) noexcept {
  return upload == UploadLogs::always || (upload == UploadLogs::failures && !report.succeeded());
}

/// Stores a report's log in L, then publishes the report to P with the log's URI in it. Not
/// thread-safe.
template <class L, class P>
class LogFirst {
 public:
  static constexpr bool wants_uncounted = true;  ///< for their logs

  LogFirst(L store, P publisher, UploadLogs upload = UploadLogs::always)
      : store_(std::move(store)), publisher_(std::move(publisher)), upload_(upload) {}

  Result<void> publish(Report const& report) {
    Report known = report;
    std::optional<Error> log_failed;
    if (wants_log(upload_, report)) {
      if (auto uri = store_.store(report)) {
        known.log_uri = *std::move(uri);
      } else {
        known.log_error = uri.error().message;
        log_failed = std::move(uri).error();
      }
    }
    auto done = publish_wanted(publisher_, known);
    if (!log_failed) return done;
    if (!done) log_failed->message.append("; ").append(done.error().message);
    return *std::move(log_failed);
  }

 private:
  internal::HeldLogStore<L> store_;
  internal::HeldPublisher<P> publisher_;
  UploadLogs upload_;

  static_assert(
      LogStore<L>,
      "LogFirst's first parameter must be a sla::LogStore: movable, with sla::Result<void> "
      "publish(sla::Report const&) and sla::Result<std::string> store(sla::Report const&)");
  static_assert(Publisher<P>,
                "LogFirst's second parameter must be a sla::Publisher: movable, with "
                "sla::Result<void> publish(sla::Report const&)");
};

}  // namespace sla::inline v1
