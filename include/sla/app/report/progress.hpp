// SPDX-License-Identifier: MIT
#pragma once
// How far `sla-runner report` is, for a person who waits at a terminal: a line that is written
// over, from the second second on.
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <string>

#include "sla/core/descriptor.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::app {

/// Tells it on stderr, if that is a terminal.
class ReportProgress {
 public:
  ReportProgress() = default;
  ReportProgress(ReportProgress const&) = delete;
  ReportProgress& operator=(ReportProgress const&) = delete;
  ~ReportProgress() {
    if (said_) say("\r\x1b[K");
  }

  /// Notes how many events were read.
  void note(std::size_t events) {
    if (!shown_) return;
    Instant const now = std::chrono::steady_clock::now();
    if (now < next_) return;
    next_ = now + std::chrono::seconds{1};
    said_ = true;
    say("\r" + std::to_string(events) + " events read ...");
  }

 private:
  static void say(std::string const& text) { (void)internal::write_all(STDERR_FILENO, text); }

  bool shown_ = ::isatty(STDERR_FILENO) == 1;
  bool said_ = false;
  Instant next_ = std::chrono::steady_clock::now() + std::chrono::seconds{1};
};

}  // namespace sla::inline v1::app
