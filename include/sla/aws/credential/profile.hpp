// SPDX-License-Identifier: MIT
#pragma once
// Credentials from the profiles of ~/.aws/config and ~/.aws/credentials, by the plan that
// credential/profile_plan.hpp makes of them. The files are read again each time, so keys that were
// replaced in them are found.
#include <string>
#include <utility>
#include <variant>

#include "sla/aws/config/file_reader.hpp"
#include "sla/aws/config/profile.hpp"
#include "sla/aws/credential/container.hpp"
#include "sla/aws/credential/environment.hpp"
#include "sla/aws/credential/imds.hpp"
#include "sla/aws/credential/process.hpp"
#include "sla/aws/credential/profile_plan.hpp"
#include "sla/aws/credential/role_caller.hpp"
#include "sla/aws/credential/web_identity.hpp"
#include "sla/aws/sign/credentials.hpp"
#include "sla/core/clock.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

/// What the profiles are read from, and what a profile may refer to.
struct ProfileSettings {
  std::string name{};  ///< from a flag; empty is AWS_PROFILE, or else `default`
  Environment environment{};
  FileReader files{};
  std::string session_name = "sla-runner";  ///< of roles that name none
  CommandLimits process{};
};

/// The credentials of a profile. Not thread-safe.
template <class T, class C>
class ProfileCredentials {
 public:
  /// The sources beside the settings are those that `credential_source` may name.
  ProfileCredentials(ProfileSettings settings, RoleCaller<T, C> caller,
                     ContainerCredentials<T, C> container, ImdsCredentials<T, C> imds)
      : settings_(std::move(settings)),
        choice_(choose_profile(settings_.environment, settings_.name)),
        caller_(std::move(caller)),
        container_(std::move(container)),
        imds_(std::move(imds)) {}

  /// Returns the keys. Errc::not_configured if nobody asked for a profile and there is none, and
  /// where the profile says nothing about credentials.
  [[nodiscard]] Result<Credentials> credentials(WallTime now) {
    auto const plan = make_plan();
    if (!plan) return plan.error();
    auto keys = base(plan->base, now);
    if (!keys) return failed(std::move(keys).error());
    for (Role const& role : plan->roles) {
      auto assumed = caller_.assume(role, *keys);
      if (!assumed) return failed(std::move(assumed).error().within("role " + role.arn));
      assumed->source = "role " + role.arn + ", with " + keys->source;
      keys = std::move(assumed);
    }
    bool const own = plan->roles.empty() && std::holds_alternative<Credentials>(plan->base);
    if (!own) keys->source = "profile '" + choice_.name + "': " + keys->source;
    return keys;
  }

  [[nodiscard]] Stability stability() const noexcept { return stability_; }

 private:
  /// The chosen profile is in use, so its failure is never a reason to ask somebody else.
  [[nodiscard]] Error failed(Error error) const {
    if (error.code == Errc::not_configured) error.code = Errc::invalid;
    return std::move(error).within("profile '" + choice_.name + "'");
  }

  Result<ProfilePlan> make_plan() {
    auto const profiles = Profiles::load(settings_.environment, settings_.files);
    if (!profiles) return profiles.error();
    auto const chosen = choice_.by == ProfileChoice::By::user ? profiles->find(choice_)
                                                              : profiles->find(choice_.name);
    if (!chosen) return chosen.error();
    auto plan = plan_profile(*profiles, *chosen, settings_.session_name);
    if (!plan) return plan;
    use_region_of_environment(*plan);
    bool const by_user = plan->roles.empty() && !std::holds_alternative<WebIdentity>(plan->base) &&
                         !std::holds_alternative<NamedSource>(plan->base);
    stability_ = by_user ? Stability::strict : Stability::lasting;
    return plan;
  }

  /// A region in the environment is that of every request; those of profiles are for want of it.
  void use_region_of_environment(ProfilePlan& plan) const {
    auto region = settings_.environment.get("AWS_REGION");
    if (!region) region = settings_.environment.get("AWS_DEFAULT_REGION");
    if (!region || trim(*region).empty()) return;
    for (Role& role : plan.roles) role.region = trim(*region);
    if (auto* const identity = std::get_if<WebIdentity>(&plan.base)) {
      identity->role.region = trim(*region);
    }
  }

  Result<Credentials> base(ProfileBase const& base, WallTime now) {
    if (auto const* const keys = std::get_if<Credentials>(&base)) return *keys;
    if (auto const* const identity = std::get_if<WebIdentity>(&base)) {
      return assume_web_identity(caller_, settings_.files, *identity);
    }
    if (auto const* const command = std::get_if<CredentialCommand>(&base)) {
      auto keys = ProcessCredentials(command->command, settings_.environment, settings_.process)
                      .credentials(now);
      if (keys && keys->account_id.empty()) keys->account_id = command->account_id;
      return keys;
    }
    switch (std::get<NamedSource>(base)) {
      case NamedSource::container:
        return container_.credentials(now);
      case NamedSource::imds:
        return imds_.credentials(now);
      case NamedSource::environment:
        break;
    }
    return EnvironmentCredentials(settings_.environment).credentials(now);
  }

  ProfileSettings settings_;
  ProfileChoice choice_;
  RoleCaller<T, C> caller_;
  ContainerCredentials<T, C> container_;
  ImdsCredentials<T, C> imds_;
  Stability stability_ = Stability::strict;
};

}  // namespace sla::inline v1::aws
