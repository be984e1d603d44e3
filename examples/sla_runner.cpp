// SPDX-License-Identifier: MIT
// The shipped program: sla-runner, and ssm-starter where it is called so.
#include <span>

#include "sla/app/commands.hpp"

int main(int count, char** words) {
  auto const arguments = std::span<char const* const>(words, static_cast<std::size_t>(count));
  return sla::app::run_program(arguments, sla::Environment::of_process());
}
