// SPDX-License-Identifier: MIT
#include "sla/aws/http/peer_certificate.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string_view>

#include "sla/aws/http/amazon_roots.hpp"

using namespace sla;
using namespace sla::internal;

TEST_CASE("how long a certificate is valid is counted from now on") {
  auto const left = validity_left(aws::amazon_roots);  // the first one, until 2038-01-17
  REQUIRE(left);
  auto const end = std::chrono::system_clock::now() + *left;
  auto const expected = WallTime{std::chrono::seconds{2'147'299'200}};
  CHECK(std::chrono::abs(end - expected) < std::chrono::hours{1});
  CHECK_FALSE(validity_left("no certificate"));
  CHECK_FALSE(validity_left(""));
}

TEST_CASE("what OpenSSL finds wrong has a name") {
  CHECK(certificate_fault(X509_V_ERR_CERT_HAS_EXPIRED) == ProbeFault::expired);
  CHECK(certificate_fault(X509_V_ERR_CERT_NOT_YET_VALID) == ProbeFault::not_yet_valid);
  CHECK(certificate_fault(X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT) == ProbeFault::self_signed);
  CHECK(certificate_fault(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY) ==
        ProbeFault::unknown_authority);
  CHECK(certificate_fault(X509_V_OK) == ProbeFault::wrong_host);
  CHECK(certificate_fault(X509_V_ERR_CERT_REVOKED) == ProbeFault::bad_certificate);
}
