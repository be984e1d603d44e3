// SPDX-License-Identifier: MIT
#pragma once
// Events as a test tells them: texts of their own, and only what matters there.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "sla/core/text.hpp"
#include "sla/ledger/book.hpp"
#include "sla/ledger/reducer.hpp"

namespace story {

using sla::ledger::Milliseconds;

/// The id of a process that began then; `number` tells those of one moment apart.
inline std::string boot(Milliseconds time, int number = 0) {
  std::string hex;
  for (int shift = 44; shift >= 0; shift -= 4) {
    hex += "0123456789abcdef"[(time >> shift) & 15];
  }
  std::string const tail = std::to_string(1000 + number).substr(1);
  return hex.substr(0, 8) + '-' + hex.substr(8) + "-7000-8000-000000000" + tail;
}

/// One event.
struct Said {
  Milliseconds end = 0;
  std::string verdict = "pass";
  std::string boot{};
  std::uint32_t seq = 0;
  std::optional<Milliseconds> previous{};
  std::optional<Milliseconds> next{};
  std::string run{};
  std::string service = "shop";
  std::string location{};
  std::vector<std::string> groups{};
  bool degraded = false;
  bool flaky = false;
  std::string log{};

  [[nodiscard]] sla::ledger::Event event() const {
    sla::ledger::Event event;
    event.service = service;
    event.groups.assign(groups.begin(), groups.end());
    event.location = location;
    event.verdict = verdict;
    event.run_id = run;
    event.log_uri = log;
    event.boot_id = boot;
    event.end = end;
    event.seq = seq;
    event.previous_end = previous;
    event.next_expected_by = next;
    event.succeeded = verdict == "pass";
    event.counted = verdict != "unknown";
    event.degraded = degraded;
    event.flaky = flaky;
    return event;
  }
};

inline sla::ledger::Answer reduce(std::vector<Said> const& all,
                                  sla::ledger::Question const& question) {
  sla::ledger::Book book;
  for (Said const& said : all) book.add(said.event());
  return sla::ledger::reduce(std::move(book), question);
}

/// The answer about the only service.
inline sla::ledger::ServiceAnswer only(std::vector<Said> const& all,
                                       sla::ledger::Question const& question) {
  auto answer = reduce(all, question);
  return answer.services.size() == 1 ? answer.services[0] : sla::ledger::ServiceAnswer{};
}

}  // namespace story
