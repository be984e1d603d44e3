// SPDX-License-Identifier: MIT
#pragma once
// Credentials that a program of the user's writes as JSON: `credential_process` in a profile. The
// program is run anew each time; what it writes is never shown.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
#include <string>
#include <string_view>
#include <utility>

#include "sla/aws/credential/process_output.hpp"
#include "sla/aws/sign/credentials.hpp"
#include "sla/aws/sign/keys.hpp"
#include "sla/aws/wire/reply.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/result.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

/// Reads what a credential process wrote. Errc::malformed if it cannot be understood.
[[nodiscard]] inline Result<Credentials> parse_process_credentials(std::string_view output) {
  auto const reply = JsonReply::parse(output);
  if (!reply) return reply.error();
  if (reply->integer("Version") != 1) {
    return Error{Errc::malformed,
                 "the answer cannot be understood: its Version is not the number 1"};
  }
  for (std::string_view const name : {"AccessKeyId", "SecretAccessKey"}) {
    if (auto const found = reply->required_text(name); !found) return found.error();
  }
  auto const text = [&](std::string_view name) { return reply->text(name).value_or(""); };
  return make_credentials({text("AccessKeyId"), text("SecretAccessKey"), text("SessionToken"),
                           text("Expiration"), text("AccountId")},
                          "credential_process");
}

/// The credentials that a command writes.
class ProcessCredentials {
 public:
  /// The command runs with that environment.
  ProcessCredentials(std::string command, Environment environment, CommandLimits options = {})
      : command_(std::move(command)),
        environment_(std::move(environment)),
        options_(std::move(options)) {}

  [[nodiscard]] Result<Credentials> credentials(WallTime now) const {
    auto const output = process_output(command_, environment_, options_);
    if (!output) return output.error().within("credential_process");
    auto keys = parse_process_credentials(*output);
    if (!keys) return std::move(keys).error().within("credential_process");
    if (keys->expires && *keys->expires <= now) {
      return Error{Errc::expired, "credential_process: the credentials that it gives have expired"};
    }
    return keys;
  }

 private:
  std::string command_;
  Environment environment_;
  CommandLimits options_;
};
static_assert(CredentialSource<ProcessCredentials>);

}  // namespace sla::inline v1::aws
