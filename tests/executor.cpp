// SPDX-License-Identifier: MIT
#include "sla/executor.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>

using namespace sla;

namespace {

struct Minimal {
  Result<Outcome> execute(Job const&, Stop const&) { return Outcome{}; }
};
struct MoveOnly : Minimal {
  std::unique_ptr<int> owned;
};
struct WithoutExecute {};
struct ExecuteThatKnowsNoStop {
  Result<Outcome> execute(Job const&) { return Outcome{}; }
};
struct ExecuteThatKnowsNoJob {
  Result<Outcome> execute(Stop const&) { return Outcome{}; }
};
struct ExecuteThatChangesTheJob {
  Result<Outcome> execute(Job&, Stop const&) { return Outcome{}; }
};
struct ExecuteThatChangesTheStop {
  Result<Outcome> execute(Job const&, Stop&) { return Outcome{}; }
};
struct ExecuteThatCannotFail {
  Outcome execute(Job const&, Stop const&) { return {}; }
};
struct ExecuteWithAnotherResult {
  Result<int> execute(Job const&, Stop const&) { return 0; }
};
struct Limited : Minimal {
  [[nodiscard]] std::optional<Duration> longest_run() const { return Duration{3}; }
};
struct WithAnotherLimit : Minimal {
  [[nodiscard]] Duration longest_run() const { return Duration{3}; }
};
struct Sociable : Minimal {
  void run_beside_others() { told = true; }
  bool told = false;
};
struct WithAnotherWord : Minimal {
  bool run_beside_others() { return true; }
};
struct NotMovable : Minimal {
  NotMovable(NotMovable&&) = delete;
};

}  // namespace

static_assert(Executor<Minimal>);
static_assert(Executor<MoveOnly>);
static_assert(!Executor<WithoutExecute>);
static_assert(!Executor<ExecuteThatKnowsNoStop>);
static_assert(!Executor<ExecuteThatKnowsNoJob>);
static_assert(!Executor<ExecuteThatChangesTheJob>);
static_assert(!Executor<ExecuteThatChangesTheStop>);
static_assert(!Executor<ExecuteThatCannotFail>);
static_assert(!Executor<ExecuteWithAnotherResult>);
static_assert(Executor<Limited>);
static_assert(!Executor<WithAnotherLimit>);
static_assert(Executor<Sociable>);
static_assert(!Executor<WithAnotherWord>);
static_assert(!Executor<NotMovable>);
static_assert(!Executor<int>);

TEST_CASE("a function of a job and a stop is all that an executor has to be") {
  CHECK(Minimal{}.execute(Job{}, Stop{})->verdict == Verdict::pass);
  CHECK_FALSE(internal::longest_run_of(Minimal{}));
  CHECK(internal::longest_run_of(Limited{}) == Duration{3});
  Minimal minimal;
  internal::tell_of_others(minimal);
  Sociable sociable;
  internal::tell_of_others(sociable);
  CHECK(sociable.told);
}
