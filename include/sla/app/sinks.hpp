// SPDX-License-Identifier: MIT
#pragma once
// Where the results of the shipped program go, put together from its settings: a local store, and
// in AWS a bucket for the logs, a topic for the events and metrics, each of them there or not. The
// store and AWS have a spool and a thread each, so that neither waits for the other.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sla/app/aws_access.hpp"
#include "sla/app/log_bucket.hpp"
#include "sla/app/pruned.hpp"
#include "sla/app/settings/aws.hpp"
#include "sla/app/settings/settings.hpp"
#include "sla/app/settings/spool.hpp"
#include "sla/app/spool_folders.hpp"
#include "sla/core/atomic.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/log.hpp"
#include "sla/core/result.hpp"
#include "sla/core/shared.hpp"
#include "sla/core/stop_plan.hpp"
#include "sla/core/text.hpp"
#include "sla/publisher/best_effort.hpp"
#include "sla/publisher/by_calls_apart.hpp"
#include "sla/publisher/cloudwatch.hpp"
#include "sla/publisher/delivery.hpp"
#include "sla/publisher/directory.hpp"
#include "sla/publisher/event_file.hpp"
#include "sla/publisher/optional.hpp"
#include "sla/publisher/retention.hpp"
#include "sla/publisher/s3_log.hpp"
#include "sla/publisher/sns.hpp"
#include "sla/publisher/spooled.hpp"
#include "sla/publisher/then.hpp"
#include "sla/publisher/topic.hpp"
#include "sla/spool/directory.hpp"
#include "sla/spool/disk.hpp"
#include "sla/spool/either.hpp"
#include "sla/spool/memory.hpp"
#include "sla/spool/time_limited.hpp"

namespace sla::inline v1::app {

/// All sinks of the program.
class Sinks {
 public:
  struct Parts {
    Settings const& settings;
    AwsSettings const& aws;
    Environment const& environment;
    Logger log{};
  };

  /// Opens the sinks; what the parts refer to outlives them. The only Error is Errc::in_use, if
  /// another runner has the spool.
  [[nodiscard]] static Result<std::unique_ptr<Sinks>> open(Parts parts) {
    std::unique_ptr<Sinks> sinks(new Sinks(parts));
    Settings const& settings = parts.settings;
    std::optional<Spool> of_store, of_aws;
    if (!settings.store.empty()) {
      auto spool = sinks->open_spool(spool_of_store);
      if (!spool) return spool.error();
      of_store = *std::move(spool);
    }
    if (sinks->has_topic() || !settings.s3_bucket_name.empty() ||
        !settings.metrics_namespace.empty()) {
      auto spool = sinks->open_spool(spool_of_aws);
      if (!spool) return spool.error();
      of_aws = *std::move(spool);
    }
    // Both are open before either is delivered from: they share the logs of runs that died.
    if (of_store) sinks->add_store(*std::move(of_store));
    if (of_aws) sinks->add_aws(*std::move(of_aws));
    return sinks;
  }

  /// Returns where an executor puts the logs of runs; empty if they end with the process.
  [[nodiscard]] std::string const& log_folder() const noexcept { return log_folder_; }
  /// Returns true if that folder's disk hangs, as far as is known; it changes.
  [[nodiscard]] internal::Shared<internal::Atomic<bool> const> log_folder_hangs() const noexcept {
    return spool_hangs_;
  }

  void begin(Report const& report) {
    if (store_) store_->begin(report);
    if (aws_) aws_->begin(report);
  }
  void publish(Report const& report) {
    if (store_) (void)store_->publish(report);  // what is spooled is never refused
    if (aws_) (void)aws_->publish(report);
  }

  /// Returns what the last event of that check left for the next process.
  [[nodiscard]] std::string recall(Job const& job) {
    Recalled const of_store = store_ ? store_->recall(job) : Recalled{};
    Recalled of_aws = aws_ ? aws_->recall(job) : Recalled{};
    return of_aws.number < of_store.number ? of_store.memory : of_aws.memory;
  }

