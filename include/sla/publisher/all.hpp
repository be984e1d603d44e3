// SPDX-License-Identifier: MIT
#pragma once
// Several publishers as one: each gets every report, whatever becomes of the others.
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "sla/publisher.hpp"

namespace sla::inline v1 {

/// Publishes to each publisher in turn. The error is the first one's, and its message all of them.
/// Not thread-safe.
template <class... P>
class All {
 public:
  static constexpr bool wants_uncounted = (sla::wants_uncounted<P> || ...);

  explicit All(P... publishers) : publishers_(std::move(publishers)...) {}

  Result<void> publish(Report const& report) {
    std::optional<Error> failed;
    auto const one = [&](auto& publisher) {
      auto done = publish_wanted(publisher, report);
      if (done) return;
      if (failed) {
        failed->message.append("; ").append(done.error().message);
      } else {
        failed = std::move(done).error();
      }
    };
    std::apply([&](auto&... publisher) { (one(publisher), ...); }, publishers_);
    if (failed) return *std::move(failed);
    return {};
  }

 private:
  std::tuple<internal::HeldPublisher<P>...> publishers_;

  static_assert((Publisher<P> && ...),
                "Each of All's parameters must be a sla::Publisher: movable, with "
                "sla::Result<void> publish(sla::Report const&)");
};
static_assert(Publisher<All<>>);

}  // namespace sla::inline v1
