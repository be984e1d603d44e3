// SPDX-License-Identifier: MIT
#pragma once
// Reads a file of checks from where AWS keeps it, with the credentials, the region, the endpoints
// and the attempts that everything else has.
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

#include "sla/app/aws_access.hpp"
#include "sla/app/checks/checks_file.hpp"
#include "sla/app/log_bucket.hpp"
#include "sla/app/settings/aws.hpp"
#include "sla/app/settings/checks_address.hpp"
#include "sla/app/settings/settings.hpp"
#include "sla/aws/config/bucket.hpp"
#include "sla/aws/config/endpoint_settings.hpp"
#include "sla/aws/service/s3_read.hpp"
#include "sla/aws/service/ssm.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/log.hpp"
#include "sla/core/result.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::app {

/// How long all attempts may take together, without what credentials take.
inline constexpr std::chrono::seconds checks_limit{60};

/// The text of a file of checks.
struct FetchedChecks {
  std::string text{};
  bool secret = false;  ///< it comes from a SecureString
};

namespace detail {

inline Result<FetchedChecks> fetch_object(AwsAccess const& access, Settings const& settings,
                                          AwsSettings const& aws, ChecksAddress const& address,
                                          Stop const& stop) {
  aws::Bucket bucket = log_bucket(settings, aws);
  bucket.name = address.bucket;
  bucket.owner.clear();  // that is of the bucket of the logs
  if (bucket.endpoint.region.empty()) bucket.endpoint.region = "us-east-1";  // S3 says where it is
  constexpr std::size_t head = 65'536;
  ProgramClient client = access.client(stop, ChecksFile::size_limit + head);
  auto text =
      aws::get_object(client, bucket, {.key = address.key, .size = ChecksFile::size_limit + 1},
                      std::chrono::steady_clock::now() + checks_limit);
  std::string const name = "s3://" + address.bucket + '/' + address.key;
  if (!text) {
    Error error = std::move(text).error();
    bool const denied = error.code == Errc::denied;
    if (denied) error.message += "; without s3:ListBucket S3 says so of what is not there, too";
    return std::move(error).within(name);
  }
  if (text->size() > ChecksFile::size_limit) {
    return Error{Errc::unacceptable,
                 name + ": larger than " + std::to_string(ChecksFile::size_limit) + " bytes"};
  }
  return FetchedChecks{.text = *std::move(text)};
}

inline Result<FetchedChecks> fetch_parameter(AwsAccess const& access, AwsSettings const& aws,
                                             ChecksAddress const& address, Stop const& stop) {
  ProgramClient client = access.client(stop);
  std::string const& region = address.region.empty() ? aws.region : address.region;
  auto const found =
      aws::get_parameter(client, aws.endpoints.in(region, aws::Service::ssm), address.parameter,
                         std::chrono::steady_clock::now() + checks_limit);
  if (!found) return found.error();
  return FetchedChecks{.text = std::string(found->value.reveal()),
                       .secret = found->kind == aws::ParameterKind::secure};
}

}  // namespace detail

/// Reads it; the errors are those of the service, with the name of what was asked for.
[[nodiscard]] inline Result<FetchedChecks> fetch_checks(AwsAccess const& access,
                                                        Settings const& settings,
                                                        AwsSettings const& aws,
                                                        ChecksAddress const& address,
                                                        Stop const& stop) {
  if (address.bucket.empty()) return detail::fetch_parameter(access, aws, address, stop);
  return detail::fetch_object(access, settings, aws, address, stop);
}

/// Reads it as the first thing that a process does: until it is done a stop signal ends it at once.
/// Errc::stopped if one did.
[[nodiscard]] inline Result<FetchedChecks> fetch_checks_first(AwsSettings aws,
                                                              Settings const& settings,
                                                              Environment const& environment,
                                                              Logger const& log) {
  auto const address = parse_checks_address(settings.checks, environment);
  if (!address) return address.error();
  auto const stop = Stop::on_signals({.budget = Duration::zero()});
  if (!stop) return stop.error();
  bool const anywhere = !address->bucket.empty() || !address->region.empty();
  if (!anywhere) {
    if (auto known = complete_region(aws, environment, *stop); !known) return known.error();
  }
  AwsAccess const access{
      {.aws = aws, .environment = environment, .role = settings.role, .stop = *stop, .log = log}};
  auto fetched = fetch_checks(access, settings, aws, *address, *stop);
  if (stop->level() != StopLevel::none) {
    return Error{Errc::stopped, "stopped while the checks were read"};
  }
  return fetched;
}

}  // namespace sla::inline v1::app
