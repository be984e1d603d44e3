// SPDX-License-Identifier: MIT
#pragma once
// `sla-runner gate`: the test as the gate of a deployment. It runs a few times and says in one line
// of JSON whether the deployment may go on. What the test writes goes to stderr; results go to the
// sinks, if there are any, as those of a run do.
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/command.hpp"
#include "sla/app/exit_code.hpp"
#include "sla/app/gate/decision.hpp"
#include "sla/app/gate/junit.hpp"
#include "sla/app/gate/request.hpp"
#include "sla/app/printing.hpp"
#include "sla/app/program.hpp"
#include "sla/app/settings/parse.hpp"
#include "sla/app/sinks.hpp"
#include "sla/app/startup.hpp"
#include "sla/app/tracking.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/json.hpp"
#include "sla/core/log.hpp"
#include "sla/core/stop.hpp"
#include "sla/executor.hpp"
#include "sla/executor/announced.hpp"
#include "sla/executor/process_options.hpp"
#include "sla/publisher/tracked.hpp"
#include "sla/runner.hpp"

namespace sla::inline v1::app {

namespace detail {

/// Sends this process a SIGTERM at a time to come, as whoever has no patience would.
class StopTimer {
 public:
  explicit StopTimer(Duration after) {
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGTERM;
    if (::timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0) return;
    itimerspec const once{.it_interval = {}, .it_value = to_timespec(after)};
    set_ = ::timer_settime(timer_, 0, &once, nullptr) == 0;
    if (!set_) ::timer_delete(timer_);
  }
  StopTimer(StopTimer&&) = delete;
  ~StopTimer() {
    if (set_) ::timer_delete(timer_);
  }

  [[nodiscard]] bool is_set() const noexcept { return set_; }

 private:
  timer_t timer_{};
  bool set_ = false;
};

/// Begins the next run as long as there is something to decide, and time.
class GateScheduler {
 public:
  GateScheduler(GateDecision const& decision, Duration interval, Instant end)
      : decision_(&decision), interval_(interval), end_(end) {}

  [[nodiscard]] std::optional<Instant> next(Instant now) {
    if (decision_->answer()) return std::nullopt;
    Instant const start = std::exchange(first_, false) ? now : now + interval_;
    return start < end_ ? std::optional(start) : std::nullopt;
  }

 private:
  GateDecision const* decision_;
  Duration interval_;
  Instant end_;
  bool first_ = true;
};

/// Tells the decision of each result. It does not say how long a run may take: after a gate nobody
/// expects another event.
template <class E>
class GateExecutor {
 public:
  GateExecutor(E executor, GateDecision& decision)
      : executor_(std::move(executor)), decision_(&decision) {}

  Result<Outcome> execute(Job const& job, Stop const& stop) {
    auto outcome = executor_.execute(job, stop);
    decision_->add(outcome ? outcome->verdict : Verdict::spawn_error);
    return outcome;
  }

 private:
  E executor_;
  GateDecision* decision_;
};

/// Writes each run to a file of JUnit XML and hands it to the sinks, whichever of them there are.
class GatePublisher {
 public:
  static constexpr bool wants_uncounted = true;

  GatePublisher(Sinks* sinks, JunitFile* junit, Logger log)
      : sinks_(sinks), junit_(junit), log_(log) {}

  void begin(Report const& report) {
    if (sinks_ != nullptr) sinks_->begin(report);
  }
  Result<void> publish(Report const& report) {
    if (junit_ != nullptr) {
      auto const added = junit_->add(report);
      if (!added) log_.warning("junit: " + added.error().message);
    }
    if (sinks_ != nullptr) sinks_->publish(report);
    return {};
  }

 private:
  Sinks* sinks_;
  JunitFile* junit_;
  Logger log_;
};

/// A gate once its settings are known to be good.
class Gate {
 public:
  Gate(ProgramParts parts, GateRequest request)
      : parts_(std::move(parts)),
        request_(std::move(request)),
        log_({.format = parts_.settings.log_format}),
        decision_(request_.limits) {}

  int run(Stop const& stop) {
    if (!request_.junit.empty()) {
      auto junit = JunitFile::open(request_.junit, parts_.settings.service);
      if (!junit) {
        complain({"gate: --junit: " + junit.error().message});
        return exit_settings;
      }
      junit_.emplace(*std::move(junit));
    }
    GateAnswer const answer = find_answer(stop);
    std::string const line = json(answer);
    if (junit_) {
      auto const written = junit_->finish(line);
      if (!written) log_.warning("junit: " + written.error().message);
    }
    (void)print(line + '\n');
    if (answer.verdict == GateVerdict::passed) return exit_success;
    return answer.verdict == GateVerdict::failed ? exit_test_failed : exit_undelivered;
  }

 private:
  GateAnswer find_answer(Stop const& stop) {
    Settings const& settings = parts_.settings;
    if (settings.disabled) return {.reason = "disabled: nothing is run"};
    std::unique_ptr<Sinks> sinks;
    if (has_sink(settings) && !settings.dry_run) {
      auto opened = Sinks::open({settings, parts_.aws, parts_.environment, log_});
      if (!opened) return {.reason = opened.error().message};
      sinks = *std::move(opened);
    }
    std::optional<StopTimer> timer;
    if (request_.longest) {
      timer.emplace(*request_.longest);
      if (!timer->is_set()) return {.reason = "there is no timer for --for"};
    }
    Instant const begun = std::chrono::steady_clock::now();
    end_ = request_.longest ? begun + *request_.longest : Instant::max();
    decide(sinks.get(), stop);
    if (sinks && sinks->hang()) (void)sinks.release();  // they would wait for what has no end
    return decision_.answer().value_or(GateAnswer{.reason = why_undecided()});
  }

