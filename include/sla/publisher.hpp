// SPDX-License-Identifier: MIT
#pragma once
// The contract of a Publisher: delivers what happened. Its models and the adaptors that combine
// them stand in publisher/.
#include <concepts>

#include "sla/core/result.hpp"
#include "sla/core/run.hpp"

namespace sla::inline v1 {

/// `publish(report)` delivers one report within the publisher's own deadline, or says why not. An
/// Error never ends the loop. A report that does not count (Report::counts) is no result: a
/// publisher of events passes over it, one of logs keeps its log.
template <class P>
concept Publisher = std::movable<P> && requires(P& p, Report const& report) {
  { p.publish(report) } -> std::same_as<Result<void>>;
};

}  // namespace sla::inline v1
