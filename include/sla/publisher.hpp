// SPDX-License-Identifier: MIT
#pragma once
// The contract of a Publisher: delivers what happened. Its models and the adaptors that combine
// them stand in publisher/.
#include <concepts>
#include <string>
#include <type_traits>
#include <vector>

#include "sla/core/result.hpp"
#include "sla/core/run.hpp"

namespace sla::inline v1 {

namespace internal {

/// A member of that name, if there is one, is what the contract says.
template <class P>
concept wants_uncounted_is_static_constexpr_bool = !requires {
  &P::wants_uncounted;
}
|| std::same_as<decltype(&P::wants_uncounted), bool const*>;
template <class P>
concept publish_all_takes_reports_and_gives_a_result_for_each = !requires {
  &P::publish_all;
}
|| requires(P& p, std::vector<Report> const& reports) {
  { p.publish_all(reports) } -> std::same_as<std::vector<Result<void>>>;
};

}  // namespace internal

/// `publish(report)` delivers one report within the publisher's own deadline, or says why not. An
/// Error never ends the loop. One thread uses it at a time. It is handed only reports that count
/// (Report::counts). One that keeps logs, and so wants those of runs that are no result too, says
/// so in its type: `static constexpr bool wants_uncounted = true;`. One that delivers several at
/// once for less has `publish_all(reports)` too, which gives the result of each; it tries each
/// once, since what fails is published again, alone.
template <class P>
concept Publisher = bool{std::movable<P>} && requires(P& p, Report const& report) {
  { p.publish(report) } -> std::same_as<Result<void>>;
}
&&bool{internal::wants_uncounted_is_static_constexpr_bool<P>} &&
    bool{internal::publish_all_takes_reports_and_gives_a_result_for_each<P>};

/// A Publisher that delivers several reports at once.
template <class P>
concept BatchPublisher = Publisher<P> && requires(P& p, std::vector<Report> const& reports) {
  p.publish_all(reports);
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

/// Tells whether a publisher wants the reports that do not count, too.
template <class P>
inline constexpr bool wants_uncounted = [] {
  if constexpr (requires { P::wants_uncounted; }) return P::wants_uncounted;
  return false;
}();

/// Publishes the report if the publisher wants it: how whatever holds a publisher calls it.
template <class P>
Result<void> publish_wanted(P& publisher, Report const& report) {
  if (!wants_uncounted<P> && !report.counts()) return {};
  return publisher.publish(report);
}

}  // namespace sla::inline v1
