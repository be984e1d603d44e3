// SPDX-License-Identifier: MIT
#include "sla/spool/outage.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>

#include "../support/memory_file.hpp"

using namespace sla;
using namespace sla::internal;
using namespace std::chrono_literals;

namespace {

Error const full{Errc::system, "write: no space left", system_number(28)};

std::size_t lines_of(MemoryFile const& file) {
  std::string const text = file.text();
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("an outage that begins is said once, and so is its end") {
  MemoryFile const log;
  Outage outage("/spool", 10s, Logger{{.descriptor = log.descriptor()}});
  CHECK_FALSE(outage);
  CHECK(outage.due() == Instant::max());
  outage.end();
  CHECK(lines_of(log) == 0);
  outage.begin(full);
  outage.begin(full);
  CHECK(outage);
  CHECK(lines_of(log) == 1);
  CHECK(log.text().find("no space left") != std::string::npos);
  outage.end();
  outage.end();
  CHECK_FALSE(outage);
  CHECK(lines_of(log) == 2);
}

TEST_CASE("outages that come and go are said once a minute") {
  MemoryFile const log;
  Outage outage("/spool", 10s, Logger{{.descriptor = log.descriptor()}});
  for (int round = 0; round < 5; ++round) {
    outage.begin(full);
    outage.end();
  }
  CHECK(lines_of(log) == 2);
}

TEST_CASE("the disk is tried again after each wait, and only in an outage") {
  Outage outage("/spool", 10s, Logger{{.format = LogFormat::none}});
  CHECK_FALSE(outage.take_due(Instant::max()));
  outage.begin(full);
  Instant const due = outage.due();
  CHECK_FALSE(outage.take_due(due - 1ms));
  CHECK(outage.take_due(due));
  CHECK(outage.due() == due + 10s);
  CHECK_FALSE(outage.take_due(due + 9s));
  CHECK(outage.take_due(due + 10s));
}