  /// Delivers what is pending before the program's end; whether nothing of it is left, or was
  /// refused. A store gets a moment in any case: it is done at once, or its disk is broken. What
  /// AWS did not get is listed before anybody waits for a disk.
  bool finish(Instant end) {
    Instant const moment = std::chrono::steady_clock::now() + last_moment;
    SpoolCount left;
    auto const add = [&](SpoolCount const& count) {
      left.events += count.events;
      left.logs += count.logs;
      left.refused += count.refused;
    };
    if (store_) store_->hurry();
    if (aws_) add(aws_->finish(end));
    if (store_) add(store_->finish(std::max(end, moment)));
    return left.events == 0 && left.logs == 0 && left.refused <= refused_before_;
  }

  /// Returns true if something hangs in a call that nothing can end: then these must not be let go.
  [[nodiscard]] bool hang() const noexcept {
    return (store_ && store_->hangs()) || (aws_ && aws_->hangs());
  }

 private:
  using Spool = EitherSpool<MemorySpool, TimeLimitedSpool<DiskSpool>>;
  using StoreLogs = ByCallsApart<Directory>;
  using StoreEvents = PrunedEvents;
  using AwsLogs = Optional<S3Log<ProgramClient>>;
  using Metrics = BestEffort<CloudWatch<ProgramClient>>;
  using AwsEvents =
      Then<Optional<Sns<ProgramClient, NamedTopic<ProgramClient>>>, Optional<Metrics>>;

  explicit Sinks(Parts const& parts)
      : parts_(parts),
        access_({.aws = parts.aws,
                 .environment = parts.environment,
                 .role = parts.settings.role,
                 .stop = aws_stops_.credentials,
                 .log = parts.log,
                 .renewals = aws::Renewals::beside}) {}

  static std::int64_t store_days(Settings const& settings) {
    return parse_integer(trim(settings.store_days)).value_or(0);
  }
  void add_store(Spool spool) {
    Settings const& settings = parts_.settings;
    bool const sync = !settings.spool.empty();  // which forgets what the store has
    store_.emplace(
        StoreLogs{Directory{{.path = settings.store, .sync = sync}}},
        StoreEvents{ByCallsApart{EventFile{
                        {.folder = settings.store, .format = settings.event_format, .sync = sync}}},
                    internal::Retention{{.folder = settings.store, .days = store_days(settings)}},
                    parts_.log.to(spool_of_store)},
        std::move(spool), store_stops_, options<StoreLogs, StoreEvents>(settings.upload_logs),
        SteadyClock{}, parts_.log.to(spool_of_store));
  }
  void add_aws(Spool spool) {
    bool const no_bucket = parts_.settings.s3_bucket_name.empty();
    UploadLogs const upload = no_bucket ? UploadLogs::never : parts_.settings.upload_logs;
    aws_.emplace(
        AwsLogs{log()}, AwsEvents{Optional{events()}, Optional{metrics()}}, std::move(spool),
        aws_stops_,
        options<AwsLogs, AwsEvents>(upload, parts_.settings.log_bundle.value_or(Duration::zero())),
        SteadyClock{}, parts_.log.to(spool_of_aws));
  }

  Result<Spool> open_spool(std::string_view name) {
    std::string const& folder = parts_.settings.spool;
    Logger const log = parts_.log.to(name);
    Settings const& settings = parts_.settings;
    if (folder.empty()) {
      MemorySpool::Options const in_memory;
      return Spool{MemorySpool({.limit = spool_limit(settings, in_memory.limit)}, log)};
    }
    DiskSpool::Options options{.folder = spool_folder(folder, name), .run_logs = log_folder_};
    options.limit = spool_limit(settings, options.limit);
    auto spool =
        TimeLimitedSpool<DiskSpool>::open([options, log] { return DiskSpool::open(options, log); },
                                          {.name = options.folder, .hangs = spool_hangs_}, log);
    if (!spool) return spool.error().within("spool");
    if (log_folder_.empty()) log_folder_ = internal::SpoolDirectory::look(options.folder).logs();
    refused_before_ += spool->count().refused;
    return Spool{*std::move(spool)};
  }

