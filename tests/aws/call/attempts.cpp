// SPDX-License-Identifier: MIT
#include "sla/aws/call/attempts.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <vector>

#include "../../support/fake_clock.hpp"
#include "../../support/scripted_transport.hpp"

using namespace sla;
using namespace sla::aws;
using namespace std::chrono_literals;

TEST_CASE("attempts are repeated for as long as there is a reason and one is left") {
  FakeTime time;
  FakeClock clock(time);
  for (int const good : {1, 2, 3, 4, 5}) {
    int asked = 0;
    int const answer = repeat_attempts(
        clock, {4, 1s}, [&](Instant) { return ++asked; },
        [&](int number) { return number < good ? RetryReason::transient : RetryReason::none; });
    CHECK(answer == (good < 4 ? good : 4));
    CHECK(asked == answer);
  }
}

TEST_CASE("each attempt has a time limit of its own, and between them there is a short wait") {
  FakeTime time;
  FakeClock clock(time);
  std::vector<Duration> limits;
  (void)repeat_attempts(
      clock, {3, 2s},
      [&](Instant deadline) {
        limits.push_back(deadline - clock.now());
        return 0;
      },
      [](int) { return RetryReason::transient; });
  CHECK(limits == std::vector<Duration>(3, 2s));
  CHECK(time.sleeps.size() == 2);
  CHECK(time.now - Instant(1h) <= 150ms);
}

TEST_CASE("an attempt that took all of its time is followed by one that has twice as much") {
  FakeTime time;
  FakeClock clock(time);
  std::vector<Duration> limits;
  (void)repeat_attempts(
      clock, {4, 2s},
      [&](Instant deadline) {
        limits.push_back(deadline - clock.now());
        time.advance(limits.size() == 3 ? 1s : limits.back());
        return 0;
      },
      [](int) { return RetryReason::transient; });
  CHECK(limits == std::vector<Duration>{2s, 4s, 8s, 8s});
}

TEST_CASE("copies of a shared transport send over the same one") {
  Script script;
  script.answers = {Response{200, {}, "one"}, Response{200, {}, "two"}};
  SharedTransport<ScriptedTransport> first{ScriptedTransport(script)};
  SharedTransport<ScriptedTransport> second = first;
  CHECK(first.send({}, Instant()).value().body == "one");
  CHECK(second.send({}, Instant()).value().body == "two");
}

TEST_CASE("a shared transport sends several at once where the one that it shares does") {
  Script script;
  script.answers = {Response{200, {}, "one"}, Response{200, {}, "two"}};
  SharedTransport<ScriptedBatchTransport> shared{ScriptedBatchTransport(script)};
  auto const answers = shared.send_all({Request{}, Request{}}, Instant());
  REQUIRE(answers.size() == 2);
  CHECK(answers[1].value().body == "two");
  CHECK(script.batches == std::vector<std::size_t>{2});
  CHECK(BatchTransport<SharedTransport<ScriptedBatchTransport>>);
  CHECK_FALSE(BatchTransport<SharedTransport<ScriptedTransport>>);
}
