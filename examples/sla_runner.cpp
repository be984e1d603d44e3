// SPDX-License-Identifier: MIT
// The shipped program: sla-runner, and ssm-starter where it is called so.
#include <span>

#include "sla/app/commands.hpp"

// The build says what it was built from, if it knows.
#ifndef SLA_COMMIT
#define SLA_COMMIT ""
#endif

int main(int count, char** words) {
  auto const arguments = std::span<char const* const>(words, static_cast<std::size_t>(count));
  return sla::app::run_program(arguments, sla::Environment::of_process(), SLA_COMMIT);
}
