// SPDX-License-Identifier: MIT
#pragma once
// Runs the job's words as they are, without a shell.
#include <optional>
#include <utility>

#include "sla/executor.hpp"
#include "sla/executor/process.hpp"

namespace sla::inline v1 {

/// Executes the job's words directly; a name without a slash is looked for in $PATH. D is NoDigest,
/// or the digest to take of the log as it streams, such as Sha256. Not thread-safe.
template <class D = NoDigest>
class Direct {
 public:
  Direct() = default;
  explicit Direct(ProcessOptions options) : options_(std::move(options)) {}

  Result<Outcome> execute(Job const& job, Stop const& stop) {
    options_.attempt = job.attempt;
    return internal::Process<D>(options_, stop).run(job.command, job.run_id);
  }
  [[nodiscard]] std::optional<Duration> longest_run() const { return options_.longest_run(); }
  void run_beside_others() noexcept { options_.run_beside_others(); }

 private:
  ProcessOptions options_{};
};
static_assert(Executor<Direct<>>);

}  // namespace sla::inline v1
