// SPDX-License-Identifier: MIT
#pragma once
// Which authorities TLS trusts. A file that is asked for is used or is an error, never passed over.
// Otherwise they are the system's: a static binary may run on another system than that which its
// libcurl was built for, so the usual places are tried. Where there is nothing at all, as in an
// empty container, they are Amazon's own.
#include <unistd.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "sla/core/folder.hpp"
#include "sla/core/result.hpp"

namespace sla::inline v1 {

/// The trusted certificates: those in the file, or in the folder, or else amazon_roots.
struct Trust {
  std::string file{};
  std::string folder{};  ///< where the name of each is its hash, as `openssl rehash` makes it

  /// For people.
  [[nodiscard]] std::string where() const {
    if (!file.empty()) return file;
    return folder.empty() ? "the program, Amazon's" : folder;
  }
};

/// Where to look for them.
struct TrustOptions {
  std::string asked{};                    ///< the file that the user wants; empty for none
  std::string own{};                      ///< the TLS library's default; empty for none
  std::string folder = "/etc/ssl/certs";  ///< where there is no file
};

namespace detail {

/// Whether the folder holds a certificate: `5ad8a5d6.0`. One that is empty comes with many images.
inline bool holds_certificates(std::string const& folder) {
  auto const names = list_folder(folder);
  return names && std::any_of(names->begin(), names->end(), [](std::string_view name) {
           return name.size() > 9 && name.find_first_not_of("0123456789abcdef") == 8 &&
                  name[8] == '.';
         });
}

}  // namespace detail

/// Finds them. Errc::invalid where the file that is asked for cannot be read.
[[nodiscard]] inline Result<Trust> find_trust(TrustOptions options) {
  if (!options.asked.empty()) {
    if (::access(options.asked.c_str(), R_OK) == 0) return Trust{.file = std::move(options.asked)};
    Error const why = system_error("the file of trusted certificates " + options.asked);
    return Error{Errc::invalid, why.message + " (AWS_CA_BUNDLE, SSL_CERT_FILE)", why.native};
  }
  for (std::string file :
       {options.own, std::string("/etc/ssl/certs/ca-certificates.crt"),  // Debian, Alpine
        std::string("/etc/pki/tls/certs/ca-bundle.crt"),                 // Amazon Linux, Fedora
        std::string("/etc/ssl/ca-bundle.pem"), std::string("/etc/ssl/cert.pem")}) {
    if (!file.empty() && ::access(file.c_str(), R_OK) == 0) return Trust{.file = std::move(file)};
  }
  if (!detail::holds_certificates(options.folder)) return Trust{};
  return Trust{.folder = std::move(options.folder)};
}

}  // namespace sla::inline v1
