// SPDX-License-Identifier: MIT
#pragma once
// What a profile says about credentials, as a plan: where the first keys come from, and the roles
// to assume with them, one after the other. Pure, by the rules of the SDKs; what cannot work here
// (single sign-on, codes of an MFA device) is an error that says what to do instead.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sla/aws/config/profile.hpp"
#include "sla/aws/credential/web_identity.hpp"
#include "sla/aws/service/sts_assume_role.hpp"
#include "sla/aws/sign/credentials.hpp"
#include "sla/aws/sign/keys.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::aws {

/// Another source that a profile's `credential_source` names.
enum class NamedSource { environment, container, imds };

/// A command that writes keys.
struct CredentialCommand {
  std::string command{};
  std::string account_id{};  ///< where the keys come without one
};

/// Where the first keys come from.
using ProfileBase = std::variant<Credentials, WebIdentity, CredentialCommand, NamedSource>;

/// How a profile gets its credentials.
struct ProfilePlan {
  ProfileBase base{};
  std::vector<Role> roles{};  ///< in the order in which they are assumed
};

namespace detail {

/// Follows the profiles from the chosen one to the one that has keys.
class ProfilePlanner {
 public:
  ProfilePlanner(Profiles const& profiles, std::string_view session_name)
      : profiles_(profiles), session_name_(session_name) {}

  Result<ProfilePlan> plan(Profile const& chosen) {
    Profile profile = chosen;
    for (;;) {
      bool const seen = std::find(visited_.begin(), visited_.end(), profile.name) != visited_.end();
      if (seen) return loop(profile);
      visited_.push_back(profile.name);
      bool const own_keys = !plan_.roles.empty() && has_static_keys(profile);
      bool const base_only = own_keys || profile.get("web_identity_token_file").has_value();
      if (base_only || !profile.get("role_arn")) {
        return finish(own_keys ? static_keys(profile) : base(profile));
      }
      if (auto done = add_role(profile); !done) return done.error();
      auto next = next_profile(profile);
      if (!next) return next.error();
      if (!*next) return finish(base(profile));
      auto found = profiles_.find(**next);
      if (!found) return invalid(profile, "source_profile: " + found.error().message);
      profile = *std::move(found);
    }
  }

 private:
  static std::string named(Profile const& profile) { return "profile '" + profile.name + "': "; }
  static Error invalid(Profile const& profile, std::string_view why) {
    return Error{Errc::invalid, named(profile) + std::string(why)};
  }

  [[nodiscard]] Error loop(Profile const& profile) const {
    std::string way;
    for (std::string const& name : visited_) way += name + " -> ";
    return Error{Errc::invalid, "the profiles refer to each other in a circle: " + way +
                                    profile.name + " (source_profile)"};
  }

  Result<ProfilePlan> finish(Result<ProfileBase> found) {
    if (!found) return found.error();
    plan_.base = *std::move(found);
    std::reverse(plan_.roles.begin(), plan_.roles.end());
    return std::move(plan_);
  }

  static bool has_static_keys(Profile const& profile) {
    return profile.get("aws_access_key_id") || profile.get("aws_secret_access_key");
  }

  Result<void> add_role(Profile const& profile) {
    if (profile.get("mfa_serial")) {
      return invalid(profile,
                     "mfa_serial: nobody is here to enter a code; use a role that does not ask for "
                     "one, or give this program the keys of a session that was opened elsewhere");
    }
    auto role = read_role(profile);
    if (!role) return role.error();
    plan_.roles.push_back(*std::move(role));
    return {};
  }

  [[nodiscard]] Result<Role> read_role(Profile const& profile) const {
    Role role{};
    role.arn = profile.get("role_arn").value_or("");
    role.session_name = profile.get("role_session_name").value_or(session_name_);
    role.external_id = profile.get("external_id").value_or("");
    role.region = profile.get("region").value_or("");
    if (auto const text = profile.get("duration_seconds")) {
      auto const seconds = parse_integer<std::int32_t>(*text);
      if (!seconds) return invalid(profile, "duration_seconds: it must be a number");
      role.duration = std::chrono::seconds{*seconds};
    }
    if (auto good = check_role(role); !good)
      return good.error().within(named(profile) + "role_arn");
    return role;
  }

