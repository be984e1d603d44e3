// SPDX-License-Identifier: MIT
#include "sla/aws/credential/refreshing.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "../../support/no_threads.hpp"
#include "sla/aws/credential/container.hpp"
#include "sla/core/parse_time.hpp"

using namespace sla;
using namespace sla::aws;
using namespace std::chrono_literals;

namespace {

WallTime const start = *parse_iso_time("2026-01-01T00:00:00Z");

Credentials keys_until(std::optional<WallTime> expires, std::string id) {
  Credentials keys{};
  keys.access_key_id = std::move(id);
  keys.secret_access_key = Secret("s3cret");
  keys.expires = expires;
  keys.source = "test";
  return keys;
}

/// A source that gives numbered keys for an hour, or the error that it is told.
struct Script {
  Duration lifetime = 60min;
  std::optional<Error> error{};
  Stability how = Stability::lasting;
  std::vector<WallTime> asked{};
};
struct Scripted {
  std::shared_ptr<Script> script;

  Result<Credentials> credentials(WallTime now) const {
    script->asked.push_back(now);
    if (script->error) return *script->error;
    return keys_until(now + script->lifetime, std::to_string(script->asked.size()));
  }
  [[nodiscard]] Stability stability() const { return script->how; }
};
static_assert(CredentialSource<Scripted>);
static_assert(CredentialSource<Refreshing<Scripted>>);

double no_jitter() { return 0; }

struct Fixture {
  std::shared_ptr<Script> script = std::make_shared<Script>();
  Refreshing<Scripted> keys{Scripted{script}, {.jitter = no_jitter}};

  std::string id(Duration after) {
    auto const got = keys.credentials(start + after);
    return got ? got->access_key_id : got.error().message;
  }
};

Error const outage{Errc::unavailable, "out of order"};
Error const refusal{Errc::revoked, "refused"};

}  // namespace

TEST_CASE("keys are asked for once and used until shortly before their end") {
  Fixture test;
  CHECK(test.id(0s) == "1");
  CHECK(test.id(44min) == "1");
  CHECK(test.id(46min) == "2");
  CHECK(test.id(90min) == "2");
  CHECK(test.script->asked.size() == 2);
}

TEST_CASE("copies share the keys") {
  Fixture test;
  Refreshing<Scripted> copy = test.keys;
  CHECK(test.id(0s) == "1");
  CHECK(copy.credentials(start).value().access_key_id == "1");
  CHECK(test.script->asked.size() == 1);
}

TEST_CASE("the first failure is an error and the source is asked again by the next one") {
  Fixture test;
  test.script->error = outage;
  CHECK(test.id(0s) == "out of order");
  CHECK(test.id(0s) == "out of order");
  test.script->error.reset();
  CHECK(test.id(0s) == "3");
}

TEST_CASE("a refusal is an error at once and is repeated from memory for some seconds") {
  Fixture test;
  CHECK(test.id(0s) == "1");
  test.script->error = refusal;
  CHECK(test.id(50min) == "refused");
  CHECK(test.id(50min + 999ms) == "refused");
  CHECK(test.script->asked.size() == 2);
  test.script->error.reset();
  CHECK(test.id(50min + 1s) == "3");
}

TEST_CASE("in an outage the keys stay in use even beyond their end, and the source is left alone") {
  Fixture test;
  CHECK(test.id(0s) == "1");
  test.script->error = outage;
  for (Duration after = 44min; after < 3h; after += 10s) CHECK(test.id(after) == "1");
  auto const& asked = test.script->asked;
  CHECK(asked.size() <= 30);
  for (std::size_t i = 2; i < asked.size(); ++i) {
    bool const last_minute = asked[i] == start + 59min;
    CHECK((last_minute || asked[i] - asked[i - 1] >= 300s));
  }
  test.script->error.reset();
  std::string const after_outage = test.id(3h + 5min);
  CHECK(after_outage == std::to_string(asked.size()));
}

TEST_CASE("strict keys are not used beyond their end") {
  Fixture test;
  test.script->how = Stability::strict;
  CHECK(test.id(0s) == "1");
  test.script->error = outage;
  CHECK(test.id(59min) == "1");
  CHECK(test.id(60min - 5s) == "out of order");
  test.script->error.reset();
  CHECK(test.id(60min) == "4");
}

TEST_CASE("strict keys that have expired are an error") {
  Fixture test;
  test.script->how = Stability::strict;
  test.script->lifetime = -1s;
  CHECK(test.id(0s) == "test: the credentials have expired");
}

