// SPDX-License-Identifier: MIT
#pragma once
// The publisher of the shipped program, put together from its settings: a dry run, a local store,
// a bucket for the logs and a topic for the events, each of them there or not.
#include <optional>
#include <string>
#include <utility>

#include "sla/app/aws_access.hpp"
#include "sla/app/aws_settings.hpp"
#include "sla/app/settings.hpp"
#include "sla/aws/bucket.hpp"
#include "sla/aws/endpoint.hpp"
#include "sla/core/stop.hpp"
#include "sla/publisher/all.hpp"
#include "sla/publisher/directory.hpp"
#include "sla/publisher/dry_run.hpp"
#include "sla/publisher/log_first.hpp"
#include "sla/publisher/optional.hpp"
#include "sla/publisher/s3_log.hpp"
#include "sla/publisher/sns.hpp"
#include "sla/publisher/topic.hpp"

namespace sla::inline v1 {

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
    AwsAccess const& access;
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
    return ProgramLog{
        client(),
        {.bucket = {.name = settings.s3_bucket_name,
                    .endpoint = parts_.aws.endpoints.in(parts_.aws.region, Service::s3),
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

  [[nodiscard]] ProgramClient client() const { return parts_.access.client(); }

  Parts parts_;
};

}  // namespace sla::inline v1
