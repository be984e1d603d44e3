// SPDX-License-Identifier: MIT
#pragma once
// The contract of a Publisher: delivers what happened. Its models and the adaptors that combine
// them stand in publisher/.
#include <concepts>
#include <string>
#include <type_traits>

#include "sla/core/result.hpp"
#include "sla/core/run.hpp"

namespace sla::inline v1 {

/// `publish(report)` delivers one report within the publisher's own deadline, or says why not. An
/// Error never ends the loop. A report that does not count (Report::counts) is no result: a
/// publisher of events passes over it, one of logs keeps its log.
template <class P>
concept Publisher = bool{std::movable<P>} && requires(P& p, Report const& report) {
  { p.publish(report) } -> std::same_as<Result<void>>;
};

namespace internal {

/// Takes the place of a publisher that a door refused, so that the refusal is the only error. (A
/// door is a template that a policy enters. Its checks stand at its end: clang reads a class no
/// further than the first that fails.)
template <class X>
struct RefusedPublisher {
  RefusedPublisher(X const&) noexcept {}
  Result<void> publish(Report const&) { return {}; }
  Result<std::string> store(Report const&) { return std::string(); }
};
template <class X>
using HeldPublisher = std::conditional_t<Publisher<X>, X, RefusedPublisher<X>>;

}  // namespace internal

}  // namespace sla::inline v1
