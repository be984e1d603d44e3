// SPDX-License-Identifier: MIT
#pragma once
// Which topic a publisher of events publishes to: one whose ARN is known, or one of the own account
// by its name, which STS is asked to complete, once.
#include <chrono>
#include <concepts>
#include <string>
#include <type_traits>
#include <utility>

#include "sla/aws/config/endpoint.hpp"
#include "sla/aws/config/endpoint_settings.hpp"
#include "sla/aws/service/arn.hpp"
#include "sla/aws/service/sts.hpp"
#include "sla/core/result.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1 {

/// `arn()` gives the topic's ARN, or why it is not known (yet).
template <class T>
concept TopicSource = bool{std::movable<T>} && requires(T& t) {
  { t.arn() } -> std::same_as<Result<std::string>>;
};

namespace internal {

/// Takes the place of a source that a door refused, so that the refusal is the only error.
template <class X>
struct RefusedTopicSource {
  RefusedTopicSource(X const&) noexcept {}
  Result<std::string> arn() { return std::string(); }
};
template <class X>
using HeldTopicSource = std::conditional_t<TopicSource<X>, X, RefusedTopicSource<X>>;

}  // namespace internal

/// A topic whose ARN is known.
class FixedTopic {
 public:
  explicit FixedTopic(std::string arn) : arn_(std::move(arn)) {}

  Result<std::string> arn() const { return arn_; }

 private:
  std::string arn_;
};
static_assert(TopicSource<FixedTopic>);

/// A topic of the own account. C is a Client for STS.
template <class C>
class NamedTopic {
 public:
  struct Options {
    std::string name;
    std::string region;
    aws::EndpointSettings endpoints{};
    Duration limit = std::chrono::seconds{15};  ///< for the question to STS, its retries included
  };

  NamedTopic(C sts, Options options) : sts_(std::move(sts)), options_(std::move(options)) {}
  /// The topic of that ARN; STS is never asked.
  NamedTopic(C sts, FixedTopic const& topic) : sts_(std::move(sts)), arn_(topic.arn().value()) {}

  /// Asks STS for the account until it answers, and never again.
  Result<std::string> arn() {
    if (!arn_.empty()) return arn_;
    auto const identity =
        aws::get_caller_identity(sts_, options_.endpoints.in(options_.region, aws::Service::sts),
                                 std::chrono::steady_clock::now() + options_.limit);
    if (!identity) return identity.error().within("topic " + options_.name);
    auto const arn = aws::topic_arn(
        {.region = options_.region, .account = identity->account, .name = options_.name});
    if (!arn) return arn.error();
    return arn_ = aws::to_string(*arn);
  }

 private:
  C sts_;
  Options options_{};
  std::string arn_;
};

}  // namespace sla::inline v1
