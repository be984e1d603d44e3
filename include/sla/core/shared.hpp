// SPDX-License-Identifier: MIT
#pragma once
// A value with several holders, of which the last one deletes it. <memory> has that too, but with
// 8,000 lines that every user of a header would read, and with ten templates for each type.
#include <cstddef>
#include <type_traits>
#include <utility>

#include "sla/core/atomic.hpp"
#include "sla/version.hpp"

namespace sla::inline v1::internal {

namespace detail {

/// Counts the holders of a value whose type is not known, and knows how to delete it.
struct Holders {
  void (*end)(Holders*);
  Atomic<std::size_t> count{1};
};

template <class T>
struct HeldValue : Holders {
  template <class... Arguments>
  explicit HeldValue(Arguments&&... arguments)
      : Holders{[](Holders* self) { delete static_cast<HeldValue*>(self); }},
        value(std::forward<Arguments>(arguments)...) {}
  T value;
};

}  // namespace detail

/// One holder, or nothing. Several threads may each have one; for one of them, one at a time.
template <class T>
class Shared {
 public:
  Shared() = default;
  Shared(std::nullptr_t) noexcept {}
  Shared(Shared const& other) noexcept : value_(other.value_), holders_(other.holders_) {
    if (holders_ != nullptr) holders_->count.fetch_add(1, __ATOMIC_RELAXED);
  }
  Shared(Shared&& other) noexcept : value_(other.value_), holders_(other.take_holders()) {}
  /// Holds the same as something that is known to be of another type.
  template <class Other>
  requires requires(Other* other, void take(T*)) { take(other); }
  Shared(Shared<Other> other) noexcept : value_(other.value_), holders_(other.take_holders()) {}
  Shared& operator=(Shared other) noexcept {
    value_ = other.value_;
    other.holders_ = std::exchange(holders_, other.holders_);
    return *this;
  }
  ~Shared() {
    if (holders_ == nullptr) return;
    if (holders_->count.fetch_sub(1, __ATOMIC_ACQ_REL) == 1) holders_->end(holders_);
  }

  /// Makes a value out of these arguments.
  template <class... Arguments>
  [[nodiscard]] static Shared make(Arguments&&... arguments) {
    auto* const made =
        new detail::HeldValue<std::remove_const_t<T>>(std::forward<Arguments>(arguments)...);
    Shared shared;
    shared.value_ = &made->value;
    shared.holders_ = made;
    return shared;
  }

  [[nodiscard]] T* get() const noexcept { return value_; }
  [[nodiscard]] auto& operator*() const noexcept { return *value_; }
  [[nodiscard]] T* operator->() const noexcept { return value_; }
  explicit operator bool() const noexcept { return value_ != nullptr; }

  /// Returns true if nobody else holds it.
  [[nodiscard]] bool is_sole() const noexcept {
    return holders_ != nullptr && holders_->count.load(__ATOMIC_ACQUIRE) == 1;
  }

 private:
  template <class Other>
  friend class Shared;

  /// Leaves nothing here.
  detail::Holders* take_holders() noexcept {
    value_ = nullptr;
    return std::exchange(holders_, nullptr);
  }

  T* value_ = nullptr;
  detail::Holders* holders_ = nullptr;
};

}  // namespace sla::inline v1::internal
