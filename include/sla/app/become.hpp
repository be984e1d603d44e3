// SPDX-License-Identifier: MIT
#pragma once
// The program becomes another one: same process, so its signals and its exit code are that one's.
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/exit_code.hpp"
#include "sla/app/printing.hpp"
#include "sla/core/apart.hpp"
#include "sla/core/error.hpp"
#include "sla/core/result.hpp"
#include "sla/core/time.hpp"
#include "sla/core/writer.hpp"
#include "sla/executor/shell.hpp"
#include "sla/process/words.hpp"

namespace sla::inline v1::app {

/// What a shell exits with if a command cannot be started.
inline constexpr ExitCode no_execution_exit{126, "the command cannot be executed"};
inline constexpr ExitCode no_command_exit{127, "there is no such command"};

/// Returns the words of a command that may have been given as one text, `'run --all'`: that is then
/// read by the shell, which does not know this program where only its binary is there. What is the
/// name of a file is never a text.
[[nodiscard]] inline Result<std::vector<std::string>> command_of(std::vector<std::string> words) {
  bool const text = words.size() == 1 && words[0].find(' ') != std::string::npos;
  if (!text || ::access(words[0].c_str(), F_OK) == 0) return words;
  auto plain = split_words(words[0]);
  if (plain && plain->front() == "sla-runner") return plain;
  return shell_words(words[0]);
}

/// Executes the words, and returns only where that fails. A name
/// without a slash is looked for in $PATH; `sla-runner` is this very program if it is not there.
[[nodiscard]] inline Error become(std::vector<std::string> const& words) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  // exec's arguments are not const for historical reasons; it changes none of them.
  for (std::string const& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  // What was said gets out first, and nothing of this program stays beside the other.
  Instant const until = std::chrono::steady_clock::now() + std::chrono::seconds{1};
  internal::Writers::of_this_process().finish(until);
  (void)internal::CallsApart::finish(until);
  ::execvp(arguments[0], arguments.data());
  int const failed = errno;
  if (words[0] == "sla-runner") ::execv("/proc/self/exe", arguments.data());
  return system_error(words[0], failed);
}

/// Becomes the command of a starter, and returns only if that fails: the exit code, with the reason
/// said.
[[nodiscard]] inline int become_command(std::string const& starter,
                                        std::span<std::string_view const> given) {
  auto const words = command_of({given.begin(), given.end()});
  Error const why = words ? become(*words) : words.error();
  complain({starter + ": " + why.message});
  return why.system_number() == ENOENT ? no_command_exit.code : no_execution_exit.code;
}

}  // namespace sla::inline v1::app
