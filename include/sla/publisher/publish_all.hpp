// SPDX-License-Identifier: MIT
#pragma once
// How whatever holds a publisher has it publish several reports: at once if it can, else one by
// one. A program whose publishers take only one report at a time does not compile it.
#include <cstddef>
#include <utility>
#include <vector>

#include "sla/core/result.hpp"
#include "sla/core/run.hpp"
#include "sla/publisher.hpp"

namespace sla::inline v1 {

/// Publishes the reports that the publisher wants, at once if it can, and returns the result of
/// each. Those that failed so far are passed over: `done` is empty, or has the result of each.
template <class P>
std::vector<Result<void>> publish_all_wanted(P& publisher, std::vector<Report> const& reports,
                                             std::vector<Result<void>> done = {}) {
  done.resize(reports.size());
  std::vector<Report> wanted;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < reports.size(); ++i) {
    if (!done[i] || (!wants_uncounted<P> && !reports[i].counts())) continue;
    if constexpr (BatchPublisher<P>) {
      wanted.push_back(reports[i]);
      places.push_back(i);
    } else {
      done[i] = publisher.publish(reports[i]);
    }
  }
  if constexpr (BatchPublisher<P>) {
    auto results = publisher.publish_all(wanted);
    for (std::size_t i = 0; i < places.size(); ++i) done[places[i]] = std::move(results[i]);
  }
  return done;
}

}  // namespace sla::inline v1
