// SPDX-License-Identifier: MIT
#pragma once
// An executor that reads more into the exit codes of another one: those of monitoring plugins, and
// one by which a test says that it did not look.
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "sla/core/output.hpp"
#include "sla/executor.hpp"
#include "sla/executor/perf_data.hpp"

namespace sla::inline v1 {

/// What the exit codes of a command mean.
enum class ExitCodes {
  plain,   ///< 0 is a pass, anything else a failure
  nagios,  ///< 0 is a pass, 1 a warning, 2 a failure, anything else is unknown
};

struct ExitCodeRules {
  ExitCodes codes = ExitCodes::plain;
  std::optional<int> skip{};  ///< what a test exits with that chose not to look
};

/// Judges an outcome by the rules. Only that of a command which ended by itself is judged anew.
/// With ExitCodes::nagios the first line of its output is its message, with what it measured.
inline void judge_by_exit_code(ExitCodeRules const& rules, Outcome& outcome) {
  if (outcome.verdict != Verdict::pass && outcome.verdict != Verdict::fail) return;
  if (rules.skip == outcome.exit_code) {
    outcome.verdict = Verdict::skipped;
    outcome.reason.clear();
    return;
  }
  if (rules.codes == ExitCodes::plain) return;
  constexpr std::array meanings{Verdict::pass, Verdict::warn, Verdict::fail};
  bool const known = outcome.exit_code >= 0 && outcome.exit_code < 3;
  outcome.verdict =
      known ? meanings[static_cast<std::size_t>(outcome.exit_code)] : Verdict::unknown;
  outcome.degraded = outcome.verdict == Verdict::warn;
  std::array<char, 8 * 1024> buffer;
  auto const size = outcome.output.read(0, buffer.data(), buffer.size());
  std::string_view line(buffer.data(), size ? *size : 0);
  line = line.substr(0, line.find('\n'));
  outcome.message = internal::plugin_message(line);
  outcome.perf = internal::plugin_perf(line);
}

/// Executes with E, and judges its outcome by the rules.
template <class E>
class ByExitCode {
 public:
  explicit ByExitCode(E executor, ExitCodeRules rules)
      : executor_(std::move(executor)), rules_(rules) {}

  Result<Outcome> execute(Job const& job, Stop const& stop) {
    auto outcome = executor_.execute(job, stop);
    if (outcome) judge_by_exit_code(rules_, *outcome);
    return outcome;
  }
  [[nodiscard]] std::optional<Duration> longest_run() const {
    return internal::longest_run_of(executor_);
  }
  void run_beside_others() { internal::tell_of_others(executor_); }

 private:
  internal::HeldExecutor<E> executor_;
  ExitCodeRules rules_;

  static_assert(Executor<E>,
                "ByExitCode's parameter must be a sla::Executor: movable, with "
                "sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&)");
};

}  // namespace sla::inline v1
