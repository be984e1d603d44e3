// SPDX-License-Identifier: MIT
#pragma once
// Shows what would be sent, and sends nothing.
#include <unistd.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "sla/core/outlet.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/time.hpp"
#include "sla/publisher.hpp"
#include "sla/publisher/event.hpp"
#include "sla/publisher/log_store.hpp"

namespace sla::inline v1 {

/// Prints the topic, the message, the object's name and the log, for as long as somebody reads.
class DryRun {
 public:
  struct Options {
    std::string topic;   ///< the topic as it is set; empty if there is none
    std::string bucket;  ///< where the log would go; empty if it would go nowhere
    EventFormat format = EventFormat::documented;
    int descriptor = STDOUT_FILENO;  ///< stays the caller's
    Stop const* stop = nullptr;      ///< ends what nobody reads; of the calling thread
  };

  static constexpr bool wants_uncounted = true;  ///< to show their logs

  explicit DryRun(Options options) : options_(std::move(options)) {}

  Result<void> publish(Report const& report) {
    std::string text = "topic: " + (options_.topic.empty() ? "none" : options_.topic);
    text += "\nmessage: " + (report.counts() ? event_json(report, options_.format) : "none");
    text += "\nobject: ";
    text += options_.bucket.empty() ? log_key(report)
                                    : "s3://" + options_.bucket + '/' + log_key(report);
    text += "\nlog:\n";
    if (auto written = print(text); !written) return written;
    return report.outcome.output.each_block(
        [this](std::string_view block) { return print(block); });
  }

 private:
  /// A person may take their time to read it, but not longer than a stop leaves.
  Result<void> print(std::string_view text) const {
    while (!text.empty()) {
      if (is_over()) return Error{Errc::stopped, "dry run: nobody read it before the stop"};
      Instant const a_while = std::chrono::steady_clock::now() + std::chrono::milliseconds{100};
      auto const done = internal::write_until(options_.descriptor, text, a_while);
      if (!done && done.error().code != Errc::timed_out) return done.error().within("dry run");
    }
    return {};
  }
  [[nodiscard]] bool is_over() const noexcept {
    auto const end = options_.stop != nullptr ? options_.stop->deadline() : std::nullopt;
    return end &&
           (options_.stop->level() == StopLevel::now || std::chrono::steady_clock::now() >= *end);
  }

  Options options_;
};
static_assert(Publisher<DryRun>);

}  // namespace sla::inline v1
