// SPDX-License-Identifier: MIT
#pragma once
// Two publishers, of which the second gets what the first took: what only makes sense of a report
// that arrived.
#include <utility>
#include <vector>

#include "sla/publisher.hpp"
#include "sla/publisher/publish_all.hpp"

namespace sla::inline v1 {

/// Publishes to P and, once it took the report, to Q. If Q fails, another attempt is one at both.
/// Not thread-safe.
template <class P, class Q>
class Then {
 public:
  static constexpr bool wants_uncounted = sla::wants_uncounted<P> || sla::wants_uncounted<Q>;

  Then(P first, Q second) : first_(std::move(first)), second_(std::move(second)) {}

  Result<void> publish(Report const& report) {
    if (auto done = publish_wanted(first_, report); !done) return done;
    return publish_wanted(second_, report);
  }
  std::vector<Result<void>> publish_all(std::vector<Report> const& reports) requires
      BatchPublisher<internal::HeldPublisher<P>> {
    return publish_all_wanted(second_, reports, publish_all_wanted(first_, reports));
  }

 private:
  internal::HeldPublisher<P> first_;
  internal::HeldPublisher<Q> second_;

  static_assert(Publisher<P>,
                "Then's first parameter must be a sla::Publisher: movable, with sla::Result<void> "
                "publish(sla::Report const&)");
  static_assert(Publisher<Q>,
                "Then's second parameter must be a sla::Publisher: movable, with sla::Result<void> "
                "publish(sla::Report const&)");
};

}  // namespace sla::inline v1
