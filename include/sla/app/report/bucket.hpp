// SPDX-License-Identifier: MIT
#pragma once
// What `sla-runner report` does in S3: it reads the objects under a prefix, in parts, or their keys
// alone, and puts what it made. A right that is missing is named as a policy names it.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/aws_access.hpp"
#include "sla/app/bucket_address.hpp"
#include "sla/app/quoted.hpp"
#include "sla/app/settings/aws.hpp"
#include "sla/aws/config/bucket.hpp"
#include "sla/aws/config/endpoint_settings.hpp"
#include "sla/aws/config/region.hpp"
#include "sla/aws/service/s3.hpp"
#include "sla/aws/service/s3_read.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/output.hpp"
#include "sla/core/result.hpp"
#include "sla/core/stop.hpp"

namespace sla::inline v1::app {

/// Reads and fills one bucket, by the credentials and settings of the environment. Not thread-safe.
class ReportBucket {
 public:
  /// Finds out what `s3://BUCKET/PREFIX` needs to be asked; the environment outlives it.
  /// Errc::invalid if it is no such address, Errc::malformed if a setting of AWS is wrong.
  [[nodiscard]] static Result<std::unique_ptr<ReportBucket>> open(std::string_view address,
                                                                  Environment const& environment) {
    auto where = parse_bucket_address(address);
    if (!where) return std::move(where).error().within(quoted(address));
    std::vector<std::string> problems;
    AwsSettings aws = read_aws_settings(environment, problems);
    bool const trust = uses_tls(aws.endpoints, {aws::Service::s3});
    if (trust && !aws.trust_problem.empty()) problems.push_back(aws.trust_problem);
    if (!problems.empty()) return Error{Errc::malformed, problems.front()};
    if (aws.region.empty()) aws.region = "us-east-1";  // S3 says where the bucket is
    auto stop = Stop::on_signals({.budget = Duration::zero()});
    if (!stop) return stop.error();
    return std::unique_ptr<ReportBucket>(
        new ReportBucket(std::move(aws), environment, *std::move(stop), *std::move(where)));
  }

  [[nodiscard]] std::string const& name() const noexcept { return bucket_.name; }

  /// Calls `use(aws::ListedObject const&) -> Result<void>` for each object under the prefix.
  template <class Use>
  Result<void> each(Use use) {
    for (aws::ListObjectsInput input{.prefix = prefix_};;) {
      auto page = aws::list_objects(client_, bucket_, input, deadline());
      if (!page) return explained(page.error(), "s3:ListBucket", "");
      for (aws::ListedObject const& object : page->objects) {
        if (auto done = use(object); !done) return done;
      }
      if (page->next.empty()) return {};
      input.page = std::move(page->next);
    }
  }

  /// Calls `use(std::string_view)` with the bytes of an object, part by part.
  template <class Use>
  Result<void> read(aws::ListedObject const& object, Use use) {
    for (std::uint64_t from = 0; from < object.size;) {
      std::uint64_t const size = std::min(part_size, object.size - from);
      auto const part = aws::get_object(client_, bucket_, {object.key, from, size}, deadline());
      if (!part) return explained(part.error(), "s3:GetObject", '/' + object.key);
      if (part->empty()) break;  // it became shorter
      from += part->size();
      use(std::string_view(*part));
    }
    return {};
  }

  /// Puts an object below the prefix, or there where `below` is empty.
  Result<void> write(std::string const& below, std::string const& text, std::string_view type) {
    std::string key = prefix_;
    if (!below.empty() && !key.empty() && key.back() != '/') key += '/';
    key += below;
    auto const done = aws::put_object(
        client_, bucket_, {.key = key, .body = Output(text), .content_type = std::string(type)},
        deadline());
    return done ? done : explained(done.error(), "s3:PutObject", '/' + key);
  }

 private:
  static constexpr std::uint64_t part_size = std::uint64_t{4} << 20U;
  static constexpr std::size_t response_limit = std::size_t{5} << 20U;  ///< a page fits, too

  static Instant deadline() { return std::chrono::steady_clock::now() + std::chrono::minutes{1}; }

  ReportBucket(AwsSettings aws, Environment const& environment, Stop stop, BucketAddress where)
      : aws_(std::move(aws)),
        stop_(std::move(stop)),
        access_({.aws = aws_, .environment = environment, .stop = stop_}),
        client_(access_.client(stop_, response_limit)),
        bucket_{.name = std::move(where.bucket),
                .endpoint = aws_.endpoints.in(aws_.region, aws::Service::s3),
                .addressing = aws_.endpoints.addressing},
        prefix_(std::move(where.prefix)) {}

  [[nodiscard]] Error explained(Error error, std::string_view action, std::string const& of) const {
    if (error.code == Errc::invalid)
      error.code = Errc::unavailable;  // not the command line's fault
    if (error.code != Errc::denied) {
      return std::move(error).within("s3://" + bucket_.name + of);
    }
    std::string const arn = "arn:" + std::string(aws::partition_of(bucket_.endpoint.region).name) +
                            ":s3:::" + bucket_.name + of;
    return std::move(error).within("denied " + std::string(action) + " on " + arn);
  }

  AwsSettings aws_;
  Stop stop_;
  AwsAccess access_;
  ProgramClient client_;
  aws::Bucket bucket_;
  std::string prefix_;
};

}  // namespace sla::inline v1::app
