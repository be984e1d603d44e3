// SPDX-License-Identifier: MIT
#pragma once
// What OpenSSL says of the certificate of a server: how long it is still valid, and why it was not
// accepted.
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

#include "sla/aws/http/probe_facts.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::internal {

/// Returns what a result of the verification means, such as X509_V_ERR_CERT_HAS_EXPIRED.
[[nodiscard]] constexpr ProbeFault certificate_fault(long verification) noexcept {
  switch (verification) {
    case X509_V_OK:
    case X509_V_ERR_UNSPECIFIED:  // what libcurl leaves where it looked at the host itself
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return ProbeFault::wrong_host;
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return ProbeFault::expired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return ProbeFault::not_yet_valid;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return ProbeFault::self_signed;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return ProbeFault::unknown_authority;
    default:
      return ProbeFault::bad_certificate;
  }
}

/// Returns how long a certificate is valid from now on, negative if it has expired, or nullopt if
/// the text is no certificate (PEM).
[[nodiscard]] inline std::optional<Duration> validity_left(std::string_view pem) {
  struct Free {
    void operator()(BIO* text) const noexcept { BIO_free(text); }
    void operator()(X509* certificate) const noexcept { X509_free(certificate); }
  };
  std::unique_ptr<BIO, Free> const text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!text) return std::nullopt;
  std::unique_ptr<X509, Free> const certificate(
      PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
  if (!certificate) return std::nullopt;
  int days = 0, seconds = 0;
  ASN1_TIME const* const end = X509_get0_notAfter(certificate.get());
  if (ASN1_TIME_diff(&days, &seconds, nullptr, end) != 1) return std::nullopt;
  return std::chrono::hours{24} * days + std::chrono::seconds{seconds};
}

}  // namespace sla::inline v1::internal
