// SPDX-License-Identifier: MIT
#pragma once
// The publisher of the shipped program, put together from its settings: a dry run, a local store,
// a bucket for the logs and a topic for the events, each of them there or not.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "sla/app/aws_settings.hpp"
#include "sla/app/settings.hpp"
#include "sla/aws/arn.hpp"
#include "sla/aws/bucket.hpp"
#include "sla/aws/client.hpp"
#include "sla/aws/credential/environment.hpp"
#include "sla/aws/curl.hpp"
#include "sla/core/clock.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/time.hpp"
#include "sla/publisher/all.hpp"
#include "sla/publisher/directory.hpp"
#include "sla/publisher/dry_run.hpp"
#include "sla/publisher/log_first.hpp"
#include "sla/publisher/optional.hpp"
#include "sla/publisher/s3_log.hpp"
#include "sla/publisher/sns.hpp"
#include "sla/publisher/topic.hpp"

namespace sla::inline v1 {

/// SteadyClock, but a stop shortens the wait between two attempts: half of the time that is left by
/// then remains for the next one.
class HurriedClock {
 public:
  explicit HurriedClock(Stop const& stop) : stop_(&stop) {}

  [[nodiscard]] Instant now() const noexcept { return clock_.now(); }
  [[nodiscard]] WallTime wall() const noexcept { return clock_.wall(); }
  Wake wait_until(Instant until, Stop const& stop) const noexcept {
    return clock_.wait_until(until, stop);
  }
  void sleep_until(Instant until) const noexcept {
    for (bool hurried = false; until > now(); await_news(until, *stop_)) {
      auto const deadline = stop_->deadline();
      if (!deadline || std::exchange(hurried, true)) continue;
      until = std::min(until, now() + (*deadline - now()) / 2);
    }
  }

 private:
  SteadyClock clock_;
  Stop const* stop_;
};
static_assert(Clock<HurriedClock>);

using ProgramClient = Client<Curl, EnvironmentCredentials, HurriedClock>;
using ProgramLog = S3Log<ProgramClient>;
using ProgramEvents = Sns<ProgramClient, NamedTopic<ProgramClient>>;
using ProgramSinks = All<Optional<DryRun>, Optional<Directory>,
                         LogFirst<Optional<ProgramLog>, Optional<ProgramEvents>>>;

/// Builds the sinks. What it refers to outlives them.
class SinkBuilder {
 public:
  struct Parts {
    Settings const& settings;
    AwsSettings const& aws;
    Environment const& environment;
    Stop const& stop;
  };

  explicit SinkBuilder(Parts parts) : parts_(parts) {}

  [[nodiscard]] ProgramSinks build() const {
    if (parts_.settings.dry_run) return ProgramSinks{dry_run(), {}, cloud({}, {})};
    return ProgramSinks{Optional<DryRun>{}, store(), cloud(log(), events())};
  }

 private:
  using Cloud = LogFirst<Optional<ProgramLog>, Optional<ProgramEvents>>;

  [[nodiscard]] Cloud cloud(std::optional<ProgramLog> log,
                            std::optional<ProgramEvents> events) const {
    return Cloud{Optional{std::move(log)}, Optional{std::move(events)},
                 parts_.settings.upload_logs};
  }

  [[nodiscard]] Optional<DryRun> dry_run() const {
    Settings const& settings = parts_.settings;
    return Optional{std::optional{DryRun{
        {.topic = settings.sns_topic_arn.empty() ? settings.sns_topic_name : settings.sns_topic_arn,
         .bucket = settings.s3_bucket_name,
         .format = settings.event_format}}}};
  }

  [[nodiscard]] Optional<Directory> store() const {
    if (parts_.settings.store.empty()) return {};
    return Optional{std::optional{
        Directory{{.path = parts_.settings.store, .format = parts_.settings.event_format}}}};
  }

  [[nodiscard]] std::optional<ProgramLog> log() const {
    Settings const& settings = parts_.settings;
    if (settings.s3_bucket_name.empty()) return std::nullopt;
    return ProgramLog{client(),
                      {.bucket = {.name = settings.s3_bucket_name,
                                  .endpoint = parts_.aws.endpoints.in(region(), Service::s3),
                                  .addressing = parts_.aws.endpoints.addressing},
                       .stop = &parts_.stop}};
  }

  [[nodiscard]] std::optional<ProgramEvents> events() const {
    Settings const& settings = parts_.settings;
    if (settings.sns_topic_arn.empty() && settings.sns_topic_name.empty()) return std::nullopt;
    return ProgramEvents{
        client(), topic(), {.endpoints = parts_.aws.endpoints, .format = settings.event_format}};
  }

  [[nodiscard]] NamedTopic<ProgramClient> topic() const {
    Settings const& settings = parts_.settings;
    if (!settings.sns_topic_arn.empty()) return {client(), FixedTopic{settings.sns_topic_arn}};
    return {client(),
            {.name = settings.sns_topic_name,
             .region = parts_.aws.region,
             .endpoints = parts_.aws.endpoints}};
  }

  [[nodiscard]] ProgramClient client() const {
    return {Curl{{.ca_file = parts_.aws.ca_file, .stop = &parts_.stop}},
            EnvironmentCredentials{parts_.environment},
            {.max_attempts = parts_.aws.max_attempts},
            HurriedClock{parts_.stop}};
  }

  /// The region of the bucket; where none is set that of the topic, as S3 corrects a wrong one.
  [[nodiscard]] std::string region() const {
    if (!parts_.aws.region.empty()) return parts_.aws.region;
    auto const topic = parse_topic_arn(parts_.settings.sns_topic_arn);
    return topic ? topic->region : std::string();
  }

  Parts parts_;
};

}  // namespace sla::inline v1
