// SPDX-License-Identifier: MIT
#pragma once
// The identity of one run: a UUID version 7 (RFC 9562), unique without any coordination and sorted
// by time. It is made before the run and kept through every retry, so that a redelivery is known.
#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "sla/core/descriptor.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1 {

/// The variable by which a command knows the id of its run.
inline constexpr std::string_view run_id_variable = "SLARUNNER_RUN_ID";

namespace detail {

/// Fills in what no random source of the kernel gave: unique enough for an identity, no secret.
inline void mix_bytes(std::span<unsigned char> bytes) noexcept {
  static std::atomic<std::uint64_t> calls = 0;
  auto const clock = std::chrono::steady_clock::now().time_since_epoch().count();
  std::uint64_t state = static_cast<std::uint64_t>(clock) ^
                        static_cast<std::uint64_t>(::getpid()) << 40U ^
                        calls.fetch_add(0x9E3779B97F4A7C15ULL);
  for (unsigned char& byte : bytes) {  // splitmix64
    state += 0x9E3779B97F4A7C15ULL;
    std::uint64_t mixed = (state ^ state >> 30U) * 0xBF58476D1CE4E5B9ULL;
    mixed = (mixed ^ mixed >> 27U) * 0x94D049BB133111EBULL;
    byte = static_cast<unsigned char>(mixed >> 56U);
  }
}

}  // namespace detail

/// Returns bytes from the kernel's random source; where a container refuses both ways to it, bytes
/// that are only unlikely to come again. For identities and waits, never for keys.
template <std::size_t N>
[[nodiscard]] std::array<unsigned char, N> random_bytes() {
  std::array<unsigned char, N> bytes{};
  std::size_t have = 0;
  for (ssize_t n = 1; have < N && n > 0; have += n > 0 ? static_cast<std::size_t>(n) : 0) {
    n = uninterrupted([&] { return ::getrandom(bytes.data() + have, N - have, GRND_NONBLOCK); });
  }
  if (have == N) return bytes;
  auto const device = open_file("/dev/urandom", O_RDONLY);
  ssize_t const n =
      device ? uninterrupted([&] { return ::read(device->get(), bytes.data(), N); }) : -1;
  if (n != static_cast<ssize_t>(N)) detail::mix_bytes(bytes);
  return bytes;
}

/// A new UUIDv7, such as `0190163d-8694-739b-aea5-966c26f8ad91`.
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

/// What a file is called that holds the log of a run, whatever its id is made of.
[[nodiscard]] inline std::string log_file_name(std::string_view run_id) {
  return percent_encode(run_id, Slash::encode) + ".log";
}

}  // namespace sla::inline v1
