// SPDX-License-Identifier: MIT
#pragma once
// Which authorities TLS trusts: the one place for what AWS's and OpenSSL's variables say of it.
// What is asked for is used or is an error, never passed over. Otherwise they are the system's: a
// static binary may run on another system than that which its libcurl was built for, so the usual
// places are tried. If there is nothing at all, as in an empty container, they are Amazon's own.
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sla/core/descriptor.hpp"
#include "sla/core/folder.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::aws {

/// The trusted certificates: those in the file and in the folders, or else amazon_roots.
struct Trust {
  std::string file{};
  std::string folder{};  ///< where the name of each is its hash; several have colons in between
  std::string name{};    ///< of the setting that says so; empty if none does

  [[nodiscard]] bool empty() const noexcept { return file.empty() && folder.empty(); }
  /// For people.
  [[nodiscard]] std::string where() const {
    if (empty()) return "the program, Amazon's";
    return file + (file.empty() || folder.empty() ? "" : " and ") + folder;
  }
};

/// Reads what the user wants trusted from `variables(name)` and `profile(key)`, which give a text
/// or nothing: in the order of botocore, and then OpenSSL's own variables, which may be there both.
template <class Variables, class Profile>
[[nodiscard]] Trust choose_trust(Variables const& variables, Profile const& profile) {
  auto const file = [](std::string_view path, std::string_view name) {
    return Trust{.file = std::string(path), .name = std::string(name)};
  };
  if (auto const path = variables("AWS_CA_BUNDLE")) return file(*path, "AWS_CA_BUNDLE");
  if (auto const path = profile("ca_bundle")) return file(*path, "ca_bundle of the profile");
  if (auto const path = variables("REQUESTS_CA_BUNDLE")) return file(*path, "REQUESTS_CA_BUNDLE");
  auto const path = variables("SSL_CERT_FILE");
  Trust trust = path ? file(*path, "SSL_CERT_FILE") : Trust{};
  auto const folder = variables("SSL_CERT_DIR");
  if (!folder) return trust;
  trust.folder = *folder;
  if (trust.name.empty()) trust.name = "SSL_CERT_DIR";
  return trust;
}

namespace detail {

struct CertificateFree {
  void operator()(BIO* text) const noexcept { BIO_free(text); }
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};

/// One block of a PEM file, as OpenSSL allocates it.
struct PemBlock {
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;

  PemBlock() = default;
  PemBlock(PemBlock&&) = delete;
  PemBlock& operator=(PemBlock&&) = delete;
  ~PemBlock() {
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(data);
  }

  [[nodiscard]] bool is_certificate() const {
    return std::string_view(name).ends_with("CERTIFICATE");
  }
  [[nodiscard]] bool parses() const {
    unsigned char const* at = data;
    bool const trusted = std::string_view(name).starts_with("TRUSTED");
    return std::unique_ptr<X509, CertificateFree>(trusted
                                                      ? d2i_X509_AUX(nullptr, &at, size)
                                                      : d2i_X509(nullptr, &at, size)) != nullptr;
  }
};

/// Says what is wrong with a file of certificates, behind its name; empty for nothing.
inline std::string problem_in_certificates(std::string_view text) {
  std::unique_ptr<BIO, CertificateFree> const source(
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  std::size_t count = 0;
  std::string problem;
  for (bool more = source != nullptr; more && problem.empty();) {
    PemBlock block;
    more = PEM_read_bio(source.get(), &block.name, &block.header, &block.data, &block.size) == 1;
    bool const end = !more && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (end || (more && !block.is_certificate())) continue;
    ++count;
    if (!more || !block.parses()) {
      problem = "certificate " + std::to_string(count) + " in it does not parse";
    }
  }
  ERR_clear_error();  // for libcurl
  return count == 0 ? "there is no certificate in it (PEM)" : problem;
}

/// Returns true if the folder holds a certificate: `5ad8a5d6.0`. One that is empty comes with many
/// images.
inline bool holds_certificates(std::string const& folder) {
  auto const names = internal::list_folder(folder);
  return names && std::any_of(names->begin(), names->end(), [](std::string_view name) {
           return name.size() > 9 && name.find_first_not_of("0123456789abcdef") == 8 &&
                  name[8] == '.';
         });
}

}  // namespace detail

/// Checks that a file holds trusted certificates, and nothing that keeps TLS from reading them. The
/// error names it.
[[nodiscard]] inline Result<void> check_certificates(std::string const& file) {
  constexpr std::size_t limit = std::size_t{16} << 20U;
  auto const text = internal::read_file(file, limit);
  if (!text) return Error{Errc::invalid, text.error().message, text.error().native};
  std::string const problem = detail::problem_in_certificates(*text);
  if (problem.empty()) return {};
  return Error{Errc::invalid, file + ": " + problem};
}

/// Checks that what the user wants trusted can be. Errc::invalid says by which setting, where, and
/// what is wrong there.
[[nodiscard]] inline Result<void> check_trust(Trust const& trust) {
  if (!trust.file.empty()) {
    auto file = check_certificates(trust.file);
    if (!file) return std::move(file).error().within(trust.name);
  }
  if (trust.folder.empty()) return {};
  auto const folders = split(trust.folder, ':');
  if (std::any_of(folders.begin(), folders.end(), [](std::string_view folder) {
        return detail::holds_certificates(std::string(folder));
      })) {
    return {};
  }
  if (folders.size() == 1) {
    if (auto const names = internal::list_folder(trust.folder); !names) {
      return Error{Errc::invalid, "SSL_CERT_DIR: " + names.error().message, names.error().native};
    }
  }
  return Error{Errc::invalid, "SSL_CERT_DIR: " + trust.folder +
                                  ": there is no certificate by the name of its hash in it "
                                  "(openssl rehash)"};
}

/// Where to look for them.
struct TrustOptions {
  Trust asked{};                          ///< what the user wants; empty for nothing
  std::string own{};                      ///< the TLS library's default; empty for none
  std::string folder = "/etc/ssl/certs";  ///< if there is no file
};

/// Finds them. Errc::invalid if the file that is asked for cannot be read.
[[nodiscard]] inline Result<Trust> find_trust(TrustOptions options) {
  Trust& asked = options.asked;
  if (!asked.file.empty() && ::access(asked.file.c_str(), R_OK) != 0) {
    Error const why = system_error("the trusted certificates: " + asked.name + ": " + asked.file);
    return Error{Errc::invalid, why.message, why.native};
  }
  if (!asked.empty()) return std::move(asked);
  for (std::string file :
       {options.own, std::string("/etc/ssl/certs/ca-certificates.crt"),  // Debian, Alpine
        std::string("/etc/pki/tls/certs/ca-bundle.crt"),                 // Amazon Linux, Fedora
        std::string("/etc/ssl/ca-bundle.pem"), std::string("/etc/ssl/cert.pem")}) {
    if (!file.empty() && ::access(file.c_str(), R_OK) == 0) return Trust{.file = std::move(file)};
  }
  if (!detail::holds_certificates(options.folder)) return Trust{};
  return Trust{.folder = std::move(options.folder)};
}

}  // namespace sla::inline v1::aws
