// SPDX-License-Identifier: MIT
#pragma once
// Prints each event as one line of JSON, on stdout unless told otherwise.
#include <unistd.h>

#include <chrono>
#include <string>
#include <string_view>

#include "sla/core/outlet.hpp"
#include "sla/core/time.hpp"
#include "sla/publisher.hpp"
#include "sla/publisher/event.hpp"

namespace sla::inline v1 {

/// Prints events; logs are nothing to it. If nobody reads, an event is an Error after a while
/// (Errc::timed_out). A reader that comes back gets whole lines, and no empty ones: a line of up to
/// PIPE_BUF (4,096) bytes goes to a pipe as a whole or not at all, and of a longer one what is
/// missing goes before the next one. Not thread-safe.
class Console {
 public:
  struct Options {
    EventFormat format = EventFormat::documented;
    int descriptor = STDOUT_FILENO;                              ///< stays the caller's
    std::chrono::milliseconds limit = std::chrono::seconds{10};  ///< for all that publish() prints
  };

  Console() = default;
  explicit Console(Options options) : options_(options) {}

  Result<void> publish(Report const& report) {
    Instant const until = std::chrono::steady_clock::now() + options_.limit;
    if (auto done = print_rest(until); !done) return done;
    std::string const line = event_json(report, options_.format) + '\n';
    rest_ = line;
    auto done = print_rest(until);
    if (rest_ == line) rest_.clear();
    return done;
  }

 private:
  Result<void> print_rest(Instant until) {
    std::string_view left = rest_;
    auto done = internal::write_until(options_.descriptor, left, until);
    rest_.erase(0, rest_.size() - left.size());
    if (!done) return done.error().within("console");
    return {};
  }

  Options options_{};
  std::string rest_{};  ///< of a line that was printed in part
};
static_assert(Publisher<Console>);

}  // namespace sla::inline v1