  /// Returns the name of the profile whose keys are to be used; nothing if it is the profile
  /// itself.
  static Result<std::optional<std::string>> next_profile(Profile const& profile) {
    auto const source_profile = profile.get("source_profile");
    auto const credential_source = profile.get("credential_source");
    if (source_profile && credential_source) {
      return invalid(profile, "it has both source_profile and credential_source: keep one");
    }
    if (!source_profile && !credential_source) {
      return invalid(profile,
                     "role_arn needs a source_profile, a credential_source or a "
                     "web_identity_token_file beside it");
    }
    if (!source_profile || *source_profile == profile.name) return std::optional<std::string>{};
    return std::optional<std::string>(*source_profile);
  }

  [[nodiscard]] Result<ProfileBase> base(Profile const& profile) const {
    if (auto const name = profile.get("credential_source")) return named_source(profile, *name);
    if (profile.get("web_identity_token_file")) return web_identity(profile);
    for (std::string_view const key :
         {"sso_session", "sso_start_url", "sso_account_id", "sso_role_name", "login_session"}) {
      if (profile.get(key)) return no_sign_on(profile, key);
    }
    if (auto const command = profile.get("credential_process")) {
      return ProfileBase(CredentialCommand{
          std::string(*command), std::string(profile.get("aws_account_id").value_or(""))});
    }
    if (has_static_keys(profile)) return static_keys(profile);
    bool const chosen = plan_.roles.empty();
    return Error{chosen ? Errc::not_configured : Errc::invalid,
                 named(profile) + "it says nothing about credentials"};
  }

  static Error no_sign_on(Profile const& profile, std::string_view key) {
    return invalid(profile,
                   std::string(key) +
                       ": signing on in a browser is not supported here; let the AWS CLI do it, "
                       "with credential_process = aws configure export-credentials --profile " +
                       profile.name + " in a profile of its own, or use a role");
  }

  static Result<ProfileBase> named_source(Profile const& profile, std::string_view name) {
    if (same_ignoring_case(name, "Environment")) return ProfileBase(NamedSource::environment);
    if (same_ignoring_case(name, "EcsContainer")) return ProfileBase(NamedSource::container);
    if (same_ignoring_case(name, "Ec2InstanceMetadata")) return ProfileBase(NamedSource::imds);
    return invalid(
        profile, "credential_source: it must be Environment, Ec2InstanceMetadata or EcsContainer");
  }

  [[nodiscard]] Result<ProfileBase> web_identity(Profile const& profile) const {
    if (!profile.get("role_arn")) {
      return invalid(profile, "web_identity_token_file needs a role_arn beside it");
    }
    auto role = read_role(profile);
    if (!role) return role.error();
    return ProfileBase(
        WebIdentity{*std::move(role), std::string(*profile.get("web_identity_token_file"))});
  }

  static Result<ProfileBase> static_keys(Profile const& profile) {
    for (std::string_view const key : {"aws_access_key_id", "aws_secret_access_key"}) {
      if (!profile.get(key)) return invalid(profile, std::string(key) + " is missing");
    }
    auto const text = [&](std::string_view key) { return profile.get(key).value_or(""); };
    auto keys = make_credentials({text("aws_access_key_id"), text("aws_secret_access_key"),
                                  text("aws_session_token"), "", text("aws_account_id")},
                                 "profile '" + profile.name + "'");
    if (!keys) return invalid(profile, keys.error().message);
    return ProfileBase(*std::move(keys));
  }

  Profiles const& profiles_;
  std::string_view session_name_;
  ProfilePlan plan_;
  std::vector<std::string> visited_;
};

}  // namespace detail

/// Returns the plan of a profile. Errc::not_configured if it says nothing about credentials; any
/// other error is Errc::invalid and names the profile. Roles without a session name get the one
/// given.
[[nodiscard]] inline Result<ProfilePlan> plan_profile(Profiles const& profiles,
                                                      Profile const& chosen,
                                                      std::string_view session_name) {
  return detail::ProfilePlanner(profiles, session_name).plan(chosen);
}

}  // namespace sla::inline v1::aws
