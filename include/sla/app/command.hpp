// SPDX-License-Identifier: MIT
#pragma once
// One command of the program as data: its name, its flags, what help says, and the function that
// runs it. A command is a constant in a header of its own and a row in commands.hpp; its command
// line is read, its help is printed and its mistakes are named in one way for all.
#include <array>
#include <cassert>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sla/app/exit_code.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/result.hpp"

namespace sla::inline v1::app {

/// What follows a flag.
enum class Takes {
  nothing,  ///< it is a switch
  value,    ///< a value that is not empty
  setting,  ///< a value, or an empty one to unset it; for a switch one after = alone
  rest,     ///< all words that follow, unchanged, one at least
};

/// How often a flag may be given.
enum class Times { once, any };

/// One flag, as the command line has it and as help shows it.
struct Flag {
  std::string_view name{};   ///< without the two dashes
  std::string_view value{};  ///< what help calls the value; empty for a switch
  std::string_view meaning{};
  Takes takes = Takes::value;
  Times times = Times::once;
  std::string_view variable{};  ///< of the environment; without a name there is only this
  std::string_view fallback{};  ///< the default, as help shows it
  /// Says what is wrong with a value, in words that follow it.
  Result<void> (*check)(std::string_view) = nullptr;

  /// Returns the flag as it is given: `--name`, or `--` if it takes the rest and has no name.
  [[nodiscard]] std::string spelled() const {
    bool const none = name.empty() && takes != Takes::rest;
    return none ? std::string() : std::string("--").append(name);
  }
};

/// The flags of a command: rows of a table that several commands share, as this one has them, and
/// then its own.
class Flags {
 public:
  using Shared = Flag (*)(std::size_t row);

  constexpr Flags() = default;
  template <std::size_t N>
  constexpr Flags(Flag const (&own)[N]) : own_(own) {}
  template <std::size_t N>
  constexpr Flags(std::array<Flag, N> const& own) : own_(own) {}
  constexpr Flags(Shared shared, std::size_t count, std::span<Flag const> own = {})
      : shared_(shared), count_(count), own_(own) {}

  [[nodiscard]] constexpr std::size_t size() const noexcept { return count_ + own_.size(); }
  [[nodiscard]] constexpr Flag operator[](std::size_t row) const {
    return row < count_ ? shared_(row) : own_[row - count_];
  }

 private:
  Shared shared_ = nullptr;
  std::size_t count_ = 0;
  std::span<Flag const> own_{};
};

/// What the command line asks for.
enum class Action { run, show_help, show_version };

/// A command line, taken apart. The texts are those of its words.
struct Arguments {
  Flags flags{};
  std::vector<std::vector<std::string_view>> values{};  ///< for each of the flags
  std::vector<std::string_view> operands{};             ///< the words that are no flag's
  Action action = Action::run;                          ///< the first that was asked for
  std::vector<std::string> usage_errors{};              ///< one line each
  std::string_view commit{};                            ///< of the program; empty: not known

  /// Returns the values of a flag, such as `--groups`, in order.
  [[nodiscard]] std::span<std::string_view const> all(std::string_view flag) const {
    for (std::size_t row = 0; row < flags.size(); ++row) {
      if (flags[row].spelled() == flag) return values[row];
    }
    assert(false && "a flag that the command has");
    return {};
  }
  [[nodiscard]] bool has(std::string_view flag) const { return !all(flag).empty(); }
  /// Returns the value of a flag, or an empty one if it is not given.
  [[nodiscard]] std::string_view value(std::string_view flag) const {
    return has(flag) ? all(flag).back() : std::string_view();
  }
};

/// One command. What it runs is given a command line without mistakes.
struct Command {
  std::string_view name{};      ///< empty: what the program does without the name of a command
  bool own_program = false;     ///< it is called by its name as that of the program
  std::string_view purpose{};   ///< a sentence for its help and for that of the program
  std::string_view usage{};     ///< lines; none: its name alone
  std::string_view about{};     ///< more sentences, a line for each paragraph
  std::string_view examples{};  ///< the lines of them
  Flags flags{};
  bool asks_aws = false;  ///< with what the variables of AWS say
  std::size_t most_operands = 0;
  std::array<ExitCode, 6> exit_codes{};  ///< in order; those without a meaning are none
  int (*run)(Arguments const&, Environment const&) = nullptr;
  /// Finds what is wrong besides a command line that has mistakes.
  std::vector<std::string> (*more_problems)(Arguments const&, Environment const&) = nullptr;
};

}  // namespace sla::inline v1::app
