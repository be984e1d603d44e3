// SPDX-License-Identifier: MIT
#pragma once
// Asks S3 for the rights to the logs, without putting one: a PUT that is to replace an object that
// cannot be is refused for lack of the right (403), or else because there is no such object (404,
// 412). Stores of other makers, some of which take no notice of the condition, get a body that is
// not the one that is announced, too.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/access/findings.hpp"
#include "sla/app/access/rights.hpp"
#include "sla/app/aws_access.hpp"
#include "sla/aws/config/bucket.hpp"
#include "sla/aws/service/s3.hpp"
#include "sla/aws/service/s3_read.hpp"
#include "sla/core/result.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::app {

/// Asks for the rights that are named PutLogs.
class BucketQuestions {
 public:
  BucketQuestions(ProgramClient client, aws::Bucket bucket, std::string service, Instant deadline)
      : client_(std::move(client)),
        bucket_(std::move(bucket)),
        key_(std::move(service) + "/preflight"),
        deadline_(deadline) {}

  /// Asks, and tells what each of the rights is.
  void ask(std::vector<Right> const& rights, Findings& findings) {
    std::string const told = bucket_.endpoint.region;
    Result<void> put = try_put();
    if (!put && is_no_bucket(put.error())) {
      return findings.add(Finding::wrong, "bucket s3://" + bucket_.name +
                                              ": there is no such one: " + put.error().message);
    }
    tell_region(told, findings);
    std::vector<std::string_view> missing;
    while (is_denied(put)) {
      std::string_view const action = culprit(put.error());
      Right const* const right = find(rights, action);
      if (right == nullptr) {
        findings.judge(rights.front(), put);
        return;
      }
      findings.add(Finding::denied, *right, put.error().message);
      missing.push_back(right->action);
      if (!leave_out(action)) break;
      put = try_put();
    }
    for (Right const& right : rights) {
      bool const done = std::find(missing.begin(), missing.end(), right.action) != missing.end();
      if (!done) tell(right, put, findings);
    }
  }

  /// Returns the bucket, in its own region.
  [[nodiscard]] aws::Bucket const& bucket() const noexcept { return bucket_; }

 private:
  static bool is_no_bucket(Error const& error) {
    return error.code == Errc::not_found && error.message.find("NoSuchBucket") != std::string::npos;
  }
  static bool is_denied(Result<void> const& put) {
    return !put && put.error().code == Errc::denied;
  }
  static Right const* find(std::vector<Right> const& rights, std::string_view action) {
    for (Right const& right : rights) {
      if (same_ignoring_case(right.action, action)) return &right;
    }
    return nullptr;
  }

  /// The answer to a PUT that changes nothing; it is good if it is that there is no such object.
  Result<void> try_put() {
    aws::PutObjectInput input{.key = key_,
                              .content_type = "text/plain; charset=utf-8",
                              .if_match = "\"00000000000000000000000000000000\""};
    if (aws::is_foreign(bucket_.endpoint)) input.body = input.body.with_sha256({});
    auto const put = aws::put_object(client_, bucket_, input, deadline_);
    if (put) {
      kept_ = true;
      return {};
    }
    Error const& error = put.error();
    bool const no_object =
        error.code == Errc::exists || (error.code == Errc::not_found && !is_no_bucket(error));
    bool const not_the_body = error.message.find("SHA256Mismatch") != std::string::npos ||
                              error.message.find("BadDigest") != std::string::npos;
    if (no_object || not_the_body) return {};
    return error;
  }

  /// The action that is missing. Where S3 does not name it, what goes along is left out to see.
  std::string_view culprit(Error const& error) {
    std::string_view const named = denied_action(error.message);
    if (!named.empty()) return named;
    aws::ObjectOptions const all = bucket_.objects;
    for (std::string_view const action : {"s3:PutObjectAcl", "s3:PutObjectTagging"}) {
      if (!leave_out(action)) continue;
      bool const still = is_denied(try_put());
      bucket_.objects = all;
      if (!still) return action;
    }
    return "s3:PutObject";
  }
  /// Leaves out what needs that right; false if it cannot be left out.
  bool leave_out(std::string_view action) {
    aws::ObjectOptions& objects = bucket_.objects;
    if (same_ignoring_case(action, "s3:PutObjectAcl"))
      return !std::exchange(objects.acl, {}).empty();
    if (same_ignoring_case(action, "s3:PutObjectTagging")) {
      return !std::exchange(objects.tags, {}).empty();
    }
    return false;
  }

  void tell_region(std::string const& told, Findings& findings) const {
    std::string const& region = bucket_.endpoint.region;
    if (region == told) return;
    findings.add(Finding::warning, "region: the bucket " + bucket_.name + " is in " + region +
                                       ", not in " + told +
                                       ": each runner asks there first, and then here");
  }

  void tell(Right const& right, Result<void> const& put, Findings& findings) {
    if (right.action == "s3:GetObject") return tell_get(right, findings);
    if (is_denied(put)) {
      return findings.add(Finding::not_tested, right, "S3 says one right at a time");
    }
    findings.judge(right, put);
    bool const kept = std::exchange(kept_, false);
    if (!kept) return;
    findings.add(Finding::warning, "s3://" + bucket_.name + '/' + key_ +
                                       ": this store heeds no If-Match and kept an empty object");
  }

  /// Without the right to list S3 does not say if an object is there, and which right it looks at.
  void tell_get(Right const& right, Findings& findings) {
    auto const got = aws::get_object(client_, bucket_, {.key = key_, .size = 1}, deadline_);
    if (got || got.error().code == Errc::not_found) return findings.add(Finding::ok, right);
    Error const& error = got.error();
    std::string_view const named = denied_action(error.message);
    if (same_ignoring_case(named, "s3:ListBucket")) return findings.add(Finding::ok, right);
    if (error.code == Errc::denied && named.empty()) {
      return findings.add(Finding::not_tested, right,
                          "without s3:ListBucket S3 denies what is not there");
    }
    findings.judge(right, error);
  }

  ProgramClient client_;
  aws::Bucket bucket_;
  std::string key_;
  Instant deadline_;
  bool kept_ = false;  ///< the store put an object all the same
};

}  // namespace sla::inline v1::app
