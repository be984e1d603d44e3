// SPDX-License-Identifier: MIT
#pragma once
// Shows what would be sent, and sends nothing.
#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>

#include "sla/core/descriptor.hpp"
#include "sla/publisher.hpp"
#include "sla/publisher/event.hpp"
#include "sla/publisher/log_store.hpp"

namespace sla::inline v1 {

/// Prints the topic, the message, the object's name and the log.
class DryRun {
 public:
  struct Options {
    std::string topic;   ///< the topic as it is set; empty where there is none
    std::string bucket;  ///< where the log would go; empty where it would go nowhere
    EventFormat format = EventFormat::documented;
    int descriptor = STDOUT_FILENO;  ///< stays the caller's
  };

  explicit DryRun(Options options) : options_(std::move(options)) {}

  Result<void> publish(Report const& report) {
    std::string text = "topic: " + (options_.topic.empty() ? "none" : options_.topic);
    text += "\nmessage: " + (report.counts() ? event_json(report, options_.format) : "none");
    text += "\nobject: ";
    text += options_.bucket.empty() ? log_key(report)
                                    : "s3://" + options_.bucket + '/' + log_key(report);
    text += "\nlog:\n";
    if (auto written = write_all(options_.descriptor, text); !written) return written;
    return report.outcome.output.each_block(
        [this](std::string_view block) { return write_all(options_.descriptor, block); });
  }

 private:
  Options options_;
};
static_assert(Publisher<DryRun>);

}  // namespace sla::inline v1
