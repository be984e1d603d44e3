// SPDX-License-Identifier: MIT
#pragma once
// What may be done with the credentials of a source when they can no longer be renewed. Sources
// that others depend on at run time outlive an outage; whatever the user supplies is taken at its
// word.
#include <concepts>

#include "sla/version.hpp"

namespace sla::inline v1::aws {

/// Whether credentials may be used after their time.
enum class Stability {
  strict,   ///< only while they are valid: environment, files, credential processes
  lasting,  ///< also later, while the source cannot be reached: roles, containers, IMDS
};

/// What the source says of the credentials that it gave last; one that says nothing is strict.
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
