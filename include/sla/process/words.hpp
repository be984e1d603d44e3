// SPDX-License-Identifier: MIT
#pragma once
// Splits a command text into words by the quoting rules of the POSIX shell, for containers that
// have none. Only quoting is understood: a text that needs a real shell (operators, expansions,
// redirections, assignments) is refused with the reason, never run half right.
#include <unistd.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sla/core/result.hpp"

namespace sla::inline v1 {

namespace detail {

/// Reads a text character by character into words.
class WordSplitter {
 public:
  explicit WordSplitter(std::string_view text) : text_(text) {}

  Result<std::vector<std::string>> split() {
    while (at_ < text_.size()) {
      if (auto done = step(text_[at_]); !done) return done.error();
    }
    end_word();
    if (words_.empty()) return Error{Errc::invalid, "the command is empty"};
    return std::move(words_);
  }

 private:
  static Error needs_shell(char c) {
    std::string const what = c == '\n' ? "second line" : std::string("`") + c + "`";
    return {Errc::invalid, "the command needs a shell for its " + what +
                               " and there is no /bin/sh here; quote what is meant as it stands"};
  }

  Result<void> step(char c) {
    if (c == '\'') return single_quoted();
    if (c == '"') return double_quoted();
    if (c == '\\') return escaped();
    ++at_;
    if (c == ' ' || c == '\t') {
      end_word();
      return {};
    }
    if (c == '\n') return end_line();
    bool const starts_word = !in_word_;
    constexpr std::string_view operators = "|&;<>()$`*?[]";
    if (operators.find(c) != std::string_view::npos) return needs_shell(c);
    if (starts_word && (c == '#' || c == '~' || c == '!')) return needs_shell(c);
    if (c == '{' || c == '}') return needs_shell(c);
    if (c == '=' && words_.empty() && !quoted_) return needs_shell(c);  // an assignment
    add(c);
    return {};
  }

  /// Empty lines around the command mean nothing.
  Result<void> end_line() {
    end_word();
    bool const more = text_.find_first_not_of(" \t\n", at_) != std::string_view::npos;
    if (!words_.empty() && more) return needs_shell('\n');
    return {};
  }

  Result<void> single_quoted() {
    std::size_t const end = text_.find('\'', at_ + 1);
    if (end == std::string_view::npos) return unfinished("a single quote");
    word_ += text_.substr(at_ + 1, end - at_ - 1);
    in_word_ = quoted_ = true;
    at_ = end + 1;
    return {};
  }

  Result<void> double_quoted() {
    in_word_ = quoted_ = true;
    for (++at_; at_ < text_.size(); ++at_) {
      char const c = text_[at_];
      if (c == '"') {
        ++at_;
        return {};
      }
      if (c == '$' || c == '`') return needs_shell(c);
      if (c == '\\' && at_ + 1 < text_.size()) {
        char const next = text_[at_ + 1];
        if (next == '"' || next == '\\' || next == '$' || next == '`') {
          word_ += next;
          ++at_;
          continue;
        }
        if (next == '\n') {
          ++at_;
          continue;
        }
      }
      word_ += c;
    }
    return unfinished("a double quote");
  }

  Result<void> escaped() {
    if (at_ + 1 == text_.size()) return unfinished("a backslash");
    if (text_[at_ + 1] != '\n') {
      add(text_[at_ + 1]);
      quoted_ = true;
    }
    at_ += 2;
    return {};
  }

  static Error unfinished(std::string_view what) {
    return {Errc::invalid, "the command ends within " + std::string(what)};
  }

  void add(char c) {
    word_ += c;
    in_word_ = true;
  }
  void end_word() {
    if (in_word_) words_.push_back(std::move(word_));
    word_.clear();
    in_word_ = quoted_ = false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<std::string> words_;
  std::string word_;
  bool in_word_ = false;
  bool quoted_ = false;
};

}  // namespace detail

/// Returns the words of a command text, or why a shell would be needed for it.
[[nodiscard]] inline Result<std::vector<std::string>> split_words(std::string_view text) {
  return detail::WordSplitter(text).split();
}

/// Returns the words that run a command text on this machine: by the shell if there is one, else
/// its own words. Errc::invalid if it needs a shell and there is none, so that a program can say
/// so at its start.
[[nodiscard]] inline Result<std::vector<std::string>> shell_words(
    std::string const& text, std::string const& shell = "/bin/sh") {
  if (::access(shell.c_str(), X_OK) != 0) return split_words(text);
  bool const like_an_option = text.starts_with('-') || text.starts_with('+');
  if (like_an_option) return std::vector<std::string>{shell, "-c", "--", text};
  return std::vector<std::string>{shell, "-c", text};
}

}  // namespace sla::inline v1
