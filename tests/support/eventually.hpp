// SPDX-License-Identifier: MIT
#pragma once
// Waits for what tells nobody that it has happened, such as the end of another's child.
#include <chrono>
#include <thread>

namespace support {

/// Returns true as soon as it holds, false if it does not within two minutes.
template <class Condition>
[[nodiscard]] bool eventually(Condition holds) {
  auto const end = std::chrono::steady_clock::now() + std::chrono::minutes{2};
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return true;
}

}  // namespace support
