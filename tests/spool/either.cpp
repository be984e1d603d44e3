// SPDX-License-Identifier: MIT
#include "sla/spool/either.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "../support/spool_case.hpp"
#include "../support/temporary_folder.hpp"
#include "sla/spool/disk.hpp"
#include "sla/spool/memory.hpp"

using namespace sla;
using namespace sla::internal;

using Either = EitherSpool<MemorySpool, DiskSpool>;
static_assert(BatchSpool<Either>);

TEST_CASE("it is the spool that it was made from") {
  TemporaryFolder const folder;
  Either memory{MemorySpool{}};
  Either disk{DiskSpool::open({.folder = folder / "spool"}).value()};
  for (Either* const spool : {&memory, &disk}) {
    spool->begin(report_of("a"));
    spool->add(report_of("a"));
    CHECK(spool->count().events == 1);
    CHECK(spool->dropped() == 0);
    CHECK(spool->tend(Instant{}) == Instant::max());
    CHECK(spool->next_events(9, {}).value().at(0).report.job.run_id == "a");
    CHECK(spool->next_logs(0, 9).value().at(0).report.job.run_id == "a");
    CHECK(deliver_event(*spool) == "a");
    CHECK(spool->next_log(0).value()->report.job.run_id == "a");
  }
  CHECK(memory.in_memory().size() == 1);
  CHECK(disk.in_memory().empty());
}
