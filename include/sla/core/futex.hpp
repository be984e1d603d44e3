// SPDX-License-Identifier: MIT
#pragma once
// Waiting for a word in memory to change, and waking whoever waits. There is no state but the word:
// one that waits may be killed, and harms nobody.
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

#include "sla/core/atomic.hpp"
#include "sla/core/clock.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::internal {

using FutexWord = Atomic<std::uint32_t>;
static_assert(__atomic_always_lock_free(sizeof(FutexWord), nullptr) &&
              sizeof(FutexWord) == sizeof(std::uint32_t));

/// Waits while the word has that value, but no longer than until then. Returns true if it has
/// another one.
inline bool wait_while(FutexWord const& word, std::uint32_t value, Instant until) noexcept {
  timespec const limit = to_timespec(until.time_since_epoch());
  while (word == value) {
    long const woken = ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, value,
                                 &limit, nullptr, FUTEX_BITSET_MATCH_ANY);
    if (woken != 0 && errno == ETIMEDOUT) return word != value;
  }
  return true;
}

/// Wakes all that wait for the word, which was changed.
inline void wake_all(FutexWord const& word) noexcept {
  (void)::syscall(SYS_futex, &word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, INT32_MAX);
}

}  // namespace sla::inline v1::internal
