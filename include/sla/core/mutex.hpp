// SPDX-License-Identifier: MIT
#pragma once
// What threads share one at a time, and how they hear of a change. <mutex> and
// <condition_variable> have that too, but with 10,000 lines that every user of a header would read.
#include <pthread.h>

#include <cstdint>

#include "sla/core/futex.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::internal {

/// Lets one thread in at a time.
class Mutex {
 public:
  Mutex() = default;
  Mutex(Mutex const&) = delete;
  Mutex& operator=(Mutex const&) = delete;

  void lock() noexcept { ::pthread_mutex_lock(&mutex_); }
  void unlock() noexcept { ::pthread_mutex_unlock(&mutex_); }

 private:
  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
};

/// Holds a Mutex for as long as it lives, but for what is between unlock() and lock().
class Lock {
 public:
  explicit Lock(Mutex& mutex) noexcept : mutex_(mutex) { lock(); }
  Lock(Lock const&) = delete;
  Lock& operator=(Lock const&) = delete;
  ~Lock() {
    if (locked_) unlock();
  }

  void lock() noexcept {
    mutex_.lock();
    locked_ = true;
  }
  void unlock() noexcept {
    locked_ = false;
    mutex_.unlock();
  }

 private:
  Mutex& mutex_;
  bool locked_ = false;
};

/// Tells whoever waits that something under a Mutex has changed.
class Changes {
 public:
  void notify() noexcept {
    ++count_;
    wake_all(count_);
  }

  /// Waits for `condition()`, which is called under the lock, but no longer than until then.
  /// Returns true if it holds.
  template <class Condition>
  bool wait_until(Lock& lock, Instant until, Condition condition) {
    while (!condition()) {
      std::uint32_t const seen = count_;
      lock.unlock();
      bool const changed = wait_while(count_, seen, until);
      lock.lock();
      if (!changed) return condition();
    }
    return true;
  }

 private:
  FutexWord count_{0};
};

}  // namespace sla::inline v1::internal