  void decide(Sinks* sinks, Stop const& stop) {
    ProcessOptions options = process();
    if (sinks != nullptr) options.log_folder = sinks->log_folder();
    if (sinks != nullptr) options.log_folder_hangs = sinks->log_folder_hangs();
    GatePublisher const publisher{sinks, junit_ ? &*junit_ : nullptr, log_};
    std::string memory = sinks != nullptr ? sinks->recall(job_of(parts_)) : std::string();
    Runner runner{
        GateScheduler{decision_, request_.interval, end_},
        GateExecutor{Announced{executor_of(parts_, std::move(options), STDERR_FILENO), publisher},
                     decision_},
        Tracked{publisher, tracking_of(parts_.settings, std::move(memory))}, SteadyClock{}, log_};
    Instant const begun = std::chrono::steady_clock::now();
    (void)runner.run(job_of(parts_), stop);
    Instant const now = std::chrono::steady_clock::now();
    took_ = now - begun;
    late_ = now >= end_ || stop.level() == StopLevel::none;
    if (sinks == nullptr) return;
    delivered_ = sinks->finish(stop.deadline().value_or(now + parts_.settings.stop_timeout));
    if (!*delivered_) log_.warning("not everything was delivered; the verdict stands");
  }

  /// Returns how a command is run: stdout is the verdict's, and a stop ends it at once, as its
  /// result is of no use then.
  [[nodiscard]] ProcessOptions process() const {
    ProcessOptions options = process_of(parts_, log_);
    if (options.pass_through >= 0) options.pass_through = STDERR_FILENO;
    options.delivery = std::max(options.delivery, parts_.settings.stop_timeout - options.grace);
    return options;
  }

  [[nodiscard]] std::string why_undecided() const {
    if (!late_) return "told to stop before it was decided";
    return "not decided within " + value_text(*request_.longest) + " s";
  }

  [[nodiscard]] std::string json(GateAnswer const& answer) const {
    GateTally const& tally = decision_.tally();
    JsonWriter json;
    json.begin_object().key("verdict").string(to_string(answer.verdict));
    json.key("reason").string(answer.reason);
    json.key("service").string(parts_.settings.service);
    json.key("runs").integer(tally.runs).key("passed").integer(tally.passed);
    json.key("failed").integer(tally.failed).key("inconclusive").integer(tally.inconclusive);
    json.key("skipped").integer(tally.skipped).key("seconds").literal(decimal_seconds(took_));
    if (delivered_) json.key("delivered").boolean(*delivered_);
    return json.end_object().text();
  }

  ProgramParts parts_;
  GateRequest request_;
  Logger log_;
  GateDecision decision_;
  std::optional<JunitFile> junit_{};
  Instant end_ = Instant::max();
  Duration took_{};
  bool late_ = false;  ///< the next run would have begun too late, or the timer ended the last
  std::optional<bool> delivered_{};
};

inline int run_gate(Arguments const& arguments, Environment const& environment) {
  std::vector<std::string> problems;
  Arguments const all = with_gate_variables(arguments, environment, problems);
  if (complain(problems)) return exit_settings;
  GateRequest request = parse_gate(all, problems);
  if (complain(problems)) return exit_usage;
  return run_with_settings(arguments, environment, ParseOptions::Missing::for_a_gate,
                           [&](ProgramParts parts, Stop const& stop) {
                             add_possible_results(request.limits, parts.settings);
                             if (parts.settings.service.empty()) parts.settings.service = "gate";
                             return Gate(std::move(parts), std::move(request)).run(stop);
                           });
}

}  // namespace detail

inline constexpr Command gate_command{
    .name = "gate",
    .purpose = "Runs a test a few times and decides if a deployment may go on.",
    .usage =
        "sla-runner gate --count N --interval SECONDS [SETTING]... -- WORD...\n"
        "sla-runner gate --count N --interval SECONDS [SETTING]... --url URL",
    .about =
        "It decides as soon as no further result can change it, by the rules of the analysis of "
        "Argo Rollouts, and prints one line of JSON: verdict (passed, failed, inconclusive), "
        "reason, and how many runs there were. What the test writes goes to stderr.\n"
        "A run that is skipped takes its place among the N and breaks no row; if nothing passed "
        "the gate is inconclusive. A sink is optional: results are delivered as those of a run, "
        "for which a service is required, and a verdict stands whether they are or not.",
    .examples =
        "sla-runner gate --count 5 --interval 10 --failure-limit 1 --junit gate.xml -- make smoke\n"
        "sla-runner gate --count 60 --interval 5 --consecutive-success-limit 3 --failure-limit 59 "
        "\\\n"
        "  --for 5m --url https://shop.example/health",
    .flags = gate_flags,
    .asks_aws = true,
    .exit_codes = {{{exit_success, "passed"},
                    {exit_test_failed, "failed"},
                    usage_exit,
                    {exit_undelivered, "inconclusive; so it is when told to stop"},
                    settings_exit}},
    .run = detail::run_gate,
    .more_problems = startup_problems<ParseOptions::Missing::for_a_gate>,
};

}  // namespace sla::inline v1::app
