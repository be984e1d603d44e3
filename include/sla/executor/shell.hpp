// SPDX-License-Identifier: MIT
#pragma once
// Runs the job's command text with /bin/sh; in a container without one the text is split by the
// shell's quoting rules and executed directly.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sla/executor.hpp"
#include "sla/executor/process.hpp"
#include "sla/process/words.hpp"

namespace sla::inline v1 {

/// Executes the job's one word as a command text. D as in Direct. Not thread-safe.
template <class D = NoDigest>
class Shell {
 public:
  Shell() = default;
  explicit Shell(ProcessOptions options) : options_(std::move(options)) {}

  Result<Outcome> execute(Job const& job, Stop const& stop) {
    if (job.command.size() != 1) {
      return Error{Errc::invalid, "a shell executor takes one word, the command text"};
    }
    auto const words = shell_words(job.command[0]);
    if (!words) return words.error();
    options_.attempt = job.attempt;
    return internal::Process<D>(options_, stop).run(*words, job.run_id);
  }
  [[nodiscard]] std::optional<Duration> longest_run() const { return options_.longest_run(); }
  void run_beside_others() noexcept { options_.run_beside_others(); }

 private:
  ProcessOptions options_{};
};
static_assert(Executor<Shell<>>);

}  // namespace sla::inline v1
