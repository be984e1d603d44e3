// SPDX-License-Identifier: MIT
#pragma once
// The command line of iam-starter: as whom, where, and the command, which is everything that
// follows --command, unchanged; or how to print what the command would get.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sla/app/quoted.hpp"
#include "sla/app/settings.hpp"

namespace sla::inline v1 {

/// How the variables are printed.
enum class VariableFormat {
  shell,  ///< lines that a shell reads: `export NAME='value'`
  env,    ///< the lines of a file of variables: `NAME=value`
};

/// What iam-starter is told to do.
struct IamStarterArguments {
  Action action = Action::run;
  std::string profile{};  ///< empty is what the environment says
  std::string role{};     ///< a name or an ARN; empty is none
  std::string region{};   ///< empty is what the environment or the profile says
  VariableFormat format = VariableFormat::shell;
  std::optional<std::vector<std::string>> words{};  ///< of the command
  std::vector<std::string> usage_errors{};          ///< one line each
};

namespace detail {

class IamStarterReader {
 public:
  explicit IamStarterReader(std::span<char const* const> arguments) : left_(arguments) {}

  IamStarterArguments read() {
    while (!left_.empty() && !read_.words) read_argument(take());
    if (read_.action != Action::run) return std::move(read_);
    bool const printed = !read_.words;
    if (!printed && read_.words->empty()) complain("--command needs words: --command WORD...");
    if (!printed && !read_.words->empty() && read_.words->front().empty()) {
      complain("--command: its first word is empty");
    }
    if (!printed && formatted_) complain("--format and --command exclude each other");
    return std::move(read_);
  }

 private:
  std::string_view take() {
    std::string_view const argument = left_.front();
    left_ = left_.subspan(1);
    return argument;
  }
  void complain(std::string line) { read_.usage_errors.push_back(std::move(line)); }

  void read_argument(std::string_view argument) {
    if (argument == "--help" || argument == "-h") return ask_for(Action::show_help);
    if (argument == "--version") return ask_for(Action::show_version);
    if (argument == "--command") {
      read_.words.emplace(left_.begin(), left_.end());
      return;
    }
    std::size_t const equals = argument.find('=');
    std::string_view const name = argument.substr(0, equals);
    bool const known =
        name == "--profile" || name == "--role" || name == "--region" || name == "--format";
    if (!known) return complain("unknown argument " + quoted(argument));
    std::string_view value;
    if (equals != std::string_view::npos) {
      value = argument.substr(equals + 1);
    } else if (!left_.empty() && !std::string_view(left_.front()).starts_with("--")) {
      value = take();
    }
    if (value.empty()) return complain(std::string(name) + " needs a value");
    store(name, value);
  }

  void store(std::string_view name, std::string_view value) {
    if (name == "--profile") read_.profile = value;
    if (name == "--role") read_.role = value;
    if (name == "--region") read_.region = value;
    if (name != "--format") return;
    formatted_ = true;
    read_.format = value == "env" ? VariableFormat::env : VariableFormat::shell;
    if (value != "env" && value != "shell") {
      complain("--format: " + quoted(value) + " is none of shell, env");
    }
  }

  void ask_for(Action action) {
    if (read_.action == Action::run) read_.action = action;
  }

  std::span<char const* const> left_;
  IamStarterArguments read_{};
  bool formatted_ = false;
};

}  // namespace detail

/// Takes the arguments apart; they come without the program's own name.
[[nodiscard]] inline IamStarterArguments read_iam_starter_arguments(
    std::span<char const* const> arguments) {
  return detail::IamStarterReader(arguments).read();
}

}  // namespace sla::inline v1
