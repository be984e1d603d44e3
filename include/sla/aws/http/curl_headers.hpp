// SPDX-License-Identifier: MIT
#pragma once
// The headers of a request in the form in which libcurl takes them: `Name: value`, `Name;` for an
// empty value, and `Name:` for one of its own that it shall leave out.
#include <string>
#include <string_view>
#include <vector>

#include "sla/aws/http/transport.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"
#include "sla/version.hpp"

namespace sla::inline v1::aws {

/// `sla-runner/` and the version.
[[nodiscard]] inline std::string user_agent() {
  return "sla-runner/" + std::to_string(SLA_VERSION_MAJOR) + '.' +
         std::to_string(SLA_VERSION_MINOR) + '.' + std::to_string(SLA_VERSION_PATCH);
}

/// Returns the lines. Errc::invalid if a header could smuggle in another; the message has no
/// value.
[[nodiscard]] inline Result<std::vector<std::string>> curl_headers(
    std::vector<Header> const& headers) {
  std::vector<std::string> lines;
  for (auto const& [name, value] : headers) {
    if (name.empty() || has_control(name) || name.find_first_of(" :;") != std::string::npos) {
      return Error{Errc::invalid, "a header with a name that cannot be one"};
    }
    if (has_control(value)) {
      return Error{Errc::invalid, "header " + name + ": a control character in its value"};
    }
    lines.push_back(trim(value).empty() ? name + ';' : name + ": " + value);
  }
  for (std::string_view const name : {"Accept", "Content-Type", "Expect"}) {
    if (!find_header(headers, name)) lines.push_back(std::string(name) + ':');
  }
  if (!find_header(headers, "User-Agent")) lines.push_back("User-Agent: " + user_agent());
  return lines;
}

}  // namespace sla::inline v1::aws
