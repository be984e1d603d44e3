// SPDX-License-Identifier: MIT
#include "sla/app/spool_command.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "../support/spool_case.hpp"
#include "../support/temporary_folder.hpp"
#include "sla/app/arguments.hpp"
#include "sla/spool/disk.hpp"

using namespace sla;
using namespace sla::app;

namespace {

Logger const silent{{.format = LogFormat::none}};

SpoolAnswer run(std::vector<char const*> const& words, Environment const& environment = {}) {
  auto const arguments = read_arguments(spool_command, words);
  CHECK(arguments.usage_errors.empty());
  return answer_spool(arguments, environment);
}
bool holds(std::string const& text, std::string const& part) {
  return text.find(part) != std::string::npos;
}

/// A spool with one result that waits, one whose event and one whose log was refused.
struct Spooled3 {
  Spooled3() {
    auto spool = DiskSpool::open({.folder = path + "/aws"}, silent);
    REQUIRE(spool);
    for (char const* const name : {"bad-event", "bad-log", "waits"}) spool->add(report_of(name));
    auto event = *spool->next_event().value();
    event.event = Part::refused;
    event.log = Part::done;
    event.reason = "too large";
    spool->update(event);
    auto log = *spool->next_event().value();
    log.log = Part::refused;
    log.event = Part::done;
    log.reason = "no such\nkey";
    spool->update(log);
  }

  TemporaryFolder folder{};
  std::string path = folder / "spool";
};

}  // namespace

TEST_CASE("list shows what is there, oldest first, and counts it") {
  Spooled3 const spool;
  auto const answer = run({"list", "--spool", spool.path.c_str()});
  CHECK(answer.exit_code == 0);
  CHECK(answer.complaint.empty());
  std::string const ended = "2019-11-23T13:20:00.000Z example-service pass ";
  CHECK(answer.text ==
        ended + "bad-event to=aws event=refused log=done bytes=6: too large\n" + ended +
            "bad-log to=aws event=done log=refused bytes=6: no such\\nkey\n" + ended +
            "waits to=aws event=waits log=waits bytes=6\n" + "1 waiting, 2 set aside, 0 dropped\n");
}

TEST_CASE("list works while a runner uses the spool, replay and drop do not") {
  Spooled3 const spool;
  auto const runner = DiskSpool::open({.folder = spool.path + "/aws"}, silent);
  CHECK(run({"list", "--spool", spool.path.c_str()}).exit_code == 0);
  for (char const* const verb : {"replay", "drop"}) {
    auto const answer = run({verb, "--spool", spool.path.c_str()});
    CHECK(answer.exit_code == 75);
    CHECK(holds(answer.complaint, "is in use by another runner (process "));
    CHECK(holds(answer.complaint, "stop it first"));
  }
}

TEST_CASE("replay has what was set aside delivered at the next start") {
  Spooled3 const spool;
  auto const answer = run({"replay", "--spool", spool.path.c_str()});
  CHECK(answer.text == "2 waiting for the runner's next start\n");
  auto again = DiskSpool::open({.folder = spool.path + "/aws"}, silent);
  REQUIRE(again);
  CHECK(again->count().refused == 0);
  CHECK(again->count().events == 2);
  CHECK(again->count().logs == 1);
  CHECK(deliver_all(*again) == std::vector<std::string>{"bad-event", "waits"});
  CHECK(again->next_log(0).value()->report.outcome.output.text().value() == "a log\n");
}

TEST_CASE("replay of one run leaves the others aside") {
  Spooled3 const spool;
  CHECK(holds(run({"replay", "--spool", spool.path.c_str(), "bad-log"}).text, "1 waiting"));
  CHECK(holds(run({"list", "--spool", spool.path.c_str()}).text, "2 waiting, 1 set aside"));
}

TEST_CASE("drop deletes what was set aside and nothing else") {
  Spooled3 const spool;
  CHECK(run({"drop", "--spool", spool.path.c_str()}).text == "2 dropped\n");
  CHECK(holds(run({"list", "--spool", spool.path.c_str()}).text,
              "waits to=aws event=waits log=waits bytes=6\n1 waiting, 0 set aside"));
  CHECK(contents(spool.path + "/aws/logs/bad-log.log").empty());
  auto again = DiskSpool::open({.folder = spool.path + "/aws"}, silent);
  REQUIRE(again);
  CHECK(again->next_log(0).value()->report.outcome.output.text().value() == "a log\n");
}

TEST_CASE("drop of a refused log keeps the event that still waits") {
  TemporaryFolder const folder;
  std::string const path = folder / "spool";
  {
    auto spool = DiskSpool::open({.folder = path + "/aws"}, silent);
    spool->add(report_of("a"));
    auto entry = *spool->next_event().value();
    entry.log = Part::refused;
    spool->update(entry);
  }
  CHECK(run({"drop", "--spool", path.c_str()}).text == "1 dropped\n");
  auto spool = DiskSpool::open({.folder = path + "/aws"}, silent);
  CHECK(deliver_all(*spool) == std::vector<std::string>{"a"});
}

TEST_CASE("drop of a run deletes it, whatever its state") {
  Spooled3 const spool;
  CHECK(run({"drop", "--spool", spool.path.c_str(), "waits"}).text == "1 dropped\n");
  CHECK(holds(run({"list", "--spool", spool.path.c_str()}).text, "0 waiting, 2 set aside"));
  auto const answer = run({"drop", "--spool", spool.path.c_str(), "waits"});
  CHECK(answer.exit_code == 1);
  CHECK(answer.complaint == "spool: none of these runs is there to drop\n");
}

TEST_CASE("the folder is also taken from the environment") {
  Spooled3 const spool;
  Environment environment;
  environment.set("SLARUNNER_SPOOL", spool.path);
  CHECK(run({"list"}, environment).exit_code == 0);
  CHECK(run({"list", ("--spool=" + spool.path).c_str()}).exit_code == 0);
}

TEST_CASE("a folder that is no spool is an error, and is not made") {
  TemporaryFolder const folder;
  std::string const path = folder / "none";
  for (char const* const verb : {"list", "replay", "drop"}) {
    auto const answer = run({verb, "--spool", path.c_str()});
    CHECK(answer.exit_code == 1);
    CHECK(holds(answer.complaint, "no runner has kept anything in " + path));
  }
  CHECK(folder.files().empty());
}

TEST_CASE("a command line that makes no sense is a mistake in usage") {
  for (auto const& words :
       std::vector<std::vector<char const*>>{{}, {"delete", "--spool", "x"}, {""}}) {
    auto const answer = run(words);
    CHECK(answer.exit_code == 64);
    CHECK(answer.complaint == "spool: say list, replay or drop\n");
  }
  CHECK(run({"list"}).exit_code == 64);
  CHECK(run({"list"}).complaint == "spool: --spool DIR is missing\n");
}
