// SPDX-License-Identifier: MIT
#pragma once
// CRC-32C (Castagnoli, RFC 3720 appendix B.4), which tells a whole record from one that was torn or
// damaged. It keeps out accidents, not people: what must not be forged is hashed by
// aws/sign/digest.hpp.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sla/version.hpp"

namespace sla::inline v1::internal {
namespace detail {

inline constexpr std::array<std::uint32_t, 256> crc32c_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value & 1U) != 0 ? value >> 1U ^ 0x82F63B78U : value >> 1U;
    }
    table[byte] = value;
  }
  return table;
}();

}  // namespace detail

/// Returns the checksum of the bytes, or of what `before` is the checksum of with the bytes behind
/// it.
[[nodiscard]] constexpr std::uint32_t crc32c(std::string_view bytes,
                                             std::uint32_t before = 0) noexcept {
  std::uint32_t value = ~before;
  for (char const c : bytes) {
    value = value >> 8U ^ detail::crc32c_table[(value ^ static_cast<unsigned char>(c)) & 0xFFU];
  }
  return ~value;
}

}  // namespace sla::inline v1::internal
