// SPDX-License-Identifier: MIT
#include "sla/executor/shown_if_failed.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "../support/memory_file.hpp"
#include "../support/temporary_folder.hpp"
#include "sla/core/descriptor.hpp"

using namespace sla;

namespace {

struct Giving {
  Outcome outcome{};
  Result<Outcome> execute(Job const&, Stop const&) { return outcome; }
};

std::string shown(Verdict verdict, std::string output) {
  MemoryFile const file;
  ShownIfFailed executor{Giving{{.verdict = verdict, .output = Output(std::move(output))}},
                         file.descriptor()};
  auto const outcome = executor.execute({}, Stop{});
  REQUIRE(outcome);
  CHECK(outcome->verdict == verdict);
  CHECK(outcome->remark.empty());
  return file.text();
}

}  // namespace

TEST_CASE("the output of runs that failed is shown, and of no others") {
  for (Verdict const verdict : {Verdict::fail, Verdict::timeout, Verdict::signaled,
                                Verdict::spawn_error, Verdict::unknown}) {
    CHECK(shown(verdict, "why\n") == "why\n");
  }
  for (Verdict const verdict :
       {Verdict::pass, Verdict::warn, Verdict::skipped, Verdict::interrupted}) {
    CHECK(shown(verdict, "nothing\n").empty());
  }
  std::string const large(1'000'000, 'x');
  CHECK((shown(Verdict::fail, large) == large));
  CHECK(shown(Verdict::fail, "").empty());
}

TEST_CASE("a file on a disk takes all of it") {
  TemporaryFolder const folder;
  std::string const path = folder.path() + "/shown";
  Descriptor const file = internal::open_file(path, O_RDWR | O_CREAT).value();
  std::string const large(1'000'000, 'x');
  ShownIfFailed executor{Giving{{.verdict = Verdict::fail, .output = Output(large)}}, file.get()};
  auto const outcome = executor.execute({}, Stop{});
  REQUIRE(outcome);
  CHECK(outcome->remark.empty());
  CHECK((internal::read_file(path, 2'000'000).value() == large));
  ::unlink(path.c_str());
}

TEST_CASE("who does not read costs a moment, and the outcome says what is missing") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  Descriptor const reader{ends[0]};
  Descriptor const writer{ends[1]};
  std::string const large(1'000'000, 'x');
  ShownIfFailed executor{
      Giving{{.verdict = Verdict::fail, .output = Output(large), .remark = "before"}},
      writer.get()};
  auto const outcome = executor.execute({}, Stop{});
  REQUIRE(outcome);
  CHECK(outcome->ended);
  CHECK(outcome->remark.starts_with("before; "));
  CHECK(outcome->remark.ends_with(" bytes of output were not passed on to stdout"));
}

TEST_CASE("without a descriptor nothing is shown") {
  ShownIfFailed executor{Giving{{.verdict = Verdict::fail, .output = Output("why\n")}}, -1};
  auto const outcome = executor.execute({}, Stop{});
  REQUIRE(outcome);
  CHECK_FALSE(outcome->ended);
  CHECK(outcome->remark.empty());
}
