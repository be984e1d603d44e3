// SPDX-License-Identifier: MIT
#pragma once
// What a service says when it says no, whatever the format of its answer. The readers stand with
// the formats (aws/wire/xml.hpp, aws/wire/reply.hpp); what the code means for a retry is decided
// elsewhere.
#include <string>

#include "sla/version.hpp"

namespace sla::inline v1::aws {

/// The service's own words. Each is empty if the answer does not have it.
struct ServiceError {
  std::string code{};        ///< such as `InvalidParameter`, as it stands on the wire
  std::string message{};     ///< for people
  std::string request_id{};  ///< what the service's support asks for

  bool operator==(ServiceError const&) const = default;
};

}  // namespace sla::inline v1::aws
