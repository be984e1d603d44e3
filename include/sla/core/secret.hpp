// SPDX-License-Identifier: MIT
#pragma once
// A text that must not be seen: it shows itself as ***, compares in constant time and wipes its
// memory before it is given back. Only reveal() hands out the characters.
#include <string.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "sla/version.hpp"

namespace sla::inline v1 {

/// A secret key, a session token, a password. Copies are secrets too. Not thread-safe.
class Secret {
 public:
  Secret() = default;
  /// Takes a copy; the caller's own copy stays the caller's to wipe.
  explicit Secret(std::string_view text) : text_(text) {}

  Secret(Secret const&) = default;
  Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }
  Secret& operator=(Secret const& other) {
    if (this != &other) {
      wipe();
      text_ = other.text_;
    }
    return *this;
  }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe();
      text_.swap(other.text_);
    }
    return *this;
  }
  ~Secret() { wipe(); }

  /// Returns the characters themselves, valid while the secret lives unchanged. Never into a log
  /// line.
  [[nodiscard]] std::string_view reveal() const noexcept { return text_; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }

  /// Compares in a time that depends on the lengths alone.
  friend bool operator==(Secret const& left, Secret const& right) noexcept {
    if (left.text_.size() != right.text_.size()) return false;
    unsigned difference = 0;
    for (std::size_t i = 0; i < left.text_.size(); ++i) {
      difference |= static_cast<unsigned char>(left.text_[i]) ^
                    static_cast<unsigned>(static_cast<unsigned char>(right.text_[i]));
    }
    return difference == 0;
  }

  /// What a person may see of any secret.
  friend std::string_view to_string(Secret const&) noexcept { return "***"; }

 private:
  void wipe() noexcept {
    text_.resize(text_.capacity());
    ::explicit_bzero(text_.data(), text_.size());
    text_.clear();
  }

  std::string text_;
};

}  // namespace sla::inline v1
