// SPDX-License-Identifier: MIT
#pragma once
// The process environment as a value, so that nothing below reads it behind a test's back.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sla/version.hpp"

extern "C" char** environ;  // POSIX: the program declares it itself

namespace sla::inline v1 {

/// Names and values. Thread-safe for reading, as any const container is.
class Environment {
 public:
  Environment() = default;
  explicit Environment(std::map<std::string, std::string, std::less<>> variables)
      : variables_(std::move(variables)) {}

  /// Returns a copy of the environment of this process, as it is now.
  [[nodiscard]] static Environment of_process() {
    Environment copy;
    for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
      std::string_view const text = *entry;
      auto const equals = text.find('=');
      if (equals == std::string_view::npos) continue;
      copy.variables_.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return copy;
  }

  /// Returns the value, where the variable is set and not empty: AWS and this program treat both
  /// alike.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const {
    auto const found = variables_.find(name);
    if (found == variables_.end() || found->second.empty()) return std::nullopt;
    return std::string_view(found->second);
  }
  /// Returns true if the variable is there at all, with or without a value.
  [[nodiscard]] bool has(std::string_view name) const {
    return variables_.find(name) != variables_.end();
  }
  void set(std::string name, std::string value) {
    variables_.insert_or_assign(std::move(name), std::move(value));
  }

  [[nodiscard]] auto begin() const noexcept { return variables_.begin(); }
  [[nodiscard]] auto end() const noexcept { return variables_.end(); }

 private:
  std::map<std::string, std::string, std::less<>> variables_;
};

}  // namespace sla::inline v1
