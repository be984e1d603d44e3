// SPDX-License-Identifier: MIT
#pragma once
// The identity of one run: a UUID version 7 (RFC 9562), unique without any coordination and sorted
// by time. It is made before the run and kept through every retry, so that a redelivery is known.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sla/core/random.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1 {

/// The variable by which a command knows the id of its run.
inline constexpr std::string_view run_id_variable = "SLARUNNER_RUN_ID";

/// The variable by which it knows which attempt of the run it is, where there may be several.
inline constexpr std::string_view attempt_variable = "SLARUNNER_ATTEMPT";

/// Returns a new UUIDv7, such as `0190163d-8694-739b-aea5-966c26f8ad91`.
[[nodiscard]] inline std::string new_run_id(WallTime now) {
  auto bytes = random_bytes<16>();
  auto const milliseconds = static_cast<std::uint64_t>(epoch_milliseconds(now));
  for (std::size_t i = 0; i < 6; ++i) {
    bytes[i] = static_cast<unsigned char>(milliseconds >> (40U - 8U * i));
  }
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0FU) | 0x70U);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3FU) | 0x80U);
  std::string id = hex(bytes);
  for (std::size_t const at : {8U, 13U, 18U, 23U}) id.insert(at, 1, '-');
  return id;
}

/// Returns what a file is called that holds the log of a run, whatever its id is made of.
[[nodiscard]] inline std::string log_file_name(std::string_view run_id) {
  return percent_encode(run_id, Slash::encode) + ".log";
}

}  // namespace sla::inline v1
