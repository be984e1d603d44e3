// SPDX-License-Identifier: MIT
#include "sla/publisher/log_store.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "../support/sample_report.hpp"

using namespace sla;

namespace {

struct Minimal {
  Result<std::string> store(Report const&) { return std::string(); }
  Result<void> publish(Report const&) { return {}; }
};
struct WithoutPublish {
  Result<std::string> store(Report const&) { return std::string(); }
};
struct WithoutStore {
  Result<void> publish(Report const&) { return {}; }
};
struct StoreThatDoesNotSayWhere : WithoutStore {
  Result<void> store(Report const&) { return {}; }
};
struct StoreThatCannotFail : WithoutStore {
  std::string store(Report const&) { return {}; }
};
struct StoreThatChangesTheReport : WithoutStore {
  Result<std::string> store(Report&) { return std::string(); }
};
struct NotMovable : Minimal {
  NotMovable(NotMovable&&) = delete;
};

}  // namespace

static_assert(LogStore<Minimal>);
static_assert(!LogStore<WithoutPublish>);
static_assert(!LogStore<WithoutStore>);
static_assert(!LogStore<StoreThatDoesNotSayWhere>);
static_assert(!LogStore<StoreThatCannotFail>);
static_assert(!LogStore<StoreThatChangesTheReport>);
static_assert(!LogStore<NotMovable>);
static_assert(!LogStore<int>);

namespace {

struct MinimalBundles : Minimal {
  Result<std::string> store_bundle(Output const&, WallTime) { return std::string(); }
};
struct BundlesThatCannotFail : Minimal {
  std::string store_bundle(Output const&, WallTime) { return {}; }
};

}  // namespace

static_assert(BundleLogStore<MinimalBundles>);
static_assert(!BundleLogStore<Minimal>);
static_assert(!BundleLogStore<BundlesThatCannotFail>);

TEST_CASE("the key of a bundle has the minute, and no service") {
  WallTime const at{std::chrono::seconds{1'574'515'259}};
  CHECK(bundle_key(at, "0123") == "bundles/2019/11/23/13/20-0123.log");
}

TEST_CASE("the result in a log's key is SUCCESS or FAILURE, or says why the run is neither") {
  struct Row {
    Verdict verdict;
    std::string_view expected;
  };
  Row const rows[] = {
      {Verdict::pass, "example-service/1574515200_SUCCESS"},
      {Verdict::fail, "example-service/1574515200_FAILURE"},
      {Verdict::timeout, "example-service/1574515200_FAILURE"},
      {Verdict::signaled, "example-service/1574515200_FAILURE"},
      {Verdict::spawn_error, "example-service/1574515200_FAILURE"},
      {Verdict::interrupted, "example-service/1574515200_INTERRUPTED"},
      {Verdict::unknown, "example-service/1574515200_UNKNOWN"},
      {Verdict::skipped, "example-service/1574515200_SKIPPED"},
      {Verdict::warn, "example-service/1574515200_SUCCESS"},
  };
  for (Row const& row : rows) {
    Report report = sample_report();
    report.outcome.verdict = row.verdict;
    CHECK(log_key(report) == row.expected);
  }
}

TEST_CASE("the second and later attempts at a key say which they are") {
  struct Row {
    std::size_t attempt;
    std::string_view expected;
  };
  Row const rows[] = {{0, "example-service/1574515200_SUCCESS"},
                      {1, "example-service/1574515200_SUCCESS"},
                      {2, "example-service/1574515200_SUCCESS_2"},
                      {3, "example-service/1574515200_SUCCESS_3"},
                      {1000, "example-service/1574515200_SUCCESS_1000"}};
  for (Row const& row : rows) CHECK(log_key(sample_report(), row.attempt) == row.expected);
}

TEST_CASE("the key has the end of the run in whole seconds and the service as it is") {
  Report report = sample_report();
  report.ended_at += std::chrono::milliseconds{999};
  report.job.service = "team/service one";
  CHECK(log_key(report) == "team/service one/1574515200_SUCCESS");
}
