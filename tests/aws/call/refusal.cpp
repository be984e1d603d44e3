// SPDX-License-Identifier: MIT
#include "sla/aws/call/refusal.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace sla;
using namespace sla::aws;

TEST_CASE("what the answer does not have is left out") {
  CHECK(refusal_error(Errc::unavailable, 503, {}) ==
        Error{Errc::unavailable, "http 503", http_status(503)});
  CHECK(refusal_error(Errc::denied, 403, {"AccessDenied", "", ""}).message ==
        "http 403: AccessDenied");
  CHECK(refusal_error(Errc::denied, 403, {"", "no", "7"}).message == "http 403: no (request id 7)");
}

TEST_CASE("the canonical request that some services give back is not repeated") {
  Error const error = refusal_error(
      Errc::denied, 403,
      {"SignatureDoesNotMatch", "\nThe signature is wrong.\n\nx-amz-security-token:TOKEN\n", ""});
  CHECK(error.message == "http 403: SignatureDoesNotMatch: The signature is wrong.");
}

TEST_CASE("a message is short and holds no control character, whatever the service sends") {
  std::string const junk = "a\r\x1b[2Jb" + std::string(100'000, 'x');
  Error const error = refusal_error(Errc::rejected, 400, {junk, junk, junk});
  CHECK(error.message.size() < 800);
  for (char const c : error.message) CHECK_FALSE(is_control(c));
}
