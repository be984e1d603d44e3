// SPDX-License-Identifier: MIT
#pragma once
// `sla-runner identity`: as whom this program speaks to AWS here, where the credentials came from,
// and which hosts it asks; or what was tried, in order, and why none of it worked.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/aws_access.hpp"
#include "sla/app/command.hpp"
#include "sla/app/exit_code.hpp"
#include "sla/app/printing.hpp"
#include "sla/app/quoted.hpp"
#include "sla/app/settings/parse.hpp"
#include "sla/app/startup.hpp"
#include "sla/aws/call/client.hpp"
#include "sla/aws/config/endpoint.hpp"
#include "sla/aws/http/url.hpp"
#include "sla/aws/service/sts.hpp"
#include "sla/aws/sign/credentials.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/result.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::app {

/// What `sla-runner identity` tells.
struct Identity {
  aws::CallerIdentity caller{};
  aws::Credentials keys{};
  Duration skew = Duration::zero();  ///< AWS's clock minus ours
};

namespace detail {

/// A line of a listing.
inline std::string listed(std::string_view name, std::string_view value) {
  std::string line(name);
  line.append(14 - std::min<std::size_t>(name.size(), 12), ' ');
  return line + escaped(value) + '\n';
}

/// What each source of the chain said, in order, and at last why there are no credentials.
inline std::string attempts_text(std::vector<Error> const& tried, Error const& last) {
  constexpr std::array<std::string_view, 5> sources{"environment", "profile", "web identity",
                                                    "container credentials", "imds"};
  std::string text;
  for (std::size_t i = 0; i < tried.size() && i < sources.size(); ++i) {
    text += text.empty() ? "" : "; ";
    if (!tried[i].message.starts_with(sources[i])) text.append(sources[i]).append(": ");
    text += tried[i].message;
  }
  bool const told =
      !tried.empty() && (last.message == tried.back().message || last.code == Errc::not_configured);
  if (told) return text;
  return text + (text.empty() ? "" : "; ") + last.message;
}

/// Finds the credentials and asks STS whose they are.
inline Result<Identity> find_identity(AwsAccess const& access, AwsSettings const& aws,
                                      Stop const& stop) {
  ProgramSource source = access.source();
  HurriedClock const clock = access.clock();
  auto keys = source.credentials(clock.wall());
  if (!keys) {
    std::string const text = attempts_text(source.source().tried(), keys.error());
    return Error{keys.error().code, "no credentials; tried in this order: " + text,
                 keys.error().native};
  }
  aws::Client<ProgramTransport, aws::GivenCredentials, HurriedClock> client{
      ProgramTransport(access.services(stop)), {*keys}, {.max_attempts = aws.max_attempts}, clock};
  auto caller =
      aws::get_caller_identity(client, aws.endpoints.in(aws.region, aws::Service::sts),
                               std::chrono::steady_clock::now() + std::chrono::seconds{15});
  if (!caller) {
    return std::move(caller).error().within("the credentials " + keys->access_key_id + " from " +
                                            keys->source);
  }
  return Identity{*std::move(caller), *std::move(keys), client.skew()};
}

inline std::string endpoint_text(aws::Service service, AwsSettings const& aws) {
  auto const url = aws::endpoint_url(service, aws.endpoints.in(aws.region, service));
  return url ? aws::to_string(*url) : url.error().message;
}

}  // namespace detail

/// Returns what it prints, one line for each thing.
[[nodiscard]] inline std::string identity_text(Identity const& identity, AwsSettings const& aws) {
  auto const seconds = std::chrono::round<std::chrono::seconds>(identity.skew).count();
  std::string const offset = (seconds > 0 ? "+" : "") + std::to_string(seconds);
  std::string text = detail::listed("account", identity.caller.account) +
                     detail::listed("arn", identity.caller.arn) +
                     detail::listed("credentials", identity.keys.source) +
                     detail::listed("access key", identity.keys.access_key_id);
  if (identity.keys.expires) {
    text += detail::listed("expire", iso_time(*identity.keys.expires));
  }
  text += detail::listed("region", aws.region);
  for (aws::Service const service : {aws::Service::sns, aws::Service::s3, aws::Service::sts}) {
    text += detail::listed(aws::signing_name(service), detail::endpoint_text(service, aws));
  }
  return text + detail::listed("clock offset", offset + " s");
}

namespace detail {

inline int run_identity(Arguments const& arguments, Environment const& environment) {
  auto startup = start_up(arguments, environment, ParseOptions::Missing::is_fine);
  if (!startup) {
    complain({startup.error().message});
    return exit_code_of(startup.error());
  }
  Parsed const& parsed = startup->parsed;
  if (complain(parsed.problems)) return exit_settings;
  auto const stop = Stop::on_signals({.budget = Duration::zero()});
  if (!stop) {
    complain({stop.error().message});
    return exit_undelivered;
  }
  AwsSettings& aws = startup->aws;
  auto const region = complete_region(aws, startup->environment, *stop);
  AwsAccess const access{{.aws = aws,
                          .environment = startup->environment,
                          .role = parsed.settings.role,
                          .stop = *stop}};
  auto const identity = find_identity(access, aws, *stop);
  if (identity) return print(identity_text(*identity, aws));
  complain({"no identity: " + identity.error().message});
  if (!region) complain({region.error().message});
  bool const later = retryable(identity.error()) || stop->level() != StopLevel::none;
  return later ? exit_undelivered : exit_test_failed;
}

}  // namespace detail

inline constexpr Command identity_command{
    .name = "identity",
    .purpose =
        "Says as whom this program speaks to AWS, where the credentials came from, and "
        "which hosts it asks.",
    .usage = "sla-runner identity [SETTING]...",
    .about =
        "It takes the settings of a run, and needs none of them. It proves who this is, not what "
        "they may do: that is what sla-runner preflight finds out.",
    .flags = settings_and(),
    .asks_aws = true,
    .exit_codes = {{{exit_success, "AWS says who this is"},
                    {exit_test_failed, "there are no credentials, or AWS knows none of them"},
                    usage_exit,
                    {exit_undelivered, "AWS did not answer"},
                    settings_exit}},
    .run = detail::run_identity,
    .more_problems = startup_problems<ParseOptions::Missing::is_fine>,
};

}  // namespace sla::inline v1::app
