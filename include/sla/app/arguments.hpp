// SPDX-License-Identifier: MIT
#pragma once
// Takes a command line apart by the flags of its command, without looking at any value: which flag
// was given what, the words that are no flag's, and what of it cannot be understood at all.
#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/command.hpp"
#include "sla/app/nearest.hpp"
#include "sla/app/quoted.hpp"
#include "sla/core/result.hpp"

namespace sla::inline v1::app {

namespace detail {

/// What others call a flag of ours, or a variable of AWS.
inline constexpr std::pair<std::string_view, std::string_view> other_names[] = {
    {"--region", "$AWS_REGION"},
    {"--profile", "$AWS_PROFILE"},
    {"--endpoint-url", "$AWS_ENDPOINT_URL"},
    {"--interval", "--every"},
    {"--period", "--every"},
    {"--delay", "--interval"},
    {"--every", "--interval"},
    {"--period", "--interval"},
};

class ArgumentReader {
 public:
  ArgumentReader(Command const& command, std::span<char const* const> words)
      : command_(command), left_(words) {
    read_.flags = command.flags;
    read_.values.resize(command.flags.size());
  }

  Arguments read() {
    while (!left_.empty()) {
      std::string_view const word = take();
      if (word.starts_with('-') && word != "-") {
        read_flag(word);
      } else if (read_.operands.size() < command_.most_operands) {
        read_.operands.push_back(word);
      } else {
        complain("unexpected argument " + quoted(word) + where_words_go());
      }
    }
    return std::move(read_);
  }

 private:
  std::string_view take() {
    std::string_view const word = left_.front();
    left_ = left_.subspan(1);
    return word;
  }
  void complain(std::string const& line) {
    std::string const prefix(command_.name);
    read_.usage_errors.push_back((prefix.empty() ? prefix : prefix + ": ") + line);
  }

  /// Reads `--flag`, `--flag=value`, or `--flag` with the value in the next word.
  void read_flag(std::string_view word) {
    std::size_t const equals = word.find('=');
    std::string_view const name = word.substr(0, equals);
    std::optional<std::string_view> value;
    if (equals != std::string_view::npos) value = word.substr(equals + 1);
    for (std::size_t row = 0; row < command_.flags.size(); ++row) {
      if (command_.flags[row].spelled() == name) return read_value_of(row, value);
    }
    bool const help = name == "-h" || name == "--help";
    if (help || name == "--version") {
      if (value) return complain(std::string(name) + " takes no value");
      if (read_.action == Action::run) {
        read_.action = help ? Action::show_help : Action::show_version;
      }
      return;
    }
    complain("unknown flag " + quoted(name) + hint(name));
    if (!value && next_is_a_value()) take();  // most likely the value of what is unknown
  }

  void read_value_of(std::size_t row, std::optional<std::string_view> value) {
    Flag const flag = command_.flags[row];
    auto& values = read_.values[row];
    if (flag.times == Times::once && values.size() == 1) {
      complain(flag.spelled() + " is given more than once");
    }
    if (flag.takes == Takes::nothing || flag.takes == Takes::rest) {
      if (value) return complain(flag.spelled() + " takes no value after =");
    }
    if (flag.takes == Takes::rest) return read_rest(flag, values);
    if (flag.value.empty() && !value) value = "true";
    if (!value && next_is_a_value()) value = take();
    bool const given = value && (flag.takes != Takes::value || !value->empty());
    if (!given) return complain(missing_value(flag));
    values.push_back(*value);
    auto const good = flag.check == nullptr ? Result<void>{} : flag.check(*value);
    if (!good) complain(flag.spelled() + ": " + quoted(*value) + ' ' + good.error().message);
  }

  void read_rest(Flag const& flag, std::vector<std::string_view>& values) {
    values.assign(left_.begin(), left_.end());
    left_ = {};
    if (values.empty()) return complain(missing_value(flag));
    if (values.front().empty()) complain(flag.spelled() + ": the first word is empty");
  }

  [[nodiscard]] bool next_is_a_value() const {
    return !left_.empty() && !std::string_view(left_.front()).starts_with("--");
  }

  [[nodiscard]] std::string missing_value(Flag const& flag) const {
    std::string const name = flag.spelled();
    std::string line = (name + " needs a value: " + name + ' ').append(flag.value);
    if (!left_.empty()) {
      line.append("; one that begins with -- is written " + name + '=').append(flag.value);
    }
    return line;
  }

  [[nodiscard]] bool is_ours(std::string_view name) const {
    for (std::size_t row = 0; row < command_.flags.size(); ++row) {
      if (command_.flags[row].spelled() == name) return true;
    }
    return false;
  }

  /// Says what somebody who gives an unknown flag may have meant.
  [[nodiscard]] std::string hint(std::string_view name) const {
    for (auto const& [theirs, ours] : other_names) {
      bool const here = ours.starts_with('$') ? command_.asks_aws : is_ours(ours);
      if (here && theirs == name) return std::string("; use ").append(ours);
    }
    std::vector<std::string_view> known{"help", "version"};
    for (std::size_t row = 0; row < command_.flags.size(); ++row) {
      std::string_view const ours = command_.flags[row].name;
      if (!ours.empty()) known.push_back(ours);
    }
    name.remove_prefix(std::min(name.find_first_not_of('-'), name.size()));
    return nearest_hint(name, known, "--");
  }

  [[nodiscard]] std::string where_words_go() const {
    for (std::size_t row = 0; row < command_.flags.size(); ++row) {
      Flag const flag = command_.flags[row];
      if (flag.takes == Takes::rest) return ": a command goes after " + flag.spelled();
    }
    return {};
  }

  Command const& command_;
  std::span<char const* const> left_;
  Arguments read_;
};

}  // namespace detail

/// Takes the words apart that follow the name of the command, or of the program.
[[nodiscard]] inline Arguments read_arguments(Command const& command,
                                              std::span<char const* const> words) {
  return detail::ArgumentReader(command, words).read();
}

}  // namespace sla::inline v1::app
