// SPDX-License-Identifier: MIT
#include "sla/aws/http/amazon_roots.hpp"

#include <doctest/doctest.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace sla;
using namespace sla::aws;

namespace {

struct Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(BIO* stream) const { BIO_free(stream); }
};
using Certificate = std::unique_ptr<X509, Free>;

std::vector<Certificate> read(std::string_view text) {
  std::unique_ptr<BIO, Free> const stream(
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  std::vector<Certificate> all;
  while (X509* const next = PEM_read_bio_X509(stream.get(), nullptr, nullptr, nullptr)) {
    all.emplace_back(next);
  }
  return all;
}

std::string name(X509 const* certificate) {
  char name[256] = "";
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
  return name;
}

}  // namespace

TEST_CASE("they are five authorities, and nothing else") {
  std::vector<std::string> names;
  for (auto const& root : read(amazon_roots)) names.push_back(name(root.get()));
  CHECK(names == std::vector<std::string>{"Amazon Root CA 1", "Amazon Root CA 2",
                                          "Amazon Root CA 3", "Amazon Root CA 4",
                                          "Starfield Services Root Certificate Authority - G2"});
}

TEST_CASE("each signed itself, may sign others, and is valid") {
  for (auto const& root : read(amazon_roots)) {
    INFO(name(root.get()));
    CHECK(X509_self_signed(root.get(), 1) == 1);
    CHECK(X509_check_ca(root.get()) == 1);
    CHECK(X509_cmp_current_time(X509_get0_notBefore(root.get())) < 0);
    CHECK(X509_cmp_current_time(X509_get0_notAfter(root.get())) > 0);
  }
}

TEST_CASE("Debian trusts each of them too") {
  std::ifstream file("/etc/ssl/certs/ca-certificates.crt");
  std::string const text{std::istreambuf_iterator<char>(file), {}};
  auto const trusted = read(text);
  if (trusted.empty()) {
    MESSAGE("skipped: ca-certificates is not installed");
    return;
  }
  for (auto const& root : read(amazon_roots)) {
    INFO(name(root.get()));
    bool found = false;
    for (auto const& other : trusted) found |= X509_cmp(root.get(), other.get()) == 0;
    CHECK(found);
  }
}
