// SPDX-License-Identifier: MIT
#include "sla/app/nearest.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

TEST_CASE("the distance counts insertions, deletions, replacements and exchanges") {
  CHECK(sla::app::edit_distance("", "") == 0);
  CHECK(sla::app::edit_distance("abc", "") == 3);
  CHECK(sla::app::edit_distance("", "abc") == 3);
  CHECK(sla::app::edit_distance("delay", "delay") == 0);
  CHECK(sla::app::edit_distance("dely", "delay") == 1);
  CHECK(sla::app::edit_distance("dealy", "delay") == 1);
  CHECK(sla::app::edit_distance("onec", "once") == 1);
  CHECK(sla::app::edit_distance("ca", "abc") == 3);
  CHECK(sla::app::edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("the nearest name is found whatever the case, and the first of equals wins") {
  std::vector<std::string_view> const known{"command", "service", "delay", "sns-topic-arn"};
  CHECK(sla::app::nearest("servce", known) == "service");
  CHECK(sla::app::nearest("DELAY", known) == "delay");
  CHECK(sla::app::nearest("ab", {"aa", "bb"}) == "aa");
  CHECK(sla::app::nearest("x", {}).empty());
}

TEST_CASE("a part of a name means that name") {
  std::vector<std::string_view> const known{"once", "delay", "sns-topic-arn", "s3-bucket-name"};
  CHECK(sla::app::nearest("topic", known) == "sns-topic-arn");
  CHECK(sla::app::nearest("bucket", known) == "s3-bucket-name");
}

TEST_CASE("a name that is not near is no guess") {
  std::vector<std::string_view> const known{"groups", "once", "role", "store", "timeout"};
  for (std::string const wrong : {"bogus", "", "x", "port", "file", "h", "zzzzzzzzzz"}) {
    CAPTURE(wrong);
    CHECK(sla::app::nearest(wrong, known).empty());
    CHECK(sla::app::nearest_hint(wrong, known).empty());
  }
  CHECK(sla::app::nearest_hint("tiemoud", known, "--") == "; the nearest known one is --timeout");
}

TEST_CASE("an endless name costs no more than a long one") {
  CHECK(sla::app::nearest(std::string(1000000, 'x'), {"delay", "once"}).empty());
}