TEST_CASE("keys that a service rejected are renewed once") {
  Fixture test;
  CHECK(test.id(0s) == "1");
  test.keys.reject("1");
  CHECK(test.id(1s) == "2");
  test.keys.reject("1");
  CHECK(test.id(2s) == "2");
}

TEST_CASE("a failure that is survived is told to the log without a secret") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  auto script = std::make_shared<Script>();
  Refreshing<Scripted> keys(Scripted{script},
                            {.log = Logger({.descriptor = ends[1]}), .jitter = no_jitter});
  CHECK(keys.credentials(start));
  script->error = outage;
  CHECK(keys.credentials(start + 46min));
  CHECK(keys.credentials(start + 65min));
  std::string text(4096, '\0');
  text.resize(static_cast<std::size_t>(::read(ends[0], text.data(), text.size())));
  ::close(ends[0]);
  ::close(ends[1]);
  CHECK(text.find("warning: credentials are not renewed yet; those from before stay in use "
                  "source=test expires=2026-01-01T01:00:00.000Z reason=\"out of order\"\n") !=
        std::string::npos);
  CHECK(text.find("warning: credentials have expired and are not renewed; they stay in use") !=
        std::string::npos);
  CHECK(text.find("s3cret") == std::string::npos);
}

namespace {

/// A source whose second answer waits until it is let go.
struct Gate {
  std::promise<void> entered{};
  std::promise<void> open{};
  int asked = 0;
};
struct Gated {
  std::shared_ptr<Gate> gate;

  Result<Credentials> credentials(WallTime now) const {
    if (++gate->asked == 2) {
      gate->entered.set_value();
      gate->open.get_future().wait();
    }
    return keys_until(now + 60min, std::to_string(gate->asked));
  }
  [[nodiscard]] static Stability stability() { return Stability::lasting; }
};

}  // namespace

TEST_CASE("ahead of the end one thread renews and the others go on with what is there") {
  auto const gate = std::make_shared<Gate>();
  Refreshing<Gated> keys{Gated{gate}};
  CHECK(keys.credentials(start));
  std::thread renews([keys]() mutable { (void)keys.credentials(start + 50min); });
  gate->entered.get_future().wait();
  CHECK(keys.credentials(start + 50min).value().access_key_id == "1");
  gate->open.set_value();
  renews.join();
  CHECK(keys.credentials(start + 50min).value().access_key_id == "2");
  CHECK(gate->asked == 2);
}

TEST_CASE("a thread of its own renews keys that are good, and nobody waits for it") {
  auto const gate = std::make_shared<Gate>();
  Refreshing<Gated> keys{Gated{gate}, {.renewals = Renewals::beside}};
  CHECK(keys.credentials(start));
  CHECK(keys.credentials(start + 50min).value().access_key_id == "1");
  gate->entered.get_future().wait();
  CHECK(keys.credentials(start + 60min - 1s).value().access_key_id == "1");
  std::string late;
  std::thread waits([keys, &late]() mutable {
    late = keys.credentials(start + 60min).value().access_key_id;  // there is nothing else to give
  });
  gate->open.set_value();
  waits.join();
  CHECK(late == "2");
  CHECK(keys.credentials(start + 50min).value().access_key_id == "2");
  CHECK(gate->asked == 2);
}

TEST_CASE("the last copy waits for the renewal beside it") {
  auto const gate = std::make_shared<Gate>();
  {
    Refreshing<Gated> keys{Gated{gate}, {.renewals = Renewals::beside}};
    CHECK(keys.credentials(start));
    CHECK(keys.credentials(start + 50min));
    gate->open.set_value();
  }
  CHECK(gate->asked == 2);
}

TEST_CASE("where there can be no more threads who asks renews") {
  auto const script = std::make_shared<Script>();
  Refreshing<Scripted> keys{Scripted{script}, {.renewals = Renewals::beside}};
  CHECK(keys.credentials(start));
  NoThreads const none;
  CHECK(keys.credentials(start + 50min).value().access_key_id == "2");
}

TEST_CASE("after the end all threads wait for one renewal") {
  auto const gate = std::make_shared<Gate>();
  Refreshing<Gated> keys{Gated{gate}};
  CHECK(keys.credentials(start));
  std::vector<std::string> got(4);
  std::vector<std::thread> threads;
  for (std::string& id : got) {
    threads.emplace_back(
        [keys, &id]() mutable { id = keys.credentials(start + 60min).value().access_key_id; });
  }
  gate->entered.get_future().wait();
  gate->open.set_value();
  for (std::thread& thread : threads) thread.join();
  CHECK(got == std::vector<std::string>(4, "2"));
  CHECK(gate->asked == 2);
}

