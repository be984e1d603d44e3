// SPDX-License-Identifier: MIT
#pragma once
// The file with the certificates of the authorities that TLS trusts. One that is asked for is used
// or is an error, never passed over. Otherwise it is the system's; a static binary may run on
// another system than that which its libcurl was built for, so the usual places are tried.
#include <unistd.h>

#include <string>
#include <utility>

#include "sla/core/result.hpp"

namespace sla::inline v1 {

/// That file. `asked` comes from the user, `own` is the TLS library's default; each may be empty.
/// Empty where there is none; Errc::invalid where the one that is asked for cannot be read.
[[nodiscard]] inline Result<std::string> find_ca_file(std::string asked, std::string const& own) {
  if (!asked.empty()) {
    if (::access(asked.c_str(), R_OK) == 0) return asked;
    Error const why = system_error("the file of trusted certificates " + asked);
    return Error{Errc::invalid, why.message + " (AWS_CA_BUNDLE, SSL_CERT_FILE)", why.native};
  }
  for (std::string file :
       {own, std::string("/etc/ssl/certs/ca-certificates.crt"),  // Debian, Alpine
        std::string("/etc/pki/tls/certs/ca-bundle.crt"),         // Amazon Linux, Fedora
        std::string("/etc/ssl/ca-bundle.pem"), std::string("/etc/ssl/cert.pem")}) {
    if (!file.empty() && ::access(file.c_str(), R_OK) == 0) return file;
  }
  return std::string();
}

}  // namespace sla::inline v1
