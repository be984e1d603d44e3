// SPDX-License-Identifier: MIT
#pragma once
// The command line of ssm-starter: which parameters, what about duplicates, and the command, which
// is everything that follows --command, unchanged.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sla/app/parameters.hpp"
#include "sla/app/quoted.hpp"
#include "sla/app/setting_checks.hpp"
#include "sla/app/setting_values.hpp"
#include "sla/app/settings.hpp"

namespace sla::inline v1 {

/// What ssm-starter is told to do.
struct StarterArguments {
  Action action = Action::run;
  std::vector<std::string> names{};  ///< of parameters, in order
  Duplicates duplicates = Duplicates::skip;
  std::vector<std::string> words{};         ///< of the command
  std::vector<std::string> usage_errors{};  ///< one line each
};

namespace detail {

class StarterReader {
 public:
  explicit StarterReader(std::span<char const* const> arguments) : left_(arguments) {}

  StarterArguments read() {
    bool command = false;
    while (!left_.empty() && !command) {
      std::string_view const argument = take();
      command = argument == "--command";
      if (!command) read_flag(argument);
    }
    if (read_.action != Action::run) return std::move(read_);
    read_.words.assign(left_.begin(), left_.end());
    if (read_.names.empty()) complain("--ssm-name NAME is missing");
    if (read_.words.empty()) complain("--command WORD... is missing, as the last of the arguments");
    if (!read_.words.empty() && read_.words.front().empty()) {
      complain("--command: its first word is empty");
    }
    return std::move(read_);
  }

 private:
  std::string_view take() {
    std::string_view const argument = left_.front();
    left_ = left_.subspan(1);
    return argument;
  }
  void complain(std::string line) { read_.usage_errors.push_back(std::move(line)); }

  void read_flag(std::string_view argument) {
    constexpr std::string_view name = "--ssm-name";
    if (argument == "--help" || argument == "-h") return ask_for(Action::show_help);
    if (argument == "--version") return ask_for(Action::show_version);
    if (argument == "--abort-if-duplicates") return decide(Duplicates::abort);
    if (argument == "--overwrite-if-duplicates") return decide(Duplicates::overwrite);
    if (argument.starts_with(name) && argument.substr(name.size()).starts_with('=')) {
      return read_name(argument.substr(name.size() + 1));
    }
    if (argument != name) return complain("unknown argument " + quoted(argument));
    read_name(left_.empty() || std::string_view(left_.front()).starts_with("--") ? "" : take());
  }

  void ask_for(Action action) {
    if (read_.action == Action::run) read_.action = action;
  }

  void decide(Duplicates duplicates) {
    if (read_.duplicates != Duplicates::skip && read_.duplicates != duplicates) {
      complain("--abort-if-duplicates and --overwrite-if-duplicates exclude each other");
    }
    read_.duplicates = duplicates;
  }

  void read_name(std::string_view text) {
    std::size_t const before = read_.names.size();
    (void)read_value(text, read_.names);
    if (read_.names.size() == before) complain("--ssm-name needs a value: --ssm-name NAME");
    auto const good = check_parameter_names(text);
    if (!good) complain("--ssm-name: " + quoted(text) + ' ' + good.error().message);
  }

  std::span<char const* const> left_;
  StarterArguments read_{};
};

}  // namespace detail

/// Takes the arguments apart; they come without the program's own name.
[[nodiscard]] inline StarterArguments read_starter_arguments(
    std::span<char const* const> arguments) {
  return detail::StarterReader(arguments).read();
}

}  // namespace sla::inline v1
