// SPDX-License-Identifier: MIT
#pragma once
// Random numbers: for identities and waits, never for keys. Thread-safe.
#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "sla/core/atomic.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1 {

namespace detail {

/// Fills in what no random source of the kernel gave: unique enough for an identity, no secret.
inline void mix_bytes(unsigned char* bytes, std::size_t size) noexcept {
  static internal::Atomic<std::uint64_t> calls = 0;
  auto const clock = std::chrono::steady_clock::now().time_since_epoch().count();
  std::uint64_t state = static_cast<std::uint64_t>(clock) ^
                        static_cast<std::uint64_t>(::getpid()) << 40U ^
                        calls.fetch_add(0x9E3779B97F4A7C15ULL);
  for (std::size_t i = 0; i < size; ++i) {  // splitmix64
    state += 0x9E3779B97F4A7C15ULL;
    std::uint64_t mixed = (state ^ state >> 30U) * 0xBF58476D1CE4E5B9ULL;
    mixed = (mixed ^ mixed >> 27U) * 0x94D049BB133111EBULL;
    bytes[i] = static_cast<unsigned char>(mixed >> 56U);
  }
}

}  // namespace detail

/// Returns bytes from the kernel's random source; where a container refuses both ways to it, bytes
/// that are only unlikely to come again.
template <std::size_t N>
[[nodiscard]] std::array<unsigned char, N> random_bytes() {
  std::array<unsigned char, N> bytes{};
  std::size_t have = 0;
  for (ssize_t n = 1; have < N && n > 0; have += n > 0 ? static_cast<std::size_t>(n) : 0) {
    n = internal::uninterrupted(
        [&] { return ::getrandom(bytes.data() + have, N - have, GRND_NONBLOCK); });
  }
  if (have == N) return bytes;
  auto const device = internal::open_file("/dev/urandom", O_RDONLY);
  ssize_t const n =
      device ? internal::uninterrupted([&] { return ::read(device->get(), bytes.data(), N); }) : -1;
  if (n != static_cast<ssize_t>(N)) detail::mix_bytes(bytes.data(), N);
  return bytes;
}

/// Returns a random number of so many bytes.
template <std::size_t N>
requires(N <= 8) [[nodiscard]] std::uint64_t random_number() {
  std::uint64_t number = 0;
  for (unsigned char const byte : random_bytes<N>()) number = number << 8U | byte;
  return number;
}

/// Returns a random number from 0 to below 1.
[[nodiscard]] inline double random_fraction() {
  return static_cast<double>(random_number<4>()) / 4294967296.0;
}

/// Returns a random time from zero to the longest, both included.
[[nodiscard]] inline Duration random_duration(Duration longest) {
  if (longest <= Duration::zero()) return Duration::zero();
  return Duration{static_cast<Duration::rep>(random_number<8>() %
                                             (static_cast<std::uint64_t>(longest.count()) + 1))};
}

}  // namespace sla::inline v1
