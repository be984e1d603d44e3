// SPDX-License-Identifier: MIT
#pragma once
// The command line taken apart by the table of settings, without looking at any value: which flag
// was given what, the words after `--`, and what of it cannot be understood at all.
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sla/app/nearest.hpp"
#include "sla/app/quoted.hpp"
#include "sla/app/setting_table.hpp"
#include "sla/app/settings.hpp"

namespace sla::inline v1 {

/// A command line, taken apart. The texts are those of the arguments.
struct Arguments {
  Action action = Action::run;                           ///< the first that was asked for
  std::vector<std::vector<std::string_view>> values{};   ///< for each row of the table
  std::optional<std::vector<std::string_view>> words{};  ///< what follows `--`, where it is there
  std::vector<std::string> usage_errors{};               ///< one line each
};

namespace detail {

class ArgumentReader {
 public:
  ArgumentReader(std::span<char const* const> arguments, std::span<Setting const> table)
      : left_(arguments), table_(table) {
    read_.values.resize(table.size());
  }

  Arguments read() {
    while (!left_.empty()) {
      std::string_view const argument = take();
      if (argument == "--") {
        read_.words.emplace(left_.begin(), left_.end());
        break;
      }
      if (argument.starts_with('-')) {
        read_flag(argument);
      } else {
        complain("unexpected argument " + quoted(argument) + ": a command goes after --");
      }
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

  /// `--flag`, `--flag=value`, or `--flag` with the value in the next argument.
  void read_flag(std::string_view argument) {
    std::size_t const equals = argument.find('=');
    std::string_view const name = argument.substr(0, equals);
    std::optional<std::string_view> value;
    if (equals != std::string_view::npos) value = argument.substr(equals + 1);
    for (std::size_t row = 0; row < table_.size(); ++row) {
      if (table_[row].flag.empty() || name != flag_of(table_[row])) continue;
      return table_[row].is_action() ? read_action(table_[row], value) : read_value_of(row, value);
    }
    complain("unknown flag " + quoted(name) + nearest_flag(name));
    if (!value && next_is_a_value()) take();  // most likely the value of what is unknown
  }

  void read_action(Setting const& setting, std::optional<std::string_view> value) {
    if (value) complain(flag_of(setting) + " takes no value");
    if (read_.action == Action::run) read_.action = std::get<Action>(setting.field);
  }

  void read_value_of(std::size_t row, std::optional<std::string_view> value) {
    Setting const& setting = table_[row];
    if (!value && setting.is_switch()) value = "true";
    if (!value && next_is_a_value()) value = take();
    if (!value) return complain(missing_value(setting));
    if (setting.times == Times::once && read_.values[row].size() == 1) {
      complain(flag_of(setting) + " is given more than once");
    }
    read_.values[row].push_back(*value);
  }

  [[nodiscard]] bool next_is_a_value() const {
    return !left_.empty() && !std::string_view(left_.front()).starts_with("--");
  }

  [[nodiscard]] std::string missing_value(Setting const& setting) const {
    std::string line = flag_of(setting) + " needs a value: " + flag_of(setting) + ' ';
    line += setting.value;
    if (!left_.empty()) {
      line += "; one that begins with -- is written " + flag_of(setting) + '=';
      line += setting.value;
    }
    return line;
  }

  [[nodiscard]] std::string nearest_flag(std::string_view name) const {
    std::vector<std::string_view> known;
    for (Setting const& setting : table_) {
      if (!setting.flag.empty()) known.push_back(setting.flag);
    }
    while (name.starts_with('-')) name.remove_prefix(1);
    return nearest_hint(name, known, "--");
  }

  static std::string flag_of(Setting const& setting) {
    return std::string("--").append(setting.flag);
  }

  std::span<char const* const> left_;
  std::span<Setting const> table_;
  Arguments read_;
};

}  // namespace detail

/// Takes the arguments apart; they come without the program's own name.
[[nodiscard]] inline Arguments read_arguments(std::span<char const* const> arguments,
                                              std::span<Setting const> table = setting_table) {
  return detail::ArgumentReader(arguments, table).read();
}

}  // namespace sla::inline v1
