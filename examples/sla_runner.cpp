// SPDX-License-Identifier: MIT
// The shipped program.
#include <span>

#include "sla/app/main.hpp"

int main(int count, char** words) {
  auto const arguments = std::span<char const* const>(words, static_cast<std::size_t>(count));
  return sla::run_program(arguments.subspan(count > 0 ? 1 : 0), sla::Environment::of_process());
}
