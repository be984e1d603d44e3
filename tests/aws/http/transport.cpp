// SPDX-License-Identifier: MIT
#include "sla/aws/http/transport.hpp"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

using namespace sla;
using namespace sla::aws;

TEST_CASE("a header is found in any case, the first of its name") {
  std::vector<Header> const headers{{"Date", "a"}, {"x-amz-id", "b"}, {"X-Amz-Id", "c"}};
  CHECK(find_header(headers, "date") == "a");
  CHECK(find_header(headers, "X-AMZ-ID") == "b");
  CHECK_FALSE(find_header(headers, "x-amz"));
}

TEST_CASE("only a status from 200 to 299 is a success") {
  for (auto const& [status, ok] : {std::pair{199, false}, {200, true}, {299, true}, {300, false}}) {
    CHECK(Response{.status = status}.ok() == ok);
  }
}
