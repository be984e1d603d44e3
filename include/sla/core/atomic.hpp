// SPDX-License-Identifier: MIT
#pragma once
// A value that several threads read and change without a lock. <atomic> has that too, but with
// 12,000 lines that every user of a header would read, most of them for other types and waits.
#include "sla/version.hpp"

namespace sla::inline v1::internal {

/// A number, a truth value or a pointer. All operations are in one order for all threads, but for
/// those that are told another one (__ATOMIC_RELAXED, ...).
template <class T>
class Atomic {
 public:
  constexpr Atomic(T value) noexcept : value_(value) {}
  Atomic(Atomic const&) = delete;
  Atomic& operator=(Atomic const&) = delete;
  Atomic& operator=(T value) noexcept {
    store(value);
    return *this;
  }

  [[nodiscard]] T load(int order = __ATOMIC_SEQ_CST) const noexcept {
    return __atomic_load_n(&value_, order);
  }
  operator T() const noexcept { return load(); }
  void store(T value, int order = __ATOMIC_SEQ_CST) noexcept {
    __atomic_store_n(&value_, value, order);
  }

  /// Each of these returns what was there before.
  T exchange(T value) noexcept { return __atomic_exchange_n(&value_, value, __ATOMIC_SEQ_CST); }
  T fetch_add(T value, int order = __ATOMIC_SEQ_CST) noexcept {
    return __atomic_fetch_add(&value_, value, order);
  }
  T fetch_sub(T value, int order = __ATOMIC_SEQ_CST) noexcept {
    return __atomic_fetch_sub(&value_, value, order);
  }
  T fetch_or(T value) noexcept { return __atomic_fetch_or(&value_, value, __ATOMIC_SEQ_CST); }

  T operator++() noexcept { return __atomic_add_fetch(&value_, 1, __ATOMIC_SEQ_CST); }
  T operator--() noexcept { return __atomic_sub_fetch(&value_, 1, __ATOMIC_SEQ_CST); }

  /// Sets the value if it is the expected one, else says which it is. Returns true if it was set.
  bool compare_exchange_strong(T& expected, T value) noexcept {
    return __atomic_compare_exchange_n(&value_, &expected, value, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
  }

 private:
  T value_;
};

}  // namespace sla::inline v1::internal
