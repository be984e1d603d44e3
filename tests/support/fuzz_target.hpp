// SPDX-License-Identifier: MIT
#pragma once
// What tests/fuzz is made of: functions that take any text and abort if what came of it is wrong.
// They are one program, since most of the time that each takes to compile is for what all include.
#include <string>
#include <string_view>
#include <vector>

struct FuzzTarget {
  using Function = void (*)(std::string const& text);

  std::string_view name;
  Function function;

  /// Adds it to all().
  FuzzTarget(std::string_view file, Function checks) : name(file), function(checks) {
    all().push_back(*this);
  }

  [[nodiscard]] static std::vector<FuzzTarget>& all() {
    static std::vector<FuzzTarget> targets;
    return targets;
  }
};
