// SPDX-License-Identifier: MIT
#pragma once
// Two publishers, of which the second gets what the first took: what only makes sense of a report
// that arrived.
#include <utility>

#include "sla/publisher.hpp"

namespace sla::inline v1 {

/// Publishes to P and, once it took the report, to Q. Where Q fails too, whoever tries again tries
/// both.
template <Publisher P, Publisher Q>
class Then {
 public:
  Then(P first, Q second) : first_(std::move(first)), second_(std::move(second)) {}

  Result<void> publish(Report const& report) {
    if (auto done = first_.publish(report); !done) return done;
    return second_.publish(report);
  }

 private:
  P first_;
  Q second_;
};

}  // namespace sla::inline v1
