// SPDX-License-Identifier: MIT
#include "sla/executor/announced.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "../support/fake_clock.hpp"

using namespace sla;

namespace {

struct Diary {
  std::vector<std::string>* lines;
  WallTime* start;
  void begin(Report const& report) const {
    lines->push_back("begin " + report.job.run_id);
    *start = report.started_at;
  }
};
struct Writer {
  std::vector<std::string>* lines;
  Result<Outcome> execute(Job const& job, Stop const&) const {
    lines->push_back("execute " + job.run_id);
    return Outcome{.exit_code = 3};
  }
  [[nodiscard]] std::optional<Duration> longest_run() const { return Duration{7}; }
  void run_beside_others() const { lines->push_back("beside others"); }
};

}  // namespace

TEST_CASE("a run is announced, with its start, before it is executed") {
  std::vector<std::string> lines;
  WallTime start{};
  FakeTime time;
  Announced executor{Writer{&lines}, Diary{&lines, &start}, FakeClock{time}};
  static_assert(Executor<decltype(executor)>);
  CHECK(executor.execute({.run_id = "a"}, Stop{})->exit_code == 3);
  CHECK(lines == std::vector<std::string>{"begin a", "execute a"});
  CHECK(start == time.wall);
  CHECK(executor.longest_run() == Duration{7});
  executor.run_beside_others();
  CHECK(lines.back() == "beside others");
}
