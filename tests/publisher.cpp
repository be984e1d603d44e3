// SPDX-License-Identifier: MIT
#include "sla/publisher.hpp"

#include <doctest/doctest.h>

#include <memory>

using namespace sla;

namespace {

struct Minimal {
  Result<void> publish(Report const&) { return {}; }
};
struct MoveOnly : Minimal {
  std::unique_ptr<int> owned;
};
struct WithoutPublish {};
struct PublishThatKnowsNoReport {
  Result<void> publish() { return {}; }
};
struct PublishThatChangesTheReport {
  Result<void> publish(Report&) { return {}; }
};
struct PublishThatCannotFail {
  void publish(Report const&) {}
};
struct PublishWithAnotherResult {
  bool publish(Report const&) { return true; }
};
struct NotMovable : Minimal {
  NotMovable(NotMovable&&) = delete;
};

}  // namespace

static_assert(Publisher<Minimal>);
static_assert(Publisher<MoveOnly>);
static_assert(!Publisher<WithoutPublish>);
static_assert(!Publisher<PublishThatKnowsNoReport>);
static_assert(!Publisher<PublishThatChangesTheReport>);
static_assert(!Publisher<PublishThatCannotFail>);
static_assert(!Publisher<PublishWithAnotherResult>);
static_assert(!Publisher<NotMovable>);
static_assert(!Publisher<int>);

TEST_CASE("a function of a report is all that a publisher has to be") {
  CHECK(Minimal{}.publish(Report{}).has_value());
}
