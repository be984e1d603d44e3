// SPDX-License-Identifier: MIT
#pragma once
// Credentials of the role that an EC2 instance has. Which role that is is asked each time, since it
// can be changed while the instance runs. During an outage the service may give credentials that
// have expired; what to do with them is decided in credential/refreshing.hpp.
#include <string>
#include <string_view>
#include <utility>

#include "sla/aws/service/imds.hpp"
#include "sla/aws/sign/credentials.hpp"
#include "sla/aws/sign/keys.hpp"
#include "sla/aws/wire/reply.hpp"
#include "sla/core/clock.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

/// The credentials of the instance. Not thread-safe.
template <class T, class C>
class ImdsCredentials {
 public:
  explicit ImdsCredentials(Imds<T, C> imds) : imds_(std::move(imds)) {}

  /// Returns the keys; Errc::not_configured if there is no metadata service, or no role.
  [[nodiscard]] Result<Credentials> credentials(WallTime /*now*/) {
    auto keys = ask();
    bool const replaced = !keys && keys.error().code == Errc::not_found;
    return replaced ? ask() : keys;  // another role may have taken the place of the first
  }

  [[nodiscard]] Stability stability() const noexcept { return Stability::lasting; }

 private:
  static constexpr std::string_view place = "/latest/meta-data/iam/security-credentials/";

  Result<Credentials> ask() {
    auto const role = find_role();
    if (!role) return role.error();
    auto const body = imds_.get(std::string(place) + *role);
    if (!body) return body.error();
    auto keys = read(*body, "imds, role " + *role);
    if (!keys) return foreign_answer(keys.error()).within("imds");
    return keys;
  }

  static std::string_view first_line(std::string_view text) {
    return trim(text.substr(0, text.find('\n')));
  }

  Result<std::string> find_role() {
    auto const text = imds_.get(place);
    bool const none = !text && text.error().code == Errc::not_found;
    if (!text && !none) return text.error();
    std::string_view const name = none ? "" : first_line(*text);
    if (name.empty()) return Error{Errc::not_configured, "imds: the instance has no role"};
    constexpr std::string_view others = "_+=,.@-";
    for (char const c : name) {
      if (is_alpha(c) || is_digit(c) || others.find(c) != std::string_view::npos) continue;
      return Error{Errc::unavailable, "imds: what it says is no name of a role"};
    }
    return std::string(name);
  }

  static Result<Credentials> read(std::string_view body, std::string source) {
    auto const reply = JsonReply::parse(body);
    if (!reply) return reply.error();
    auto const text = [&](std::string_view name) { return reply->text(name).value_or(""); };
    std::string_view const code = text("Code");
    if (!code.empty() && code != "Success") {
      std::string message = "it gives no credentials: ";
      message.append(code.substr(0, 100)).append(" ").append(text("Message").substr(0, 500));
      return Error{Errc::unavailable, std::move(message)};
    }
    for (std::string_view const name : {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"}) {
      if (auto const found = reply->required_text(name); !found) return found.error();
    }
    return make_credentials({text("AccessKeyId"), text("SecretAccessKey"), text("Token"),
                             text("Expiration"), text("AccountId")},
                            std::move(source));
  }

  Imds<T, C> imds_;
};

}  // namespace sla::inline v1::aws
