// SPDX-License-Identifier: MIT
#pragma once
// Puts each run's log in an S3 bucket, as an object that replaces no other. Where the key is taken
// by the very same run, because an answer got lost, the log is there already; where that cannot be
// found out now, a later attempt does.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sla/aws/bucket.hpp"
#include "sla/aws/digest.hpp"
#include "sla/aws/s3.hpp"
#include "sla/core/output.hpp"
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
    /// For one log, its retries included; upload_time() of its size is added.
    Duration limit = std::chrono::seconds{30};
  };

  S3Log(C client, Options options) : client_(std::move(client)), options_(std::move(options)) {}

  /// Puts the log; gives its `s3://` URI.
  Result<std::string> store(Report const& report) {
    Instant const until = std::chrono::steady_clock::now() + options_.limit +
                          upload_time(report.outcome.output.size());
    std::string const& run = report.job.run_id;
    if (auto const first = log_key(report); first != first_key_) {
      first_key_ = first;
      owners_.clear();
    }
    auto const known = std::find(owners_.begin(), owners_.end(), run);
    if (known != owners_.end()) {
      return uri(log_key(report, static_cast<std::size_t>(known - owners_.begin()) + 1));
    }
    Output body = report.outcome.output;
    if (!body.sha256()) (void)hash_anew(body);  // once for all keys; an error shows in the request
    while (owners_.size() < log_key_attempts) {
      std::string const key = log_key(report, owners_.size() + 1);
      auto const put = this->put(report, key, body, until);
      if (!put && put.error().code != Errc::exists) return put.error();
      Result<std::optional<std::string>> whose{std::optional(run)};
      if (!put) whose = owner(key, until);
      if (!whose) return whose.error();
      owners_.push_back(*std::move(whose));
      if (owners_.back() == run) return uri(key);
    }
    return Error{Errc::exists,
                 "s3 put object: " + first_key_ + " and all its successors are taken"};
  }

  Result<void> publish(Report const& report) {
    auto const stored = store(report);
    if (!stored) return stored.error();
    return {};
  }

 private:
  /// Puts the log where no other is. One that is refused is hashed anew: what a spool kept may be
  /// no more what it was when its hash was taken.
  Result<void> put(Report const& report, std::string const& key, Output& body, Instant until) {
    PutObjectInput object{.key = key,
                          .body = body,
                          .content_type = "text/plain; charset=utf-8",
                          .metadata = {{"run-id", report.job.run_id},
                                       {"exit-code", std::to_string(report.outcome.exit_code)}},
                          .existing = Existing::keep};
    auto done = put_object(client_, options_.bucket, object, until);
    if (done || done.error().code != Errc::rejected || !hash_anew(body)) return done;
    object.body = body;
    return put_object(client_, options_.bucket, object, until);
  }

  /// Whether the hash of the bytes is another one than was known.
  static bool hash_anew(Output& body) {
    Sha256 hash;
    auto const sum = sha256(hash, body);
    if (!sum || body.sha256() == *sum) return false;
    body = body.with_sha256(*sum);
    return true;
  }

  /// The run whose log has the key; nothing where that may not be asked. What else went wrong may
  /// pass, and then the log might be there already. A status of 400 is one of them: no more than
  /// that comes back from a HEAD whose token has expired.
  Result<std::optional<std::string>> owner(std::string const& key, Instant until) {
    auto const head = head_object(client_, options_.bucket, key, until);
    if (head) return std::optional(std::string(find_header(head->metadata, "run-id").value_or("")));
    Errc const why = head.error().code;
    if (why == Errc::denied || why == Errc::not_found) return std::optional<std::string>();
    return head.error();
  }

  [[nodiscard]] std::string uri(std::string const& key) const {
    return "s3://" + options_.bucket.name + '/' + key;
  }

  C client_;
  Options options_;
  // Of the last second: so many logs of one second take as many requests, not their square.
  std::string first_key_{};
  std::vector<std::optional<std::string>> owners_{};  ///< whose log has that key and its successors
};

}  // namespace sla::inline v1