namespace {

/// The time of the simulation. Who sleeps moves it.
struct SimulatedClock {
  std::shared_ptr<Duration> passed;

  [[nodiscard]] Instant now() const { return Instant(*passed); }
  [[nodiscard]] WallTime wall() const { return start + *passed; }
  Wake wait_until(Instant until, Stop const& /*stop*/) const {
    sleep_until(until);
    return Wake::due;
  }
  void sleep_until(Instant until) const { *passed = until.time_since_epoch(); }
};

/// How unreliable an agent is.
struct Flaws {
  Duration outage = 0min;    ///< in every hour but the first, at another time of the hour each time
  std::uint32_t one_in = 0;  ///< of the other requests fails; 0 is none
  std::uint32_t dice = 1;
};

/// An agent that gives keys for an hour.
struct FlakyAgent {
  SimulatedClock clock;
  Flaws flaws;
  std::uint32_t issued = 0;

  Result<Response> send(Request const& /*request*/, Instant /*deadline*/) {
    Duration const now = *clock.passed;
    Duration const begin = (now / 1h) * 17min % 60min;
    Duration const in_hour = now % 1h;
    bool const out = now >= 1h && in_hour >= begin && in_hour < begin + flaws.outage;
    flaws.dice = flaws.dice * 1664525U + 1013904223U;
    bool const unlucky = flaws.one_in != 0 && (flaws.dice >> 16U) % flaws.one_in == 0;
    if (out || unlucky) return Error{Errc::timed_out, "no answer in time"};
    Response answer{200, {}, {}};
    answer.body = R"({"AccessKeyId":")" + std::to_string(++issued) +
                  R"(","SecretAccessKey":"s","Token":"t","Expiration":")" +
                  iso_time(clock.wall() + 60min) + "\"}";
    return answer;
  }
};
static_assert(Transport<FlakyAgent>);

struct Day {
  int requests = 0;
  int late = 0;  ///< with expired credentials
  int failed = 0;
  int renewals = 0;
};

/// A request every 20 seconds for a day.
Day simulate(Flaws flaws) {
  SimulatedClock const clock{std::make_shared<Duration>()};
  Environment environment;
  environment.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/keys");
  using Agent = ContainerCredentials<FlakyAgent, SimulatedClock>;
  Refreshing<Agent> keys{
      Agent(read_container_agent(environment), FlakyAgent{clock, flaws}, clock, FileReader()),
      {.jitter = [] { return 0.5; }}};
  Day day;
  std::string last;
  for (Duration at = 0s; at < 24h; at += 20s) {
    *clock.passed = std::max(*clock.passed, at);
    auto const got = keys.credentials(clock.wall());
    ++day.requests;
    if (!got) {
      ++day.failed;
      continue;
    }
    if (*got->expires <= clock.wall()) ++day.late;
    if (got->access_key_id != last) ++day.renewals;
    last = got->access_key_id;
  }
  return day;
}

}  // namespace

TEST_CASE("in a day of hourly keys and a flaky source no request has expired credentials") {
  for (Flaws const flaws :
       {Flaws{}, Flaws{.one_in = 3}, Flaws{.one_in = 3, .dice = 7}, Flaws{.outage = 5min},
        Flaws{.outage = 13min}, Flaws{.outage = 5min, .one_in = 4}}) {
    CAPTURE(flaws.outage / 1min);
    CAPTURE(flaws.one_in);
    Day const day = simulate(flaws);
    CHECK(day.requests == 4320);
    CHECK(day.failed == 0);
    CHECK(day.late == 0);
    CHECK(day.renewals >= 24);
    CHECK(day.renewals <= 40);
  }
}

TEST_CASE("an outage that ends before the last minute of the keys is never noticed") {
  for (Duration begin = 40min; begin < 59min; begin += 7s) {
    auto const script = std::make_shared<Script>();
    Refreshing<Scripted> keys(Scripted{script}, {.jitter = [] { return 0.9; }});
    CHECK(keys.credentials(start));
    for (Duration after = 40min; after < 60min; after += 1s) {
      script->error.reset();
      if (after >= begin && after < 59min) script->error = outage;
      (void)keys.credentials(start + after);
    }
    CHECK(keys.credentials(start + 60min - 1s).value().expires > start + 60min);
  }
}

TEST_CASE("in an outage that outlasts the keys they stay in use, whatever services say") {
  Day const day = simulate({.outage = 40min});
  CHECK(day.failed == 0);
  CHECK(day.late > 0);
}
