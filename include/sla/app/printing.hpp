// SPDX-License-Identifier: MIT
#pragma once
// What the program says to whoever called it, beside its log: answers on stdout, complaints on
// stderr.
#include <unistd.h>

#include <string>
#include <string_view>
#include <vector>

#include "sla/app/exit_code.hpp"
#include "sla/core/descriptor.hpp"

namespace sla::inline v1::app {

/// Prints an answer and returns the exit code of a program that had nothing else to do.
inline int print(std::string_view text) {
  auto const done = internal::write_all(STDOUT_FILENO, text);
  if (done) return exit_success;
  (void)internal::write_all(STDERR_FILENO, "stdout: " + done.error().message + '\n');
  return exit_undelivered;
}

/// Prints complaints, one line each; returns true if there are any.
inline bool complain(std::vector<std::string> const& lines) {
  std::string text;
  for (std::string const& line : lines) text += line + '\n';
  (void)internal::write_all(STDERR_FILENO, text);
  return !lines.empty();
}

}  // namespace sla::inline v1::app
