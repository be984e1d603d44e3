// SPDX-License-Identifier: MIT
#pragma once
// The main function of the program: the table of its commands, and how the words of the command
// line choose one of them.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sla/app/access/iam.hpp"
#include "sla/app/access/preflight.hpp"
#include "sla/app/arguments.hpp"
#include "sla/app/command.hpp"
#include "sla/app/exit_code.hpp"
#include "sla/app/gate.hpp"
#include "sla/app/healthcheck.hpp"
#include "sla/app/help.hpp"
#include "sla/app/iam_starter.hpp"
#include "sla/app/identity.hpp"
#include "sla/app/lambda.hpp"
#include "sla/app/nearest.hpp"
#include "sla/app/printing.hpp"
#include "sla/app/quoted.hpp"
#include "sla/app/report.hpp"
#include "sla/app/run.hpp"
#include "sla/app/spool_command.hpp"
#include "sla/app/starter.hpp"
#include "sla/core/apart.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/stop_plan.hpp"
#include "sla/core/writer.hpp"

namespace sla::inline v1::app {

namespace detail {

inline int run_help(Arguments const& arguments, Environment const& environment);
inline int run_version(Arguments const& arguments, Environment const& /*environment*/) {
  return print(version_text(arguments.commit));
}

}  // namespace detail

inline constexpr Command help_command{.name = "help",
                                      .purpose = "Prints what --help prints, of a command too.",
                                      .usage = "sla-runner help [COMMAND]",
                                      .most_operands = 1,
                                      .exit_codes = {{{exit_success, "printed"}, usage_exit}},
                                      .run = detail::run_help};
inline constexpr Command version_command{.name = "version",
                                         .purpose = "Prints what --version prints.",
                                         .exit_codes = {{{exit_success, "printed"}, usage_exit}},
                                         .run = detail::run_version};

/// All commands, in the order of help.
inline constexpr std::array<Command const*, 13> commands{
    &run_command,       &healthcheck_command, &identity_command,  &iam_command,
    &preflight_command, &report_command,      &gate_command,      &spool_command,
    &starter_command,   &iam_starter_command, &bootstrap_command, &help_command,
    &version_command,
};

namespace detail {

/// Returns the help of a command; that of the program lists the others.
inline std::string help_of(Command const& command) {
  if (command.name.empty()) return help_text(command, commands);
  return help_text(command);
}

/// Returns a hint at the name of a command if one is near.
inline std::string command_hint(std::string_view name) {
  std::vector<std::string_view> known;
  for (Command const* const command : commands) {
    if (!command->own_program) known.push_back(command->name);
  }
  return nearest_hint(name, known);
}

inline int run_help(Arguments const& arguments, Environment const& /*environment*/) {
  std::string_view const name = arguments.operands.empty() ? "" : arguments.operands.front();
  for (Command const* const command : commands) {
    if (command->name == name) return print(help_of(*command));
  }
  complain({"help: unknown command " + quoted(name) + command_hint(name)});
  return exit_usage;
}

/// Runs a command with the words that follow its name.
inline int run_with(Command const& command, std::span<char const* const> words,
                    Environment const& environment, std::string_view commit) {
  Arguments arguments = read_arguments(command, words);
  arguments.commit = commit;
  if (arguments.action == Action::show_help) return print(help_of(command));
  if (arguments.action == Action::show_version) return print(version_text(commit));
  if (!complain(arguments.usage_errors)) return command.run(arguments, environment);
  if (command.more_problems != nullptr) {
    complain(command.more_problems(arguments, environment));
  }
  return exit_usage;
}

/// Runs what the name of the program asks for, or else the first word.
inline int run_words(std::span<char const* const> words, Environment const& environment,
                     std::string_view commit) {
  std::string_view program = words.empty() ? "" : words.front();
  program.remove_prefix(program.rfind('/') + 1);  // npos + 1 is 0
  words = words.subspan(words.empty() ? 0 : 1);
  std::string_view const first = words.empty() ? "" : words.front();
  for (Command const* const command : commands) {
    if (command->own_program && command->name == program) {
      return run_with(*command, words, environment, commit);
    }
  }
  if (words.empty() && environment.has("AWS_LAMBDA_RUNTIME_API")) {
    return run_with(bootstrap_command, words, environment, commit);
  }
  if (first.empty() || first.starts_with('-')) {
    return run_with(run_command, words, environment, commit);
  }
  for (Command const* const command : commands) {
    if (command->name != first) continue;
    if (!command->own_program) return run_with(*command, words.subspan(1), environment, commit);
    complain({quoted(first) +
              " is a name of this program: call it by a link of that name, as ln -s "
              "makes; sla-runner help " +
              std::string(first) + " tells more"});
    return exit_usage;
  }
  std::string const hint = command_hint(first);
  complain({"unknown command " + quoted(first) +
            (hint.empty() ? "; the words of what to run go after --" : hint)});
  return exit_usage;
}

/// Opens standard descriptors that are closed, so that no descriptor of ours takes their place and
/// gets what is written to them. A socket without a peer takes nothing, as /dev/null would.
inline void open_standard_descriptors() {
  for (int const standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(standard, F_GETFD) >= 0) continue;
    if (::open("/dev/null", O_RDWR) < 0) (void)::socket(AF_UNIX, SOCK_STREAM, 0);
  }
}

/// Lets the last lines get out. What hangs in a call may keep all descriptors open for long: who
/// reads what the program wrote is to see its end.
inline void let_go() {
  Instant const until = std::chrono::steady_clock::now() + last_moment;
  internal::Writers::of_this_process().finish(until);
  if (internal::CallsApart::finish(until)) return;
  for (int const standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::close(standard);
}

}  // namespace detail

/// Runs the program with all its words, its own name first; returns its exit code. `commit` is what
/// --version says that it was built from; empty: it says nothing of it.
[[nodiscard]] inline int run_program(std::span<char const* const> words,
                                     Environment const& environment, std::string_view commit = {}) {
  detail::open_standard_descriptors();
  int const code = detail::run_words(words, environment, commit);
  detail::let_go();
  return code;
}

}  // namespace sla::inline v1::app
