// SPDX-License-Identifier: MIT
#pragma once
// Prints each event as one line of JSON, on stdout unless told otherwise.
#include <unistd.h>

#include "sla/core/descriptor.hpp"
#include "sla/publisher.hpp"
#include "sla/publisher/event.hpp"

namespace sla::inline v1 {

/// Prints events; logs are nothing to it.
class Console {
 public:
  struct Options {
    EventFormat format = EventFormat::documented;
    int descriptor = STDOUT_FILENO;  ///< stays the caller's
  };

  Console() = default;
  explicit Console(Options options) : options_(options) {}

  Result<void> publish(Report const& report) {
    if (!report.counts()) return {};
    auto written = write_all(options_.descriptor, event_json(report, options_.format) + '\n');
    if (!written) return written.error().within("console");
    return {};
  }

 private:
  Options options_{};
};
static_assert(Publisher<Console>);

}  // namespace sla::inline v1
