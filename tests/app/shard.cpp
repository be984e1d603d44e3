// SPDX-License-Identifier: MIT
#include "sla/app/shard.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sla/core/environment.hpp"

using namespace sla;

namespace {

constexpr int names = 10'000;

std::string name(int number) { return "service-" + std::to_string(number); }

std::string refusal(std::string_view text) {
  auto const shard = app::parse_shard(text);
  return shard ? "good" : shard.error().message;
}

/// The index that is found for auto/4, or why there is none.
std::string found(Environment const& environment, std::string const& host) {
  auto const shard = app::find_shard({.count = 4}, environment, host);
  return shard ? std::to_string(*shard->index) : shard.error().message;
}

}  // namespace

TEST_CASE("a share is an index from 0 and a count, or auto and a count") {
  CHECK(*app::parse_shard("2/4")->index == 2);
  CHECK(app::parse_shard(" 0/1 ")->count == 1);
  CHECK_FALSE(app::parse_shard("auto/64")->index);
  CHECK(app::parse_shard("auto/64")->count == 64);
  for (std::string_view const text :
       {"", "/", "2", "2/", "/4", "a/4", "auto", "auto/", "-1/4", "1/4/2", "1/x"}) {
    CAPTURE(text);
    CHECK(refusal(text) == "is no share K/N, such as 0/4 for the first of four, nor auto/4");
  }
  CHECK(refusal("4/4") == "is not there: of 4 shards the last is 3, since the first is 0");
  CHECK(refusal("0/0") == "is no share of 1 to 10000");
  CHECK(refusal("auto/10001") == "is no share of 1 to 10000");
}

TEST_CASE("each service is in one shard, and the shards are alike") {
  std::vector<int> sizes(8);
  for (int i = 0; i < names; ++i) ++sizes.at(app::shard_of(name(i), sizes.size()));
  CHECK(*std::min_element(sizes.begin(), sizes.end()) > names / 8 * 9 / 10);
  CHECK(*std::max_element(sizes.begin(), sizes.end()) < names / 8 * 11 / 10);
  CHECK(app::shard_of("shop", 1) == 0);
  // What other processes of other versions know, too.
  CHECK(app::shard_of("service-0", 4) == 2);
  CHECK(app::shard_of("service-1", 4) == 3);
  CHECK(app::shard_of("service-2", 4) == 3);
  CHECK(app::shard_of("shop", 64) == 61);
}

TEST_CASE("one shard more takes its part of the checks, and moves no other") {
  for (std::uint64_t const count : {1U, 4U, 16U}) {
    int moved = 0;
    for (int i = 0; i < names; ++i) {
      std::uint64_t const before = app::shard_of(name(i), count);
      std::uint64_t const after = app::shard_of(name(i), count + 1);
      if (before == after) continue;
      ++moved;
      CHECK(after == count);
    }
    double const expected = names / static_cast<double>(count + 1);
    CHECK(moved > 0.9 * expected);
    CHECK(moved < 1.1 * expected);
  }
}

TEST_CASE("the engine says which shard this process is") {
  Environment none;
  Environment job, batch, wrong, late;
  job.set("JOB_COMPLETION_INDEX", "2");
  job.set("AWS_BATCH_JOB_ARRAY_INDEX", "1");
  batch.set("AWS_BATCH_JOB_ARRAY_INDEX", "1");
  wrong.set("JOB_COMPLETION_INDEX", "two");
  late.set("JOB_COMPLETION_INDEX", "4");
  CHECK(found(job, "runner-3") == "2");
  CHECK(found(batch, "ip-10-0-0-3") == "1");
  CHECK(found(none, "runner-3") == "3");
  CHECK(found(none, "sla-runner-eu-0") == "0");
  CHECK(found(late, "runner-3") == "$JOB_COMPLETION_INDEX is '4', and of 4 shards the last is 3");
  CHECK(found(none, "runner-4") == "the host is 'runner-4', and of 4 shards the last is 3");
  std::string const nothing =
      "nothing says which: neither $JOB_COMPLETION_INDEX nor $AWS_BATCH_JOB_ARRAY_INDEX is a "
      "number, and no number is at the end of the host's name, as in runner-0; ";
  CHECK(found(wrong, "runner-3") == nothing + "$JOB_COMPLETION_INDEX is 'two'");
  for (std::string const host : {"runner", "ip-10-0-0-3", "-3", "runner-", "runner-x3", "3", ""}) {
    CAPTURE(host);
    CHECK(found(none, host) == nothing + "the host is '" + host + "'");
  }
  CHECK(app::find_shard({.index = 3, .count = 4}, job, "runner-1")->index == 3);
}
