// SPDX-License-Identifier: MIT
#pragma once
// Who signs: one set of AWS credentials, and the contract of what supplies them. The sources stand
// in credential/, one per file.
#include <concepts>
#include <optional>
#include <string>
#include <type_traits>

#include "sla/core/result.hpp"
#include "sla/core/secret.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

/// One set of keys. The access key id may be logged, the rest never.
struct Credentials {
  std::string access_key_id{};
  Secret secret_access_key{};
  Secret session_token{};             ///< empty for keys that do not expire
  std::optional<WallTime> expires{};  ///< by the service's clock
  std::string account_id{};           ///< empty if the source does not say it
  std::string source{};               ///< which source they came from, for people
};

/// `credentials(now)` gives the keys to sign with at that time. Errc::not_configured means that
/// this source is not in use here and another may be asked; any other Error means that it is in
/// use and failed.
template <class S>
concept CredentialSource = bool{std::movable<S>} && requires(S& s, WallTime now) {
  { s.credentials(now) } -> std::same_as<Result<Credentials>>;
};

/// Whether credentials may be used after their time, if they can no longer be renewed. Sources that
/// others depend on at run time outlive an outage; whatever the user supplies is taken at its word.
enum class Stability {
  strict,   ///< only while they are valid: environment, files, credential processes
  lasting,  ///< also later, while the source cannot be reached: roles, containers, IMDS
};

/// Returns what the source says of the credentials that it gave last; one that says nothing is
/// strict.
template <class Source>
[[nodiscard]] Stability stability_of(Source const& source) {
  if constexpr (requires {
                  { source.stability() } -> std::same_as<Stability>;
                }) {
    return source.stability();
  } else {
    return Stability::strict;
  }
}

}  // namespace sla::inline v1::aws

namespace sla::inline v1::internal {

/// Takes the place of a source that a door refused, so that the refusal is the only error.
template <class X>
struct RefusedCredentialSource {
  RefusedCredentialSource(X const&) noexcept {}
  Result<aws::Credentials> credentials(WallTime) { return aws::Credentials{}; }
};
template <class X>
using HeldCredentialSource =
    std::conditional_t<aws::CredentialSource<X>, X, RefusedCredentialSource<X>>;

}  // namespace sla::inline v1::internal
