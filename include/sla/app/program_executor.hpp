// SPDX-License-Identifier: MIT
#pragma once
// What the shipped program runs, as its settings say: a command, or a probe of its own.
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sla/app/settings/aws.hpp"
#include "sla/app/settings/settings.hpp"
#include "sla/aws/config/endpoint.hpp"
#include "sla/aws/http/transport.hpp"
#include "sla/aws/http/trust.hpp"
#include "sla/aws/http/url.hpp"
#include "sla/aws/sign/digest.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"
#include "sla/executor.hpp"
#include "sla/executor/by_exit_code.hpp"
#include "sla/executor/degraded_if_slow.hpp"
#include "sla/executor/direct.hpp"
#include "sla/executor/http_probe.hpp"
#include "sla/executor/oom_watch.hpp"
#include "sla/executor/process_options.hpp"
#include "sla/executor/retrying.hpp"
#include "sla/executor/shown_if_failed.hpp"
#include "sla/executor/status_ranges.hpp"
#include "sla/executor/tcp_probe.hpp"
#include "sla/executor/witnessed.hpp"

namespace sla::inline v1::app {

/// One of the executors of the program.
class ProgramExecutor {
 public:
  using Command = ByExitCode<Direct<aws::Sha256>>;
  using Http = HttpProbe<aws::Sha256>;

  explicit ProgramExecutor(std::variant<Command, Http, TcpProbe> held) : held_(std::move(held)) {}

  Result<Outcome> execute(Job const& job, Stop const& stop) {
    memory_.begin();
    auto outcome = std::visit([&](auto& executor) { return executor.execute(job, stop); }, held_);
    if (outcome && std::holds_alternative<Command>(held_)) memory_.judge(*outcome);
    return outcome;
  }
  [[nodiscard]] std::optional<Duration> longest_run() const {
    return std::visit([](auto const& executor) { return executor.longest_run(); }, held_);
  }
  void run_beside_others() {
    std::visit([](auto& executor) { internal::tell_of_others(executor); }, held_);
  }

 private:
  std::variant<Command, Http, TcpProbe> held_;
  internal::OomWatch memory_{};
};
static_assert(Executor<ProgramExecutor>);

/// Returns how many attempts a run may have more.
[[nodiscard]] inline std::size_t retries_of(Settings const& settings) {
  return parse_integer<std::size_t>(trim(settings.retries)).value_or(0);
}

/// Returns what the exit codes of a command mean.
[[nodiscard]] inline ExitCodeRules exit_code_rules(Settings const& settings) {
  return {.codes = settings.exit_codes, .skip = parse_integer<int>(trim(settings.skip_code))};
}

/// Returns the addresses of the witnesses; `aws` is STS of the region.
[[nodiscard]] inline std::vector<std::string> witnesses_of(Settings const& settings,
                                                           AwsSettings const& aws) {
  std::vector<std::string> addresses;
  for (std::string const& name : settings.witness) {
    if (name != "aws") addresses.push_back(name);
    if (name != "aws") continue;
    constexpr auto sts = aws::Service::sts;
    auto const url = aws::endpoint_url(sts, aws.endpoints.in(aws.region, sts));
    if (url) addresses.push_back(url->host + ':' + std::to_string(aws::port_of(*url)));
  }
  return addresses;
}

/// What runs: an executor, with its attempts, its witnesses, what is slow for it, and who sees it.
using ProgramRun = ShownIfFailed<DegradedIfSlow<Witnessed<Retrying<ProgramExecutor, aws::Sha256>>>>;

/// Returns what runs by the settings, which were checked. Failures are shown on that descriptor.
[[nodiscard]] inline ProgramRun program_run(Settings const& settings, ProcessOptions process,
                                            HttpProbeOptions probe,
                                            std::vector<std::string> witnesses, int shown) {
  RetryingOptions retrying{.retries = retries_of(settings),
                           .delay = settings.retry_delay,
                           .log_limit = process.log_limit,
                           .log_folder = process.log_folder,
                           .log_folder_hangs = process.log_folder_hangs};
  auto const executor = [&]() -> ProgramExecutor {
    if (!settings.url.empty()) {
      return ProgramExecutor{ProgramExecutor::Http{std::move(probe)}};
    }
    if (!settings.tcp.empty()) {
      return ProgramExecutor{TcpProbe{{.address = settings.tcp, .timeout = settings.timeout}}};
    }
    return ProgramExecutor{ProgramExecutor::Command{Direct<aws::Sha256>{std::move(process)},
                                                    exit_code_rules(settings)}};
  };
  return {{{{executor(), std::move(retrying)}, {.addresses = std::move(witnesses)}}, settings.slow},
          shown};
}

/// Returns what is sent as the body: a text, or what is in a file.
[[nodiscard]] inline Result<std::string> probe_body(Settings const& settings) {
  if (!settings.body.starts_with('@')) return settings.body;
  constexpr std::size_t limit = std::size_t{16} << 20U;
  return internal::read_file(settings.body.substr(1), limit);
}

/// Returns the probe that the settings ask for, which were checked. The trust is that of AWS.
[[nodiscard]] inline HttpProbeOptions probe_options(Settings const& settings, std::string body,
                                                    aws::Trust const& trust) {
  HttpProbeOptions options{.url = settings.url,
                           .method = settings.method,
                           .body = std::move(body),
                           .expect_body = settings.expect_body,
                           .timeout = settings.timeout,
                           .log_limit = settings.log_limit,
                           .keep_alive = settings.keep_alive,
                           .trust = trust};
  for (std::string const& line : settings.headers.lines) {
    std::size_t const colon = line.find(':');
    options.headers.push_back({line.substr(0, colon), std::string(trim(line.substr(colon + 1)))});
  }
  auto const statuses = parse_status_ranges(settings.expect_status);
  if (statuses) options.expect_status = *statuses;
  auto const redirects = parse_integer<int>(trim(settings.max_redirects));
  options.max_redirects = redirects.value_or(0);
  options.cert_days = parse_integer<int>(trim(settings.cert_days));
  return options;
}

}  // namespace sla::inline v1::app
