// SPDX-License-Identifier: MIT
#pragma once
// The Error that tells people how a service refused a request. Services put into their messages
// what they were sent: some give back the canonical request, line by line, session token included,
// so only the first line is kept.
#include <string>
#include <string_view>
#include <utility>

#include "sla/aws/wire/service_error.hpp"
#include "sla/core/error.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::aws {

/// `http 403: AccessDenied: not allowed (request id 4f2a)`.
[[nodiscard]] inline Error refusal_error(Errc code, int status, ServiceError const& said) {
  std::string message = "http " + std::to_string(status);
  std::string_view const words = trim(said.message);
  if (!said.code.empty()) message.append(": ").append(said.code, 0, 100);
  if (!words.empty()) message.append(": ").append(words.substr(0, words.find('\n')), 0, 500);
  if (!said.request_id.empty()) {
    message.append(" (request id ").append(said.request_id, 0, 100).append(")");
  }
  for (char& c : message) c = is_control(c) ? ' ' : c;
  return Error{code, std::move(message), http_status(status)};
}

}  // namespace sla::inline v1::aws
