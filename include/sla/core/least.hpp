// SPDX-License-Identifier: MIT
#pragma once
// The lesser and the greater of two values. <algorithm> has them too, but with 8,000 lines that
// every user of a header would read.
#include "sla/version.hpp"

namespace sla::inline v1::internal {

/// Returns the lesser of two values, the first if they are equal.
template <class T>
[[nodiscard]] constexpr T least(T const& first, T const& second) {
  return second < first ? second : first;
}

/// Returns the greater of two values, the first if they are equal.
template <class T>
[[nodiscard]] constexpr T greatest(T const& first, T const& second) {
  return first < second ? second : first;
}

}  // namespace sla::inline v1::internal
