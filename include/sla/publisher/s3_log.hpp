// SPDX-License-Identifier: MIT
#pragma once
// Puts each run's log in an S3 bucket, as an object that replaces no other. Where the key is taken
// by the very same run, because an answer got lost, the log is there already.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "sla/aws/bucket.hpp"
#include "sla/aws/s3.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/time.hpp"
#include "sla/publisher.hpp"
#include "sla/publisher/log_store.hpp"

namespace sla::inline v1 {

/// Keeps logs in a bucket. C is a Client for S3. Not thread-safe.
template <class C>
class S3Log {
 public:
  struct Options {
    Bucket bucket{};
    Duration limit = std::chrono::seconds{30};  ///< for one log, its retries included
    Stop const* stop = nullptr;  ///< outlives this; once it is requested, half its time is left
  };

  S3Log(C client, Options options) : client_(std::move(client)), options_(std::move(options)) {}

  /// Puts the log; gives its `s3://` URI.
  Result<std::string> store(Report const& report) {
    Instant const until = deadline();
    for (std::size_t attempt = 1; attempt <= log_key_attempts; ++attempt) {
      std::string const key = log_key(report, attempt);
      auto const put = put_object(client_, options_.bucket, object(report, key), until);
      if (put) return uri(key);
      if (put.error().code != Errc::exists) return put.error();
      if (is_ours(report, key, until)) return uri(key);
    }
    return Error{Errc::exists,
                 "s3 put object: " + log_key(report) + " and all its successors are taken"};
  }

  Result<void> publish(Report const& report) {
    auto const stored = store(report);
    if (!stored) return stored.error();
    return {};
  }

 private:
  static PutObjectInput object(Report const& report, std::string const& key) {
    return {.key = key,
            .body = report.outcome.output,
            .content_type = "text/plain; charset=utf-8",
            .metadata = {{"run-id", report.job.run_id},
                         {"exit-code", std::to_string(report.outcome.exit_code)}},
            .existing = Existing::keep};
  }

  /// Whether what has the key is this run's log. Where that may not be asked, it is not.
  bool is_ours(Report const& report, std::string const& key, Instant until) {
    auto const head = head_object(client_, options_.bucket, key, until);
    return head && find_header(head->metadata, "run-id") == std::string_view(report.job.run_id);
  }

  [[nodiscard]] Instant deadline() const {
    Instant const now = std::chrono::steady_clock::now();
    auto const end = options_.stop != nullptr ? options_.stop->deadline() : std::nullopt;
    return end ? std::min(now + options_.limit, now + (*end - now) / 2) : now + options_.limit;
  }

  [[nodiscard]] std::string uri(std::string const& key) const {
    return "s3://" + options_.bucket.name + '/' + key;
  }

  C client_;
  Options options_;
};

}  // namespace sla::inline v1
