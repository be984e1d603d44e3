// SPDX-License-Identifier: MIT
#include "sla/spool/checksum.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace sla;
using namespace sla::internal;

TEST_CASE("crc-32c gives the values that RFC 3720 published") {
  CHECK(crc32c("") == 0);
  CHECK(crc32c("123456789") == 0xE3069283U);
  CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AAU);
  CHECK(crc32c(std::string(32, '\xFF')) == 0x62A8AB43U);
}

TEST_CASE("a checksum goes on from where another ended") {
  CHECK(crc32c("56789", crc32c("1234")) == crc32c("123456789"));
}

TEST_CASE("one wrong bit shows") { CHECK(crc32c("123456789") != crc32c("123456788")); }
