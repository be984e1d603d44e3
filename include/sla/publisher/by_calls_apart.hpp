// SPDX-License-Identifier: MIT
#pragma once
// A publisher to a disk that may hang: its calls are made apart, so that the program can end while
// one of them waits.
#include <optional>
#include <string>
#include <utility>

#include "sla/core/apart.hpp"
#include "sla/core/result.hpp"
#include "sla/publisher.hpp"
#include "sla/publisher/log_store.hpp"

namespace sla::inline v1 {

/// Publishes to P, which starts neither a process nor a thread; stores logs where P does.
template <class P>
class ByCallsApart {
  using Held = internal::HeldPublisher<P>;

 public:
  static constexpr bool wants_uncounted = sla::wants_uncounted<P>;

  explicit ByCallsApart(P publisher) : publisher_(std::move(publisher)) {}

  Result<void> publish(Report const& report) {
    return call<Result<void>>([&] { return publish_wanted(publisher_, report); });
  }
  Result<std::string> store(Report const& report) requires LogStore<Held> {
    return call<Result<std::string>>([&] { return publisher_.store(report); });
  }

 private:
  template <class R, class Ask>
  static R call(Ask ask) {
    std::optional<R> answer;
    auto body = [&] { answer.emplace(ask()); };
    internal::CallsApart::make(body);
    if (answer) return *std::move(answer);
    return Error{Errc::unavailable, "the call was killed"};
  }

  Held publisher_;

  static_assert(Publisher<P>,
                "ByCallsApart's parameter must be a sla::Publisher: movable, with "
                "sla::Result<void> publish(sla::Report const&)");
};

}  // namespace sla::inline v1
