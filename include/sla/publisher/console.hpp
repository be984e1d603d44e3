// SPDX-License-Identifier: MIT
#pragma once
// Prints each event as one line of JSON, on stdout unless told otherwise.
#include <unistd.h>

#include <chrono>
#include <string>
#include <utility>

#include "sla/core/descriptor.hpp"
#include "sla/publisher.hpp"
#include "sla/publisher/event.hpp"

namespace sla::inline v1 {

/// Prints events; logs are nothing to it. Where nobody reads, an event is an Error after a while
/// (Errc::timed_out); what there is of its line is ended before the next one.
class Console {
 public:
  struct Options {
    EventFormat format = EventFormat::documented;
    int descriptor = STDOUT_FILENO;                              ///< stays the caller's
    std::chrono::milliseconds limit = std::chrono::seconds{10};  ///< for the next part of a line
  };

  Console() = default;
  explicit Console(Options options) : options_(options) {}

  Result<void> publish(Report const& report) {
    if (!report.counts()) return {};
    std::string line = event_json(report, options_.format) + '\n';
    if (std::exchange(torn_, false)) line.insert(0, 1, '\n');
    auto const written = write_within(options_.descriptor, line, options_.limit);
    torn_ = !written;
    if (!written) return written.error().within("console");
    return {};
  }

 private:
  Options options_{};
  bool torn_ = false;  ///< the line before this one may lack its end
};
static_assert(Publisher<Console>);

}  // namespace sla::inline v1
