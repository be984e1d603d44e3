// SPDX-License-Identifier: MIT
#include "sla/publisher.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>

#include "sla/publisher/all.hpp"
#include "sla/publisher/optional.hpp"
#include "sla/publisher/then.hpp"

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

struct Counting {
  Result<void> publish(Report const&) {
    ++*published;
    return {};
  }
  int* published;
};
struct KeepsLogs : Counting {
  static constexpr bool wants_uncounted = true;
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
static_assert(!wants_uncounted<Minimal>);
static_assert(wants_uncounted<KeepsLogs>);
static_assert(wants_uncounted<Optional<All<Minimal, KeepsLogs>>>);
static_assert(!wants_uncounted<Optional<All<Minimal, Minimal>>>);

TEST_CASE("of several publishers only those that want it are handed a run that does not count") {
  int events = 0, logs = 0;
  All all{Optional{std::optional{Counting{&events}}}, Then{Counting{&events}, KeepsLogs{{&logs}}}};
  CHECK(publish_wanted(all, Report{.outcome = {.verdict = Verdict::interrupted}}));
  CHECK(events == 0);
  CHECK(logs == 1);
  CHECK(publish_wanted(all, Report{}));
  CHECK(events == 2);
  CHECK(logs == 2);
}
