// SPDX-License-Identifier: MIT
#include "sla/publisher/retry_schedule.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "../support/memory_file.hpp"

using namespace sla;
using namespace sla::internal;
using namespace std::chrono_literals;

namespace {

Instant const start{1h};
Error const outage{Errc::unavailable, "http 503", http_status(503)};
Error const denial{Errc::denied, "http 403", http_status(403)};
Logger const silent{{.format = LogFormat::none}};

}  // namespace

TEST_CASE("only what a message holds is its own fault") {
  CHECK(fault_of(Errc::unacceptable) == Fault::content);
  CHECK(fault_of(Errc::exists) == Fault::content);
  CHECK(fault_of(Errc::rejected) == Fault::unknown);
  for (Errc const code :
       {Errc::invalid, Errc::not_configured, Errc::system, Errc::unavailable, Errc::timed_out,
        Errc::throttled, Errc::in_use, Errc::denied, Errc::expired, Errc::revoked, Errc::not_found,
        Errc::malformed, Errc::stopped}) {
    CHECK(fault_of(code) == Fault::elsewhere);
  }
}

TEST_CASE("the wait after failures grows with full jitter, up to thirty seconds") {
  for (int round = 0; round < 50; ++round) {
    RetrySchedule retry("events", silent);
    CHECK(retry.due() <= start);
    Duration bound = 1s;
    for (int failure = 0; failure < 20; ++failure) {
      retry.failed({outage}, start);
      CHECK(retry.due() >= start);
      CHECK(retry.due() <= start + std::min<Duration>(bound, 30s));
      bound *= 2;
      bound = std::min<Duration>(bound, 10min);
    }
    retry.succeeded();
    CHECK(retry.due() <= start);
  }
}

TEST_CASE("a refusal is tried again within seconds, thrice, before the slow waits begin") {
  for (Errc const code : {Errc::denied, Errc::rejected, Errc::malformed, Errc::not_found,
                          Errc::invalid, Errc::not_configured, Errc::system}) {
    for (int round = 0; round < 20; ++round) {
      RetrySchedule retry("events", silent);
      Error const error{code, "no", http_status(403)};
      for (Duration const bound : {1s, 2s, 4s}) {
        retry.failed({error}, start);
        CHECK(retry.due() >= start + bound / 2);
        CHECK(retry.due() <= start + bound);
      }
      retry.failed({error}, start);
      CHECK(retry.due() >= start + 10s);
      CHECK(retry.due() <= start + 5min);
      CHECK(retry.reason() == "no");
    }
  }
}

TEST_CASE("expired keys are renewed by themselves, so what met them is tried again soon") {
  RetrySchedule retry("events", silent);
  retry.failed({Error{Errc::expired, "http 400", http_status(400)}}, start);
  CHECK(retry.due() <= start + 1s);
}

TEST_CASE("a new message is a reason to try, a second or ten after the last failure") {
  RetrySchedule retry("events", silent);
  for (int i = 0; i < 20; ++i) retry.failed({outage}, start);
  retry.nudge();
  CHECK(retry.due() <= start + 1s);
  for (int i = 0; i < 20; ++i) retry.failed({denial}, start);
  retry.nudge();
  CHECK(retry.due() == start + 10s);
}

TEST_CASE("one line a minute at most says what is wrong, and one that it is over") {
  MemoryFile file;
  RetrySchedule retry("events", Logger{{.descriptor = file.descriptor()}});
  for (int second = 0; second < 130; ++second) {
    retry.failed({outage, "run"}, start + std::chrono::seconds{second});
  }
  std::string const said = file.text();
  CHECK(std::count(said.begin(), said.end(), '\n') == 3);
  CHECK(said.find("events are not delivered: http 503") != std::string::npos);
  retry.succeeded();
  retry.succeeded();
  std::string const all = file.text();
  CHECK(std::count(all.begin(), all.end(), '\n') == 4);
  CHECK(all.find("events are delivered again") != std::string::npos);
}

TEST_CASE("in a hurry what was refused is tried for ten seconds, each message once in each") {
  RetrySchedule retry("events", silent);
  for (int i = 0; i < 9; ++i) retry.failed({denial}, start);
  retry.hurry(start + 1s);
  CHECK(retry.due() <= start + 1s);
  retry.failed({.error = denial, .waiting = 4}, start + 1s);
  CHECK(retry.due() == start + 1250ms);
  retry.failed({.error = denial, .waiting = 1}, start + 10s);
  CHECK(retry.due() == start + 11s);
  retry.failed({denial}, start + 11s);
  CHECK(retry.due() == Instant::max());

  RetrySchedule just_failed("events", silent);
  just_failed.failed({denial}, start);
  just_failed.hurry(start + 999ms);
  CHECK(just_failed.due() == start + 1s);
}

TEST_CASE("in a hurry what is wrong on this machine is tried once more, unless it just failed") {
  Error const full{Errc::system, "no space left on device", system_number(28)};
  RetrySchedule retry("events", silent);
  retry.failed({full}, start);
  retry.hurry(start + 1s);
  CHECK(retry.due() <= start);
  retry.failed({full}, start + 1s);
  CHECK(retry.due() == Instant::max());

  RetrySchedule just_failed("events", silent);
  just_failed.failed({full}, start);
  just_failed.hurry(start + 999ms);
  CHECK(just_failed.due() == Instant::max());
}

TEST_CASE("in a hurry what mends itself is due a second after its failure") {
  RetrySchedule retry("events", silent);
  for (int i = 0; i < 20; ++i) retry.failed({outage}, start);
  retry.hurry(start);
  CHECK(retry.due() <= start + 1s);
  CHECK(retry.due() >= start);
}
