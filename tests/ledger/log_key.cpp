// SPDX-License-Identifier: MIT
#include "sla/ledger/log_key.hpp"

#include <doctest/doctest.h>

#include <string_view>

using namespace sla;
using namespace sla::ledger;

TEST_CASE("the key of a log says of which service a run was, when it ended and how") {
  struct Row {
    std::string_view key, service;
    bool succeeded;
  };
  Row const rows[] = {{"shop/1700000000_SUCCESS", "shop", true},
                      {"shop/1700000000_FAILURE", "shop", false},
                      {"shop/1700000000_FAILURE_12", "shop", false},
                      {"a/b c/1700000000_SUCCESS", "a/b c", true}};
  for (Row const& row : rows) {
    CAPTURE(row.key);
    auto const read = read_log_key(row.key, "s3://logs/key");
    REQUIRE(read);
    REQUIRE(*read);
    Event const& event = **read;
    CHECK(event.service == row.service);
    CHECK(event.succeeded == row.succeeded);
    CHECK(event.verdict == (row.succeeded ? "pass" : "fail"));
    CHECK(event.end == 1'700'000'000'000);
    CHECK(event.log_uri == "s3://logs/key");
    CHECK(event.run_id.empty());
    CHECK(event.seq == 0);
  }
}

TEST_CASE("a run that says nothing about the service is none") {
  for (std::string_view const key : {"shop/1700000000_INTERRUPTED_2", "shop/1700000000_UNKNOWN",
                                     "shop/1700000000_SKIPPED", "shop/1700000000_SKIPPED_3"}) {
    CAPTURE(key);
    auto const read = read_log_key(key, "");
    REQUIRE(read);
    CHECK_FALSE(*read);
  }
}

TEST_CASE("any other key is no log's") {
  for (std::string_view const key :
       {"", "shop", "1700000000_SUCCESS", "/1700000000_SUCCESS", "shop/", "shop/1700000000",
        "shop/1700000000_success", "shop/1700000000_SUCCESS_", "shop/1700000000_SUCCESS_x",
        "shop/-1_SUCCESS", "shop/17e9_SUCCESS", "shop/99999999999999_SUCCESS", "shop/_SUCCESS",
        "events/2026/01/31/part-1"}) {
    CAPTURE(key);
    CHECK_FALSE(read_log_key(key, ""));
  }
}

TEST_CASE("the key of a bundle of logs is known, and says nothing of a run") {
  for (std::string_view const key :
       {"bundles/2026/11/30/19/25-0123456789abcdef.log", "bundles/2026/11/30/19/25-x.log"}) {
    CAPTURE(key);
    CHECK(is_bundle_key(key));
    CHECK_FALSE(read_log_key(key, ""));
  }
  for (std::string_view const key :
       {"", "bundles/2026/11/30/19/25-", "bundles/2026/11/30/19/25-x", "bundles/x.log",
        "shop/2026/11/30/19/25-x.log", "bundles/2026-11/30/19/25-x.log",
        "bundles/1700000000_SUCCESS"}) {
    CAPTURE(key);
    CHECK_FALSE(is_bundle_key(key));
  }
  CHECK(read_log_key("bundles/1700000000_SUCCESS", ""));  // a service may have that name
}
