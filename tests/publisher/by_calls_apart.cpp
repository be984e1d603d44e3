// SPDX-License-Identifier: MIT
#include "sla/publisher/by_calls_apart.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include <string>

#include "../support/sample_report.hpp"
#include "../support/temporary_folder.hpp"
#include "sla/publisher/directory.hpp"

using namespace sla;

namespace {

struct Killed {
  Result<void> publish(Report const&) const {
    (void)::kill(::getpid(), SIGKILL);
    return {};
  }
};

}  // namespace

static_assert(LogStore<ByCallsApart<Directory>>);
static_assert(Publisher<ByCallsApart<Killed>>);
static_assert(!LogStore<ByCallsApart<Killed>>);

TEST_CASE("a call apart gives the publisher's answer") {
  TemporaryFolder const folder;
  ByCallsApart good{Directory{{.path = folder / "store"}}};
  CHECK(good.publish(sample_report()));
  CHECK(good.store(sample_report()).value().starts_with("file://"));
  CHECK(internal::read_file(folder / "store/events.ndjson", 1 << 20).value().ends_with("}\n"));
  ByCallsApart bad{Directory{{.path = "/dev/null/store"}}};
  CHECK(bad.publish(sample_report()).error().code == Errc::system);
}

TEST_CASE("a call that somebody kills is an error and may be tried again") {
  ByCallsApart publisher{Killed{}};
  CHECK(publisher.publish(sample_report()).error() ==
        Error{Errc::unavailable, "the call was killed"});
}
