// SPDX-License-Identifier: MIT
#pragma once
// sla-runner as the bootstrap of a Lambda function: each invocation runs the checks once and is
// answered when all is delivered. A deployment hook of ECS is answered with the verdict of a gate,
// of one run unless its variables say more.
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/arguments.hpp"
#include "sla/app/command.hpp"
#include "sla/app/exit_code.hpp"
#include "sla/app/gate.hpp"
#include "sla/app/gate/request.hpp"
#include "sla/app/lambda/payload.hpp"
#include "sla/app/lambda/runtime.hpp"
#include "sla/app/program.hpp"
#include "sla/app/run.hpp"
#include "sla/app/settings/parse.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/log.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::app {

namespace detail {

/// What is kept of an invocation's time for the delivery of its results.
inline constexpr std::chrono::seconds kept_for_delivery{2};

/// One invocation, by the settings of the function.
class LambdaRun {
 public:
  LambdaRun(Environment environment, LambdaPayload const& payload, Duration left)
      : environment_(std::move(environment)), left_(left) {
    if (!payload.checks.empty()) environment_.set("SLARUNNER_CHECKS", payload.checks);
    if (!payload.shard.empty()) environment_.set("SLARUNNER_SHARD", payload.shard);
    hook_ = payload.hook && environment_.get("SLARUNNER_CHECKS").value_or("").empty();
    if (!hook_) environment_.set("SLARUNNER_ONCE", "true");
  }

  /// Returns what the program would exit with.
  int operator()() const {
    Arguments const none = read_arguments({.flags = setting_flags}, {});
    auto const missing =
        hook_ ? ParseOptions::Missing::for_a_gate : ParseOptions::Missing::is_a_problem;
    return run_with_settings(none, environment_, missing,
                             [this](ProgramParts parts, Stop const& stop) {
                               limit(parts.settings);
                               for (CheckParts& check : parts.checks) limit(check.settings);
                               return run(std::move(parts), stop);
                             });
  }

 private:
  void limit(Settings& settings) const {
    bool const shorter = settings.timeout > Duration::zero() && settings.timeout < left_;
    if (!shorter) settings.timeout = left_;
    settings.stop_timeout = std::min(settings.stop_timeout, left_ + kept_for_delivery / 2);
  }

  int run(ProgramParts parts, Stop const& stop) const {
    if (!hook_) {
      stop.request_at(std::chrono::steady_clock::now() + left_ + kept_for_delivery / 2);
      int const code = Program(std::move(parts)).run(stop);
      return stop.level() == StopLevel::none ? code : exit_undelivered;  // some had no time
    }
    std::vector<std::string> problems;
    GateRequest request = parse_gate(
        with_gate_variables(read_arguments({.flags = gate_flags}, {}), parts.environment, problems),
        problems, 1);
    if (complain(problems)) return exit_settings;
    request.longest = left_;
    add_possible_results(request.limits, parts.settings);
    if (parts.settings.service.empty()) parts.settings.service = "gate";
    return Gate(std::move(parts), std::move(request)).run(stop);
  }

  Environment environment_;
  Duration left_;
  bool hook_ = false;  ///< there is a gate
};

/// Answers an invocation with what a run came to; false if the process cannot go on.
inline bool answer_invocation(LambdaRuntime& runtime, std::string const& id, bool hook, int code) {
  if (code == exit_success || code == exit_test_failed) {
    bool const passed = code == exit_success;
    if (!hook) return runtime.respond(id, passed ? R"({"passed":true})" : R"({"passed":false})");
    return runtime.respond(id,
                           passed ? R"({"hookStatus":"SUCCEEDED"})" : R"({"hookStatus":"FAILED"})");
  }
  if (code != exit_undelivered) {
    return runtime.fail(id,
                        {"Runner.Settings", "a setting is missing or wrong; the log says which"});
  }
  if (hook) return runtime.respond(id, R"({"hookStatus":"IN_PROGRESS"})");
  return runtime.fail(id,
                      {"Runner.NotDelivered", "not all was run and delivered; the log says why"});
}

/// Runs what an invocation asks for and answers it; false if the process cannot go on.
inline bool serve(LambdaRuntime& runtime, LambdaInvocation const& invocation,
                  Environment environment) {
  auto const payload = read_lambda_payload(invocation.payload);
  if (!payload) return runtime.fail(invocation.id, {"Runner.Payload", payload.error().message});
  Duration const left{invocation.deadline - std::chrono::system_clock::now() - kept_for_delivery};
  if (left <= Duration::zero()) {
    return runtime.fail(invocation.id, {"Runner.Time",
                                        "the function's timeout leaves no time for "
                                        "a run: it takes 2 s and that of a run"});
  }
  if (!invocation.trace.empty()) {
    environment.set("_X_AMZN_TRACE_ID", invocation.trace);
    ::setenv("_X_AMZN_TRACE_ID", invocation.trace.c_str(), 1);
  }
  int const code = LambdaRun(std::move(environment), *payload, left)();
  return answer_invocation(runtime, invocation.id, payload->hook, code);
}

inline int run_bootstrap(Arguments const& /*arguments*/, Environment const& environment) {
  Logger const log{{}};
  auto runtime = LambdaRuntime::at(environment.get("AWS_LAMBDA_RUNTIME_API").value_or(""), log);
  if (!runtime) {
    complain({"bootstrap: " + runtime.error().message});
    return exit_settings;
  }
  Arguments const none = read_arguments({.flags = setting_flags}, {});
  auto problems =
      parse_settings(none, environment, {.missing = ParseOptions::Missing::is_fine}).problems;
  (void)with_gate_variables(read_arguments({.flags = gate_flags}, {}), environment, problems);
  if (complain(problems)) {
    runtime->fail_to_begin({"Runner.Settings", problems.front()});
    return exit_settings;
  }
  for (;;) {
    auto const invocation = runtime->next();
    if (!invocation) {
      complain({"bootstrap: " + invocation.error().message});
      return exit_undelivered;
    }
    if (!serve(*runtime, *invocation, environment)) return exit_undelivered;
  }
}

}  // namespace detail

inline constexpr Command bootstrap_command{
    .name = "bootstrap",
    .own_program = true,
    .purpose = "Runs the checks once for each invocation of a Lambda function.",
    .usage = "bootstrap",
    .about =
        "It is sla-runner under the name that a custom runtime (provided.al2023) has; without "
        "arguments sla-runner is the same where AWS_LAMBDA_RUNTIME_API is set. The settings are "
        "variables of the function. The payload is {}, or has shard and of, two numbers, and "
        "checks, where AWS keeps them; it never names a command. A run takes 2 s less than the "
        "function's timeout at most, and all is delivered before the answer, {\"passed\":true}: "
        "what is not delivered fails the invocation.\n"
        "A deployment hook of ECS gets {\"hookStatus\":...}: SUCCEEDED or FAILED by a gate of one "
        "run, or of what the variables of `sla-runner gate` say, such as SLARUNNER_GATECOUNT; "
        "IN_PROGRESS where that does not say: ECS asks again.",
    .asks_aws = true,
    .exit_codes = {{usage_exit,
                    {exit_undelivered, "Lambda's runtime API has failed"},
                    settings_exit}},
    .run = detail::run_bootstrap,
};

}  // namespace sla::inline v1::app
