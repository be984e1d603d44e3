// SPDX-License-Identifier: MIT
#pragma once
// A value, or the Error that explains why there is none. The spelling is std::expected's, so that
// this can become an alias once the floor is C++23. Propagate with `if (!x) return x.error();`.
#include <concepts>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <type_traits>
#include <utility>

#include "sla/core/error.hpp"

namespace sla::inline v1 {

template <class T>
class Result;

namespace detail {

/// Ends the program, since what is asked for is not there: a bug, in a release as well.
[[noreturn]] inline void end_for(char const* bug, char const* text) noexcept {
  std::fprintf(stderr, "sla: %s%s\n", bug, text);
  std::abort();
}

/// A type that makes the value of a Result<T>, and is neither one itself nor its Error.
template <class U, class T>
concept ValueFor =
    std::constructible_from<T, U&&> && !std::same_as<std::remove_cvref_t<U>, Error> &&
    !std::same_as<std::remove_cvref_t<U>, Result<T>>;

}  // namespace detail

/// Either a T or an Error. Asking for the one that is not there is a bug: it ends the
/// program with the error's text on stderr, in release builds too.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  using error_type = Error;

  template <detail::ValueFor<T> U = T>
  explicit(!std::convertible_to<U&&, T>) Result(U&& value)
      : has_value_(true), held(std::forward<U>(value)) {}
  Result(Error error) : has_value_(false), failure(std::move(error)) {}

  Result(Result&& other) noexcept(std::is_nothrow_move_constructible_v<T>)
      : has_value_(other.has_value_) {
    construct_from(std::move(other));
  }
  Result(Result const& other) requires std::copy_constructible<T> : has_value_(other.has_value_) {
    construct_from(other);
  }
  Result& operator=(Result other) noexcept(std::is_nothrow_move_constructible_v<T>) {
    this->~Result();
    ::new (static_cast<void*>(this)) Result(std::move(other));
    return *this;
  }
  ~Result() {
    if (has_value_) {
      held.~T();
    } else {
      failure.~Error();
    }
  }

  [[nodiscard]] bool has_value() const noexcept { return has_value_; }
  explicit operator bool() const noexcept { return has_value(); }

  T& value() & {
    if (!has_value()) detail::end_for("the value of an error: ", failure.message.c_str());
    return held;
  }
  T const& value() const& {
    if (!has_value()) detail::end_for("the value of an error: ", failure.message.c_str());
    return held;
  }
  /// Returns a value of its own, so that a loop may go over that of a call.
  T value() && {
    if (!has_value()) detail::end_for("the value of an error: ", failure.message.c_str());
    return std::move(held);
  }

  T& operator*() & { return value(); }
  T const& operator*() const& { return value(); }
  T operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  T const* operator->() const { return &value(); }

  template <class U>
  [[nodiscard]] T value_or(U&& fallback) const& {
    return has_value() ? value() : static_cast<T>(std::forward<U>(fallback));
  }
  template <class U>
  [[nodiscard]] T value_or(U&& fallback) && {
    return has_value() ? std::move(*this).value() : static_cast<T>(std::forward<U>(fallback));
  }

  [[nodiscard]] Error const& error() const& {
    if (has_value()) detail::end_for("the error of a value", "");
    return failure;
  }
  [[nodiscard]] Error&& error() && {
    if (has_value()) detail::end_for("the error of a value", "");
    return std::move(failure);
  }

 private:
  template <class Other>
  void construct_from(Other&& other) {
    if (other.has_value_) {
      ::new (static_cast<void*>(&held)) T(std::forward<Other>(other).held);
    } else {
      ::new (static_cast<void*>(&failure)) Error(std::forward<Other>(other).failure);
    }
  }

  bool has_value_;
  union {  // std::optional takes a fifth of what the shipped program takes to compile
    T held;
    Error failure;
  };
};

/// Done, or the Error that explains why not.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  using error_type = Error;

  Result() = default;
  Result(Error error) : has_value_(false), failure_(std::move(error)) {}

  [[nodiscard]] bool has_value() const noexcept { return has_value_; }
  explicit operator bool() const noexcept { return has_value(); }

  [[nodiscard]] Error const& error() const& {
    if (has_value()) detail::end_for("the error of a value", "");
    return failure_;
  }
  [[nodiscard]] Error&& error() && {
    if (has_value()) detail::end_for("the error of a value", "");
    return std::move(failure_);
  }

 private:
  bool has_value_ = true;
  Error failure_{};
};

}  // namespace sla::inline v1
