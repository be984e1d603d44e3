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

TEST_CASE("a refusal is believed from a service that read the message, and from us") {
  CHECK(never_succeeds(Errc::rejected, 400));
  CHECK(never_succeeds(Errc::rejected, 413));
  CHECK(never_succeeds(Errc::invalid, 0));
  CHECK(never_succeeds(Errc::exists, 412));
}

TEST_CASE("what concerns every message alike is no reason to give up one") {
  CHECK(!never_succeeds(Errc::invalid, 60));    // a certificate that is not trusted
  CHECK(!never_succeeds(Errc::rejected, 301));  // a bucket in another region
  CHECK(!never_succeeds(Errc::rejected, 407));  // a proxy
  for (Errc const code :
       {Errc::not_configured, Errc::system, Errc::unavailable, Errc::timed_out, Errc::throttled,
        Errc::denied, Errc::expired, Errc::not_found, Errc::malformed, Errc::stopped}) {
    CHECK(!never_succeeds(code, 0));
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

TEST_CASE("in a hurry everything is due at once but what failed just now") {
  Lane lane("events", silent);
  lane.failed(denial, "run", start);
  Instant const due = lane.due();
  lane.hurry(start + 999ms);
  CHECK(lane.due() == due);
  lane.hurry(start + 1s);
  CHECK(lane.due() <= start);
}

TEST_CASE("in a hurry what mends itself is due a second after its failure") {
  Lane lane("events", silent);
  for (int i = 0; i < 20; ++i) lane.failed(outage, "run", start);
  lane.hurry(start);
  CHECK(lane.due() <= start + 1s);
  CHECK(lane.due() >= start);
}
