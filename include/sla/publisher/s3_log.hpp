// SPDX-License-Identifier: MIT
#pragma once
// Puts each run's log in an S3 bucket, as an object that replaces no other. If the key is taken
// by the very same run, because an answer got lost, the log is there already; if that cannot be
// found out now, a later attempt does. AWS keeps what is there; whether a store of another make
// does is found out with the first log, and if it does not, each key is looked at first.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sla/aws/config/bucket.hpp"
#include "sla/aws/service/s3.hpp"
#include "sla/aws/sign/digest.hpp"
#include "sla/core/log.hpp"
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
    aws::Bucket bucket{};
    /// For one log, its retries included; upload_time() of its size is added.
    Duration limit = std::chrono::seconds{30};
    Logger log{};
  };

  static constexpr bool wants_uncounted = true;

  S3Log(C client, Options options)
      : client_(std::move(client)),
        options_(std::move(options)),
        condition_(aws::is_foreign(options_.bucket.endpoint) ? Condition::unknown
                                                             : Condition::kept) {}

  /// Puts the log and returns its `s3://` URI.
  Result<std::string> store(Report const& report) {
    Instant const until = std::chrono::steady_clock::now() + options_.limit +
                          aws::upload_time(report.outcome.output.size());
    std::string const& run = report.job.run_id;
    std::vector<std::string>& owners = owners_of(log_key(report));
    auto const known = std::find(owners.begin(), owners.end(), run);
    if (known != owners.end()) {
      return uri(log_key(report, static_cast<std::size_t>(known - owners.begin()) + 1));
    }
    aws::PutObjectInput object = object_of(report);
    while (owners.size() < log_key_attempts) {
      object.key = log_key(report, owners.size() + 1);
      auto whose = place(object, until);
      if (!whose) return whose.error();
      owners.push_back(*std::move(whose));
      if (owners.back() == run) return uri(object.key);
    }
    return Error{Errc::exists,
                 "s3 put object " + uri(log_key(report)) + ": it and all its successors are taken"};
  }

  /// Puts several at once. One whose key is taken is stored alone, and so is each one while it is
  /// not known whether the store keeps what is there.
  std::vector<Result<std::string>> store_all(std::vector<Report> const& reports) {
    std::vector<Result<std::string>> uris(reports.size(), std::string());
    std::vector<std::size_t> alone, together;
    std::vector<std::string> keys;
    std::vector<aws::PutObjectInput> objects;
    Duration limit = options_.limit;
    for (std::size_t i = 0; i < reports.size(); ++i) {
      std::string key = log_key(reports[i]);
      auto const& owners = owners_of(key);
      bool const known =
          std::find(owners.begin(), owners.end(), reports[i].job.run_id) != owners.end();
      bool const twice = std::find(keys.begin(), keys.end(), key) != keys.end();
      if (condition_ != Condition::kept || known || twice || owners.size() >= log_key_attempts) {
        alone.push_back(i);
        continue;
      }
      objects.push_back(object_of(reports[i]));
      objects.back().key = log_key(reports[i], owners.size() + 1);
      objects.back().existing = aws::Existing::keep;
      limit += aws::upload_time(reports[i].outcome.output.size());
      together.push_back(i);
      keys.push_back(std::move(key));
    }
    auto const done = aws::put_objects(client_, options_.bucket, objects,
                                       std::chrono::steady_clock::now() + limit);
    for (std::size_t i = 0; i < together.size(); ++i) {
      std::size_t const place = together[i];
      if (done[i]) {
        auto& owners = owners_of(keys[i]);
        bool const next = objects[i].key == log_key(reports[place], owners.size() + 1);
        if (next) owners.push_back(reports[place].job.run_id);
        uris[place] = uri(objects[i].key);
      } else if (done[i].error().code == Errc::exists) {
        alone.push_back(place);
      } else {
        uris[place] = done[i].error();
      }
    }
    for (std::size_t const i : alone) uris[i] = store(reports[i]);
    return uris;
  }

  /// Puts the bytes of a bundle, whose hash is in the key: an object that has it holds the same.
  Result<std::string> store_bundle(Output const& bytes, WallTime at) {
    aws::PutObjectInput object{.body = bytes, .content_type = "text/plain; charset=utf-8"};
    if (!object.body.sha256() && !hash_anew(object.body)) {
      return Error{Errc::system, "s3 put object: the bundle of logs cannot be hashed"};
    }
    std::string id;
    hex_to(id, *object.body.sha256());
    object.key = bundle_key(at, id.substr(0, 32));
    bool const keeps = condition_ == Condition::kept;
    auto const done =
        put(object, keeps ? aws::Existing::keep : aws::Existing::replace,
            std::chrono::steady_clock::now() + options_.limit + aws::upload_time(bytes.size()));
    if (!done && done.error().code != Errc::exists) return done.error();
    return uri(object.key);
  }

  Result<void> publish(Report const& report) {
    auto const stored = store(report);
    if (!stored) return stored.error();
    return {};
  }

 private:
  /// What a store makes of `If-None-Match: *`, with which no object replaces another.
  enum class Condition {
    unknown,
    kept,
    ignored,  ///< or refused
  };

  static aws::PutObjectInput object_of(Report const& report) {
    aws::PutObjectInput object{
        .body = report.outcome.output,
        .content_type = "text/plain; charset=utf-8",
        .metadata = {{"run-id", report.job.run_id},
                     {"exit-code", std::to_string(report.outcome.exit_code)}}};
    if (!object.body.sha256()) (void)hash_anew(object.body);  // an error shows in the request
    return object;
  }

  /// Returns true if the hash of the bytes is another one than was known.
  static bool hash_anew(Output& body) {
    aws::Sha256 hash;
    auto const sum = aws::sha256(hash, body);
    if (!sum || body.sha256() == *sum) return false;
    body = body.with_sha256(*sum);
    return true;
  }

  static std::string const& run_of(aws::PutObjectInput const& object) {
    return object.metadata.front().value;
  }

  /// Puts the log where no other is and returns the run whose log has the key then, empty if that
  /// may not be asked.
  Result<std::string> place(aws::PutObjectInput& object, Instant until) {
    if (condition_ == Condition::kept) return place_by_condition(object, until);
    Instant const began = client_.clock().now();
    auto there = look(object.key, until);
    if (there && *there) return **std::move(there);
    bool const blind =
        condition_ == Condition::unknown && !there && there.error().code == Errc::denied;
    if (!there && !blind) return there.error();
    if (condition_ == Condition::unknown) {
      auto whose = try_condition(object, until);
      if (!whose || condition_ != Condition::ignored) return whose;
    } else if (auto done = put(object, aws::Existing::replace, until); !done) {
      return done.error();
    }
    return settle(object, began, until);
  }

  Result<std::string> place_by_condition(aws::PutObjectInput& object, Instant until) {
    auto const done = put(object, aws::Existing::keep, until);
    if (done) return run_of(object);
    if (done.error().code != Errc::exists) return done.error();
    condition_ = Condition::kept;
    // What else goes wrong may pass, and then the log might be there already. A status of 400 is
    // one of them: no more than that comes back from a HEAD whose token has expired.
    auto there = look(object.key, until);
    if (there) return std::move(there)->value_or("");
    if (there.error().code == Errc::denied) return std::string();
    return there.error();
  }

  /// Puts the log, and finds out whether the store keeps what is there: the log is put over itself,
  /// which harms nothing.
  Result<std::string> try_condition(aws::PutObjectInput& object, Instant until) {
    auto whose = place_by_condition(object, until);
    if (condition_ == Condition::kept) return whose;
    if (!whose && !is_unsupported(whose.error())) return whose;
    bool const refused = !whose;
    auto const done = put(object, refused ? aws::Existing::replace : aws::Existing::keep, until);
    if (refused && !done) return done.error();
    if (!done && done.error().code == Errc::exists) condition_ = Condition::kept;
    if (!done) return run_of(object);
    condition_ = Condition::ignored;
    options_.log.warning("the store " + std::string(refused ? "refuses" : "ignores") +
                             " If-None-Match, so each log's key is looked at before it is put",
                         {{"bucket", options_.bucket.name}});
    return run_of(object);
  }
  /// Returns true if it may be the condition that a store refuses.
  static bool is_unsupported(Error const& error) noexcept {
    return error.code == Errc::rejected &&
           (error.http_status() == 400 || error.http_status() == 405 || error.http_status() == 501);
  }

  /// Checks that the log is still there once others who looked before it was have put theirs.
  Result<std::string> settle(aws::PutObjectInput const& object, Instant began, Instant until) {
    using std::chrono::milliseconds;
    Instant const now = client_.clock().now();
    client_.clock().sleep_until(
        now + std::clamp<Duration>(4 * (now - began), milliseconds{100}, milliseconds{2000}));
    auto there = look(object.key, until);
    if (!there) return there.error();
    return std::move(there)->value_or(run_of(object));
  }

  /// Puts the log. One that is refused is hashed anew: what a spool kept may be no more what it was
  /// when its hash was taken.
  Result<void> put(aws::PutObjectInput& object, aws::Existing existing, Instant until) {
    object.existing = existing;
    auto done = aws::put_object(client_, options_.bucket, object, until);
    if (done || done.error().code != Errc::rejected || !hash_anew(object.body)) return done;
    return aws::put_object(client_, options_.bucket, object, until);
  }

  /// Returns the run whose log has the key, or nothing if no object has it.
  Result<std::optional<std::string>> look(std::string const& key, Instant until) {
    auto const head = aws::head_object(client_, options_.bucket, key, until);
    if (head)
      return std::optional(std::string(aws::find_header(head->metadata, "run-id").value_or("")));
    if (head.error().code == Errc::not_found) return std::optional<std::string>();
    return head.error();
  }

  [[nodiscard]] std::string uri(std::string const& key) const {
    return "s3://" + options_.bucket.name + '/' + key;
  }

  /// Returns whose logs have a key and its successors, as far as known: so many logs of one second
  /// take as many requests, not their square.
  std::vector<std::string>& owners_of(std::string const& key) {
    constexpr std::size_t most_keys = 4096;
    auto const [known, is_new] = owners_.try_emplace(key);
    if (!is_new) return known->second;
    keys_.push_back(key);
    if (keys_.size() > most_keys) {
      owners_.erase(keys_.front());
      keys_.pop_front();
    }
    return known->second;
  }

  C client_;
  Options options_;
  Condition condition_;
  std::map<std::string, std::vector<std::string>> owners_{};  ///< by the first key
  std::deque<std::string> keys_{};                            ///< those keys, the newest last
};

}  // namespace sla::inline v1
