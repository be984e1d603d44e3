// SPDX-License-Identifier: MIT
#include "sla/core/time_limited.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "../support/eventually.hpp"
#include "../support/no_threads.hpp"

using namespace sla;
using namespace std::chrono_literals;

namespace {

using Words = std::vector<std::string>;

/// A call that hangs until it is let go.
struct Hook {
  std::shared_ptr<std::atomic<bool>> go = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<std::atomic<bool>> undone = std::make_shared<std::atomic<bool>>(false);

  auto call() const {
    return [go = go](std::optional<Words>& words) {
      (void)support::eventually([&] { return go->load(); });
      words.emplace().push_back("late");
      return 1;
    };
  }
  auto undo() const {
    return [undone = undone](std::optional<Words>& words) {
      words->pop_back();
      *undone = true;
    };
  }
};

auto size_of() {
  return [](std::optional<Words>& words) { return words ? words->size() : 99; };
}

}  // namespace

TEST_CASE("what answers in time is asked as if nothing were between") {
  internal::TimeLimited<Words> limited(1min);
  CHECK(limited.ask(size_of()) == 99U);
  (void)limited.insist([](std::optional<Words>& words) {
    words.emplace(3);
    return true;
  });
  CHECK(limited.ask(size_of()) == 3U);
  CHECK(limited.answers());
}

TEST_CASE("what hangs is waited for once, and undone when it comes back") {
  internal::TimeLimited<Words> limited(50ms);
  Hook const hook;
  CHECK_FALSE(limited.ask(hook.call(), hook.undo()));
  CHECK_FALSE(limited.answers());
  auto const begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; ++i) CHECK_FALSE(limited.ask(size_of()));
  CHECK(std::chrono::steady_clock::now() - begin < 1000 * 50ms);
  auto const later = std::make_shared<std::atomic<bool>>(false);
  CHECK_FALSE(limited.insist([later](std::optional<Words>&) {
    *later = true;
    return true;
  }));
  CHECK_FALSE(*later);
  *hook.go = true;
  CHECK(support::eventually([&] { return limited.answers(); }));
  CHECK(*hook.undone);
  CHECK(*later);
  CHECK(internal::TimeLimited<Words>(1min).answers());
}

TEST_CASE("without a thread nothing answers, and what must be done is done once there is one") {
  CHECK(support::eventually(
      [] { return internal::CallsApart::finish(std::chrono::steady_clock::now() + 1min); }));
  internal::TimeLimited<Words> limited(1min);
  {
    NoThreads const none;
    CHECK_FALSE(limited.answers());
    CHECK_FALSE(limited.ask(size_of()));
    CHECK_FALSE(limited.insist([](std::optional<Words>& words) {
      words.emplace(2);
      return true;
    }));
  }
  CHECK(support::eventually([&] { return limited.answers(); }));
  CHECK(limited.ask(size_of()) == 2U);
}