  template <class L, class E>
  [[nodiscard]] typename Spooled<L, E, Spool>::Options options(
      UploadLogs upload, Duration log_bundle = Duration::zero()) const {
    bool const many = !parts_.settings.checks.empty();
    Duration const linger = many ? std::chrono::milliseconds{200} : Duration::zero();
    return {.delivery = {.upload = upload, .log_bundle = log_bundle, .linger = linger},
            .format = parts_.settings.event_format};
  }

  [[nodiscard]] bool has_topic() const noexcept {
    return !parts_.settings.sns_topic_arn.empty() || !parts_.settings.sns_topic_name.empty();
  }

  [[nodiscard]] std::optional<S3Log<ProgramClient>> log() const {
    Settings const& settings = parts_.settings;
    if (settings.s3_bucket_name.empty()) return std::nullopt;
    return S3Log<ProgramClient>{
        access_.client(aws_stops_.logs),
        {.bucket = log_bucket(settings, parts_.aws), .log = parts_.log.to(spool_of_aws)}};
  }

  [[nodiscard]] std::optional<Sns<ProgramClient, NamedTopic<ProgramClient>>> events() const {
    if (!has_topic()) return std::nullopt;
    return Sns<ProgramClient, NamedTopic<ProgramClient>>{
        access_.client(aws_stops_.events),
        topic(),
        {.endpoints = parts_.aws.endpoints, .format = parts_.settings.event_format}};
  }

  /// The metrics never harm the results: they have little time, and what fails is dropped.
  [[nodiscard]] std::optional<Metrics> metrics() const {
    Settings const& settings = parts_.settings;
    if (settings.metrics_namespace.empty()) return std::nullopt;
    return Metrics{CloudWatch{access_.client(aws_stops_.events),
                              {.metric_namespace = settings.metrics_namespace,
                               .region = parts_.aws.region,
                               .endpoints = parts_.aws.endpoints}},
                   "metrics", parts_.log.to(spool_of_aws)};
  }

  [[nodiscard]] NamedTopic<ProgramClient> topic() const {
    Settings const& settings = parts_.settings;
    ProgramClient sts = access_.client(aws_stops_.events);
    if (!settings.sns_topic_arn.empty()) {
      return {std::move(sts), FixedTopic{settings.sns_topic_arn}};
    }
    return {std::move(sts),
            {.name = settings.sns_topic_name,
             .region = parts_.aws.region,
             .endpoints = parts_.aws.endpoints}};
  }

  Parts parts_;
  DeliveryStops store_stops_{};
  DeliveryStops aws_stops_{};
  AwsAccess access_;
  std::string log_folder_{};
  internal::Shared<internal::Atomic<bool>> spool_hangs_ =
      internal::Shared<internal::Atomic<bool>>::make(false);
  std::size_t refused_before_ = 0;  ///< what an earlier process had set aside
  std::optional<Spooled<StoreLogs, StoreEvents, Spool>> store_{};
  std::optional<Spooled<AwsLogs, AwsEvents, Spool>> aws_{};
};

/// The sinks as the publisher of a Runner, and as what Announced announces to. They outlive it.
class SinkPolicy {
 public:
  static constexpr bool wants_uncounted = true;  ///< each sink takes what it wants

  explicit SinkPolicy(Sinks& sinks) : sinks_(&sinks) {}

  void begin(Report const& report) { sinks_->begin(report); }
  Result<void> publish(Report const& report) {
    sinks_->publish(report);
    return {};
  }

 private:
  Sinks* sinks_;
};
static_assert(Publisher<SinkPolicy>);

}  // namespace sla::inline v1::app
