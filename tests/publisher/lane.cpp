// SPDX-License-Identifier: MIT
#include "sla/publisher/lane.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "../support/memory_file.hpp"

using namespace sla;
using namespace std::chrono_literals;

namespace {

Instant const start{1h};
Error const outage{Errc::unavailable, "http 503", 503};
Error const denial{Errc::denied, "http 403", 403};
Logger const silent{{.format = LogFormat::none}};

}  // namespace

TEST_CASE("what we find wrong with a message, or a service finds too large, is its own fault") {
  CHECK(blame(Errc::rejected, 0) == Blame::message);
  CHECK(blame(Errc::rejected, 413) == Blame::message);
  CHECK(blame(Errc::exists, 412) == Blame::message);
}

TEST_CASE("a refusal by others may be about every message: a topic, a key, a proxy") {
  for (int const status : {301, 400, 407}) CHECK(blame(Errc::rejected, status) == Blame::perhaps);
  CHECK(blame(Errc::denied, 403) == Blame::perhaps);
}

TEST_CASE("everything else is no reason to give up a message") {
  for (Errc const code :
       {Errc::invalid, Errc::not_configured, Errc::system, Errc::unavailable, Errc::timed_out,
        Errc::throttled, Errc::expired, Errc::not_found, Errc::malformed, Errc::stopped}) {
    CHECK(blame(code, 0) == Blame::elsewhere);
    CHECK(blame(code, 400) == Blame::elsewhere);
  }
}

TEST_CASE("the wait after failures grows with full jitter, up to five minutes") {
  for (int round = 0; round < 50; ++round) {
    Lane lane("events", silent);
    CHECK(lane.due() <= start);
    Duration bound = 1s;
    for (int failure = 0; failure < 20; ++failure) {
      lane.failed(outage, "run", start);
      CHECK(lane.due() >= start);
      CHECK(lane.due() <= start + std::min<Duration>(bound, 5min));
      bound *= 2;
      bound = std::min<Duration>(bound, 10min);
    }
    lane.succeeded();
    CHECK(lane.due() <= start);
  }
}

TEST_CASE("what a person has to mend is tried again slowly from the start") {
  for (int round = 0; round < 50; ++round) {
    Lane lane("events", silent);
    lane.failed(denial, "run", start);
    CHECK(lane.due() >= start + 10s);
    CHECK(lane.due() <= start + 5min);
    CHECK(lane.reason() == "http 403");
  }
}

TEST_CASE("expired keys are renewed by themselves, so what met them is tried again soon") {
  Lane lane("events", silent);
  lane.failed({Errc::expired, "http 400", 400}, "run", start);
  CHECK(lane.due() <= start + 1s);
}

TEST_CASE("one line a minute at most says what is wrong, and one that it is over") {
  MemoryFile file;
  Lane lane("events", Logger{{.descriptor = file.descriptor()}});
  for (int second = 0; second < 130; ++second) {
    lane.failed(outage, "run", start + std::chrono::seconds{second});
  }
  std::string const said = file.text();
  CHECK(std::count(said.begin(), said.end(), '\n') == 3);
  CHECK(said.find("events are not delivered: http 503") != std::string::npos);
  lane.succeeded();
  lane.succeeded();
  std::string const all = file.text();
  CHECK(std::count(all.begin(), all.end(), '\n') == 4);
  CHECK(all.find("events are delivered again") != std::string::npos);
}

TEST_CASE("in a hurry what a person has to mend is tried once more, unless it just failed") {
  Lane lane("events", silent);
  lane.failed(denial, "run", start);
  lane.hurry(start + 1s);
  CHECK(lane.due() <= start);
  lane.failed(denial, "run", start + 1s);
  CHECK(lane.due() == Instant::max());

  Lane just_failed("events", silent);
  just_failed.failed(denial, "run", start);
  just_failed.hurry(start + 999ms);
  CHECK(just_failed.due() == Instant::max());
}

TEST_CASE("in a hurry what mends itself is due a second after its failure") {
  Lane lane("events", silent);
  for (int i = 0; i < 20; ++i) lane.failed(outage, "run", start);
  lane.hurry(start);
  CHECK(lane.due() <= start + 1s);
  CHECK(lane.due() >= start);
}
